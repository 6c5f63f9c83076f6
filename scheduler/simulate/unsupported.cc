#include "scheduler/simulate/unsupported.h"

namespace berth::simulate {
namespace {

// Image volumes only count for ImageLocality, inline CSI volumes for nothing.
bool NeedsVolumePlugins(const api::Volume& volume) {
  return volume.kind != api::VolumeKind::kImage && volume.kind != api::VolumeKind::kCsi;
}

}  // namespace

std::string UnsupportedFeature(const api::PodSpec& spec) {
  for (const auto& volume : spec.volumes) {
    if (!NeedsVolumePlugins(volume)) continue;
    return "spec.volumes: volume \"" + volume.name +
           "\" needs the volume plugins, which are not supported yet";
  }
  if (spec.restart_all_containers_rule || (spec.host_network && spec.host_users == false)) {
    return "spec: the pod needs NodeDeclaredFeatures, which is not supported yet";
  }
  return "";
}

}  // namespace berth::simulate
