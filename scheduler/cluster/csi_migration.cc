#include "scheduler/cluster/csi_migration.h"

#include <algorithm>
#include <array>
#include <vector>

#include "scheduler/cluster/volume_zones.h"

namespace berth::cluster {
namespace {

struct Migration {
  InTreePlugin plugin;
  api::VolumeKind kind;
  std::string_view name;
  std::string_view driver;
  std::string_view zone_key;  // empty: the driver keeps the labels that the volume has
};

constexpr std::array<Migration, 7> kMigrations = {{
    {InTreePlugin::kAwsEbs, api::VolumeKind::kAwsElasticBlockStore, "kubernetes.io/aws-ebs",
     "ebs.csi.aws.com", "topology.ebs.csi.aws.com/zone"},
    {InTreePlugin::kGcePd, api::VolumeKind::kGcePersistentDisk, "kubernetes.io/gce-pd",
     "pd.csi.storage.gke.io", "topology.gke.io/zone"},
    {InTreePlugin::kCinder, api::VolumeKind::kCinder, "kubernetes.io/cinder",
     "cinder.csi.openstack.org", "topology.cinder.csi.openstack.org/zone"},
    {InTreePlugin::kAzureDisk, api::VolumeKind::kAzureDisk, "kubernetes.io/azure-disk",
     "disk.csi.azure.com", ""},
    {InTreePlugin::kAzureFile, api::VolumeKind::kAzureFile, "kubernetes.io/azure-file",
     "file.csi.azure.com", ""},
    {InTreePlugin::kVsphere, api::VolumeKind::kVsphereVolume, "kubernetes.io/vsphere-volume",
     "csi.vsphere.vmware.com", ""},
    {InTreePlugin::kPortworx, api::VolumeKind::kPortworxVolume, "kubernetes.io/portworx-volume",
     "pxd.portworx.com", ""},
}};

const Migration& MigrationOf(InTreePlugin plugin) {
  return *std::ranges::find(kMigrations, plugin, &Migration::plugin);
}

// The zones that the labels of a volume name; empty if they name none.
std::vector<std::string> ZonesOf(const api::PersistentVolume* volume) {
  if (volume == nullptr) return {};
  for (const std::string_view key : {kZoneLabel, kBetaZoneLabel}) {
    if (const auto* value = volume->meta.labels.Find(key)) return SplitZones(*value);
  }
  return {};
}

// "us-central1-a" is in "us-central1".
std::string RegionOf(const std::string& zone) { return zone.substr(0, zone.rfind('-')); }

std::string GceHandle(const std::string& disk, const std::vector<std::string>& zones) {
  const std::string project = "projects/UNSPECIFIED/";
  if (zones.size() > 1) return project + "regions/" + RegionOf(zones.front()) + "/disks/" + disk;
  return project + "zones/" + (zones.empty() ? "UNSPECIFIED" : zones.front()) + "/disks/" + disk;
}

// "aws://us-east-1a/vol-1" is vol-1.
std::string EbsHandle(const std::string& id) {
  return id.starts_with("aws://") ? id.substr(id.rfind('/') + 1) : id;
}

bool IsZoneKey(std::string_view key) { return key == kZoneLabel || key == kBetaZoneLabel; }

// True if the affinity spoke of zones.
bool ReplaceZoneKeys(std::string_view zone_key, api::NodeSelector& affinity) {
  bool replaced = false;
  for (auto& term : affinity.terms) {
    for (auto& requirement : term.match_expressions) {
      if (!IsZoneKey(requirement.key)) continue;
      requirement.key = zone_key;
      replaced = true;
    }
  }
  return replaced;
}

}  // namespace

InTreePlugin InTreePluginOf(api::VolumeKind kind) {
  const auto found = std::ranges::find(kMigrations, kind, &Migration::kind);
  return found == kMigrations.end() ? InTreePlugin::kNone : found->plugin;
}

InTreePlugin InTreePluginOf(std::string_view provisioner) {
  const auto found = std::ranges::find(kMigrations, provisioner, &Migration::name);
  return found == kMigrations.end() ? InTreePlugin::kNone : found->plugin;
}

std::string_view CsiDriverOf(InTreePlugin plugin) { return MigrationOf(plugin).driver; }

InTreePlugins MigratedPlugins(const api::CsiNode& node) {
  const auto* list = node.meta.annotations.Find(api::kMigratedPlugins);
  if (list == nullptr) return 0;
  unsigned plugins = 0;
  for (std::string_view rest = *list; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto plugin = InTreePluginOf(rest.substr(0, comma));
    if (plugin != InTreePlugin::kNone) plugins |= Bit(plugin);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return static_cast<InTreePlugins>(plugins);
}

std::string CsiHandleOf(const api::Volume& source, const api::PersistentVolume* volume) {
  switch (source.kind) {
    case api::VolumeKind::kGcePersistentDisk:
      return GceHandle(source.source, ZonesOf(volume));
    case api::VolumeKind::kAwsElasticBlockStore:
      return EbsHandle(source.source);
    case api::VolumeKind::kAzureFile:
      // Resource group, account (from the secret), share.
      return "#" + source.scope + "#" + source.source + "#" +
             (volume == nullptr ? "" : volume->meta.name);
    default:
      return source.source;
  }
}

// Where the affinity names zones, their keys are replaced in all terms; only where it names none do
// the labels of the volume add a requirement to each.
std::optional<api::NodeSelector> MigratedAffinityOf(const api::PersistentVolume& volume) {
  const auto plugin = volume.source ? InTreePluginOf(volume.source->kind) : InTreePlugin::kNone;
  auto affinity = volume.node_affinity;
  if (plugin == InTreePlugin::kNone || MigrationOf(plugin).zone_key.empty()) return affinity;
  const std::string_view zone_key = MigrationOf(plugin).zone_key;
  if (affinity && ReplaceZoneKeys(zone_key, *affinity)) return affinity;
  const std::vector<std::string> zones = ZonesOf(&volume);
  if (zones.empty()) return affinity;
  if (!affinity) affinity.emplace();
  if (affinity->terms.empty()) affinity->terms.emplace_back();
  for (auto& term : affinity->terms) {
    term.match_expressions.push_back(
        {std::string(zone_key), api::SelectorOperator::kIn, zones});
  }
  return affinity;
}

}  // namespace berth::cluster
