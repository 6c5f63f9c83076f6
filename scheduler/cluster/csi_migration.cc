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
  bool counts;                // against the limit of the driver
};

constexpr std::array<Migration, 7> kMigrations = {{
    {InTreePlugin::kAwsEbs, api::VolumeKind::kAwsElasticBlockStore, "kubernetes.io/aws-ebs",
     "ebs.csi.aws.com", "topology.ebs.csi.aws.com/zone", true},
    {InTreePlugin::kGcePd, api::VolumeKind::kGcePersistentDisk, "kubernetes.io/gce-pd",
     "pd.csi.storage.gke.io", "topology.gke.io/zone", true},
    {InTreePlugin::kCinder, api::VolumeKind::kCinder, "kubernetes.io/cinder",
     "cinder.csi.openstack.org", "topology.cinder.csi.openstack.org/zone", true},
    {InTreePlugin::kAzureDisk, api::VolumeKind::kAzureDisk, "kubernetes.io/azure-disk",
     "disk.csi.azure.com", "", true},
    {InTreePlugin::kAzureFile, api::VolumeKind::kAzureFile, "kubernetes.io/azure-file",
     "file.csi.azure.com", "", false},
    {InTreePlugin::kVsphere, api::VolumeKind::kVsphereVolume, "kubernetes.io/vsphere-volume",
     "csi.vsphere.vmware.com", "", false},
    {InTreePlugin::kPortworx, api::VolumeKind::kPortworxVolume, "kubernetes.io/portworx-volume",
     "pxd.portworx.com", "", true},
}};

const Migration& MigrationOf(InTreePlugin plugin) {
  return *std::ranges::find(kMigrations, plugin, &Migration::plugin);
}

bool Names(const api::NodeSelector& affinity, std::string_view key) {
  return std::ranges::any_of(affinity.terms, [&](const api::NodeSelectorTerm& term) {
    return std::ranges::find(term.match_expressions, key, &api::Requirement::key) !=
           term.match_expressions.end();
  });
}

// Whether some requirement on the key has values: Exists and DoesNotExist have none.
bool HasValues(const api::NodeSelector& affinity, std::string_view key) {
  return std::ranges::any_of(affinity.terms, [&](const api::NodeSelectorTerm& term) {
    return std::ranges::any_of(term.match_expressions, [&](const api::Requirement& requirement) {
      return requirement.key == key && !requirement.values.empty();
    });
  });
}

// Under which of its two names a volume speaks of zones: in its affinity, else in its labels.
std::string_view ZoneLabelOf(const api::PersistentVolume& volume) {
  for (const std::string_view label : {kZoneLabel, kBetaZoneLabel}) {
    if (volume.node_affinity && Names(*volume.node_affinity, label)) return label;
  }
  return volume.meta.labels.Contains(kZoneLabel) ? kZoneLabel : kBetaZoneLabel;
}

// The zones that a label of a volume names; empty if it names none.
std::vector<std::string> ZonesOf(const api::PersistentVolume& volume, std::string_view label) {
  const auto* value = volume.meta.labels.Find(label);
  return value == nullptr ? std::vector<std::string>() : SplitZones(*value);
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

void ReplaceKey(std::string_view from, std::string_view to, api::NodeSelector& affinity) {
  for (auto& term : affinity.terms) {
    for (auto& requirement : term.match_expressions) {
      if (requirement.key == from) requirement.key = to;
    }
  }
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

bool CountsAgainstLimit(InTreePlugin plugin) {
  return plugin != InTreePlugin::kNone && MigrationOf(plugin).counts;
}

std::string CsiHandleOf(const api::Volume& source, const api::PersistentVolume* volume) {
  switch (source.kind) {
    case api::VolumeKind::kGcePersistentDisk:
      return GceHandle(source.source, volume == nullptr ? std::vector<std::string>()
                                                        : ZonesOf(*volume, ZoneLabelOf(*volume)));
    case api::VolumeKind::kAwsElasticBlockStore:
      return EbsHandle(source.source);
    default:
      return source.source;
  }
}

// Where the affinity names zones, the driver's key takes the place of theirs; only where it names
// none do the labels of the volume add a requirement to each term. Found by recording what
// kube-scheduler makes of such volumes.
std::optional<api::NodeSelector> MigratedAffinityOf(const api::PersistentVolume& volume) {
  const auto plugin = volume.source ? InTreePluginOf(volume.source->kind) : InTreePlugin::kNone;
  auto affinity = volume.node_affinity;
  if (plugin == InTreePlugin::kNone || MigrationOf(plugin).zone_key.empty()) return affinity;
  const std::string_view zone_key = MigrationOf(plugin).zone_key;
  const std::string_view label = ZoneLabelOf(volume);
  if (affinity && HasValues(*affinity, label)) {
    ReplaceKey(label, zone_key, *affinity);
    return affinity;
  }
  const std::vector<std::string> zones = ZonesOf(volume, label);
  if (zones.empty()) return affinity;
  if (!affinity) affinity.emplace();
  if (affinity->terms.empty()) affinity->terms.emplace_back();
  for (auto& term : affinity->terms) {
    term.match_expressions.push_back({std::string(zone_key), api::SelectorOperator::kIn, zones});
  }
  return affinity;
}

}  // namespace berth::cluster
