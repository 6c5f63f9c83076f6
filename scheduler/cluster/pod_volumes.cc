#include "scheduler/cluster/pod_volumes.h"

#include <algorithm>

#include "scheduler/cluster/csi_migration.h"
#include "scheduler/cluster/storage.h"

namespace berth::cluster {
namespace {

using api::VolumeKind;

bool CanConflict(VolumeKind kind) {
  return kind == VolumeKind::kGcePersistentDisk || kind == VolumeKind::kAwsElasticBlockStore ||
         kind == VolumeKind::kIscsi || kind == VolumeKind::kRbd;
}

InlineDisk CompileDisk(const api::Volume& volume, base::Interner& symbols) {
  InlineDisk disk{volume.kind,
                  symbols.Intern(volume.source),
                  symbols.Intern(volume.scope),
                  {},
                  volume.read_only};
  for (const auto& monitor : volume.monitors) disk.monitors.push_back(symbols.Intern(monitor));
  return disk;
}

std::string EphemeralClaimName(const api::Pod& pod, const api::Volume& volume) {
  return pod.meta.name + "-" + volume.name;
}

bool ShareAMonitor(const InlineDisk& a, const InlineDisk& b) {
  return std::ranges::any_of(a.monitors, [&](base::Symbol monitor) {
    return std::ranges::find(b.monitors, monitor) != b.monitors.end();
  });
}

}  // namespace

bool Conflict(const InlineDisk& a, const InlineDisk& b) {
  if (a.kind != b.kind || a.id != b.id) return false;
  if (a.kind == VolumeKind::kAwsElasticBlockStore) return true;
  if (a.read_only && b.read_only) return false;
  return a.kind != VolumeKind::kRbd || (a.pool == b.pool && ShareAMonitor(a, b));
}

bool HasEphemeralVolumes(const api::PodSpec& spec) {
  return std::ranges::any_of(spec.volumes, [](const api::Volume& volume) {
    return volume.kind == VolumeKind::kEphemeral;
  });
}

bool NamesClaim(const api::Pod& pod, const api::PersistentVolumeClaim& claim) {
  return pod.meta.namespace_name == claim.meta.namespace_name &&
         std::ranges::any_of(pod.spec->volumes, [&](const api::Volume& volume) {
           return volume.kind == VolumeKind::kPersistentVolumeClaim &&
                  volume.source == claim.meta.name;
         });
}

bool UsesClaim(const api::Pod& pod, const api::PersistentVolumeClaim& claim) {
  if (NamesClaim(pod, claim)) return true;
  return pod.meta.namespace_name == claim.meta.namespace_name &&
         std::ranges::any_of(pod.spec->volumes, [&](const api::Volume& volume) {
           return volume.kind == VolumeKind::kEphemeral &&
                  EphemeralClaimName(pod, volume) == claim.meta.name;
         });
}

std::shared_ptr<const PodVolumes> CompileVolumes(const api::Pod& pod, Storage& storage,
                                                 base::Interner& symbols) {
  PodVolumes volumes;
  const auto add_claim = [&](const std::string& name, bool ephemeral) {
    volumes.claims.push_back({storage.IdOfClaim(pod.meta.namespace_name, name), name, ephemeral});
  };
  for (const auto& volume : pod.spec->volumes) {
    if (volume.kind == VolumeKind::kPersistentVolumeClaim) add_claim(volume.source, false);
    if (volume.kind == VolumeKind::kEphemeral) {
      add_claim(EphemeralClaimName(pod, volume), true);
      volumes.pod_name = pod.meta.name;
      volumes.pod_uid = pod.meta.uid;
    }
    if (CanConflict(volume.kind)) volumes.disks.push_back(CompileDisk(volume, symbols));
    if (CountsAgainstLimit(InTreePluginOf(volume.kind))) volumes.counted.push_back(&volume);
  }
  if (volumes.claims.empty() && volumes.disks.empty() && volumes.counted.empty()) return nullptr;
  return std::make_shared<const PodVolumes>(std::move(volumes));
}

}  // namespace berth::cluster
