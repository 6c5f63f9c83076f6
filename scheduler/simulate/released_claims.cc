#include "scheduler/simulate/released_claims.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "scheduler/api/storage_objects.h"

namespace berth::simulate {
namespace {

std::string UidOf(const api::Pod& pod) { return pod.meta.uid.empty() ? pod.Key() : pod.meta.uid; }

bool IsOwnedBy(const api::ObjectMeta& meta, const api::Pod& pod) {
  const api::OwnerReference* owner = meta.Controller();
  return owner != nullptr && (owner->uid == pod.meta.uid || owner->uid == UidOf(pod));
}

// ---- Devices ----

std::optional<std::string> NameOfGenerated(const api::Pod& pod, const std::string& entry) {
  const auto& made = pod.status.resource_claims;
  const auto it = std::ranges::find(made, entry, &api::PodResourceClaimStatus::name);
  return it == made.end() ? std::nullopt : it->resource_claim_name;
}

void RemoveGenerated(const api::Pod& pod, const std::string& name, bool make_anew,
                     cluster::Devices& devices) {
  const cluster::Claim* claim = devices.FindClaim(pod.meta.namespace_name, name);
  if (claim == nullptr || !IsOwnedBy(claim->object.meta, pod)) return;
  api::ResourceClaim anew = claim->object;
  devices.RemoveClaim(pod.meta.namespace_name, name);
  if (!make_anew) return;
  anew.allocation.reset();
  anew.reserved_for.clear();
  devices.SetClaim(std::move(anew));
}

void ReleaseDevices(const api::Pod& pod, bool waits_again, cluster::Devices& devices) {
  devices.RemoveClaim(pod.meta.namespace_name, cluster::ExtendedClaimName(pod.meta.name));
  devices.RemoveClaim(pod.meta.namespace_name, pod.status.extended_resource_claim);
  for (const auto& wanted : pod.spec->resource_claims) {
    if (!wanted.resource_claim_name.empty()) {
      devices.Release(pod.meta.namespace_name, wanted.resource_claim_name, UidOf(pod));
    } else if (const auto name = NameOfGenerated(pod, wanted.name)) {
      RemoveGenerated(pod, *name, waits_again, devices);
    }
  }
}

std::vector<std::string> NamesOfClaims(const api::Pod& pod) {
  std::vector<std::string> names = {cluster::ExtendedClaimName(pod.meta.name),
                                    pod.status.extended_resource_claim};
  for (const auto& wanted : pod.spec->resource_claims) {
    if (!wanted.resource_claim_name.empty()) {
      names.push_back(wanted.resource_claim_name);
    } else if (auto name = NameOfGenerated(pod, wanted.name)) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

std::shared_ptr<const api::ResourceClaim> CopyOf(const api::Pod& pod, const std::string& name,
                                                 const cluster::Devices& devices) {
  const cluster::Claim* claim = devices.FindClaim(pod.meta.namespace_name, name);
  return claim == nullptr ? nullptr : std::make_shared<const api::ResourceClaim>(claim->object);
}

// ---- Volumes ----

// The claim as it was before any controller saw it.
api::PersistentVolumeClaim Anew(const api::PersistentVolumeClaim& claim,
                                const api::Volume& volume) {
  api::PersistentVolumeClaim anew = claim;
  // Another object: the volume of the old one is not for it.
  anew.meta.uid += "+";
  anew.meta.annotations = {};
  for (const auto& [key, value] : claim.meta.annotations) {
    const bool is_of_controllers =
        key == api::kBindCompleted || key == api::kBoundByController || key == api::kSelectedNode;
    if (!is_of_controllers) anew.meta.annotations[key] = value;
  }
  anew.spec.volume_name =
      volume.claim_template == nullptr ? "" : volume.claim_template->spec.volume_name;
  anew.phase = "Pending";
  return anew;
}

void ReleaseVolumes(const api::Pod& pod, bool waits_again, cluster::Storage& storage) {
  for (const api::Volume& volume : pod.spec->volumes) {
    if (volume.kind != api::VolumeKind::kEphemeral) continue;
    const std::string name = pod.meta.name + "-" + volume.name;
    const auto claim = storage.claim(storage.IdOfClaim(pod.meta.namespace_name, name)).object;
    if (claim == nullptr || !IsOwnedBy(claim->meta, pod)) continue;
    storage.RemoveClaim(pod.meta.namespace_name, name);
    if (waits_again) storage.SetClaim(Anew(*claim, volume));
  }
}

}  // namespace

std::vector<ReleasedClaim> ReleaseClaims(const api::Pod& pod, bool waits_again,
                                         cluster::Cluster& cluster) {
  std::vector<std::string> names;
  std::vector<ReleasedClaim> claims;
  for (std::string& name : NamesOfClaims(pod)) {
    auto before = CopyOf(pod, name, cluster.devices);
    if (before == nullptr) continue;
    claims.push_back({std::move(before), nullptr});
    names.push_back(std::move(name));
  }
  ReleaseDevices(pod, waits_again, cluster.devices);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    claims[i].after = CopyOf(pod, names[i], cluster.devices);
  }
  ReleaseVolumes(pod, waits_again, cluster.storage);
  return claims;
}

}  // namespace berth::simulate
