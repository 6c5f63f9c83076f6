#include "scheduler/simulate/volume_claims.h"

#include <algorithm>

namespace berth::simulate {
namespace {

std::string KeyOf(const std::string& namespace_name, const std::string& name) {
  return (namespace_name.empty() ? "default" : namespace_name) + "/" + name;
}

bool IsEphemeral(const api::Volume& volume) {
  return volume.kind == api::VolumeKind::kEphemeral && volume.claim_template != nullptr;
}

}  // namespace

ClaimMaker::ClaimMaker(api::StorageObjects& storage) : storage_(storage) {
  for (const auto& claim : storage.claims) {
    known_.insert(KeyOf(claim.meta.namespace_name, claim.meta.name));
  }
}

api::PersistentVolumeClaim* ClaimMaker::Add(
    const std::string& namespace_name, const std::string& name,
    const api::PersistentVolumeClaimTemplate& claim_template) {
  if (!known_.insert(KeyOf(namespace_name, name)).second) return nullptr;
  api::PersistentVolumeClaim& claim = storage_.claims.emplace_back();
  claim.meta.name = name;
  claim.meta.namespace_name = namespace_name;
  claim.meta.labels = claim_template.labels;
  claim.meta.annotations = claim_template.annotations;
  claim.spec = claim_template.spec;
  return &claim;
}

void ClaimMaker::Make(const std::string& namespace_name, const std::string& name,
                      const api::PersistentVolumeClaimTemplate& claim_template) {
  Add(namespace_name, name, claim_template);
}

void ClaimMaker::MakeEphemeral(const api::Pod& pod) {
  for (const api::Volume& volume : pod.spec->volumes) {
    if (!IsEphemeral(volume)) continue;
    auto* claim =
        Add(pod.meta.namespace_name, pod.meta.name + "-" + volume.name, *volume.claim_template);
    if (claim == nullptr) continue;
    claim->meta.owner_references.push_back({"v1", "Pod", pod.meta.name, pod.meta.uid, true});
  }
}

void MakeEphemeralClaims(api::ClusterObjects& objects) {
  const auto is_new = [](const api::Pod& pod) {
    return !pod.meta.creation_timestamp && std::ranges::any_of(pod.spec->volumes, IsEphemeral);
  };
  if (std::ranges::none_of(objects.pods, is_new)) return;
  ClaimMaker maker(objects.storage);
  for (const api::Pod& pod : objects.pods) {
    if (is_new(pod)) maker.MakeEphemeral(pod);
  }
  api::ApplyStorageDefaults(objects.storage);
}

}  // namespace berth::simulate
