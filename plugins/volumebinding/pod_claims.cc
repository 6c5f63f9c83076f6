#include "plugins/volumebinding/pod_claims.h"

#include <algorithm>

namespace berth::plugins {
namespace {

using cluster::ClaimRecord;
using cluster::PodClaim;
using cluster::Storage;
using framework::Code;
using framework::PodContext;
using framework::Status;

Status Unresolvable(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

Status CheckOwner(const PodContext& context, const api::PersistentVolumeClaim& claim) {
  const cluster::PodVolumes& volumes = *context.pod.volumes;
  const std::string space(context.cluster.symbols.Text(context.pod.namespace_name));
  const auto* controller = claim.meta.Controller();
  if (controller != nullptr && controller->uid == volumes.pod_uid) return {};
  return Unresolvable("PVC " + space + "/" + claim.meta.name + " was not created for pod " + space +
                      "/" + volumes.pod_name + " (pod is not owner)");
}

// Whether the claim is one that a pod can be placed with.
Status CheckClaim(const PodContext& context, const PodClaim& pod_claim) {
  const auto* claim = context.cluster.storage.claim(pod_claim.id).object.get();
  const std::string name = "persistentvolumeclaim \"" + pod_claim.name + "\"";
  if (claim == nullptr) {
    return Unresolvable(pod_claim.ephemeral
                            ? "waiting for ephemeral volume controller to create the " + name
                            : name + " not found");
  }
  if (claim->phase == "Lost") {
    return Unresolvable(name + " bound to non-existent persistentvolume \"" +
                        claim->spec.volume_name + "\"");
  }
  if (claim->meta.deletion_timestamp) return Unresolvable(name + " is being deleted");
  return pod_claim.ephemeral ? CheckOwner(context, *claim) : Status();
}

}  // namespace

void PodClaims::SortDelayed() {
  std::ranges::stable_sort(delayed, [](const DelayedClaim& a, const DelayedClaim& b) {
    if (a.selected != b.selected) return a.selected;
    return !a.selected && a.claim->spec.request < b.claim->spec.request;
  });
}

Status SortClaims(const PodContext& context, PodClaims& out) {
  Storage& storage = context.cluster.storage;
  const auto& claims = context.pod.volumes->claims;
  for (const PodClaim& pod_claim : claims) {
    if (Status status = CheckClaim(context, pod_claim); !status.ok()) return status;
  }
  out = {};
  bool waits = false;
  for (const PodClaim& pod_claim : claims) {
    const ClaimRecord& record = storage.claim(pod_claim.id);
    const api::PersistentVolumeClaim& claim = *record.seen();
    if (claim.IsBound()) {
      out.bound.push_back(storage.IdOfVolume(claim.spec.volume_name));
      continue;
    }
    const cluster::ClassRecord* storage_class = storage.FindClass(claim.StorageClassName());
    if (storage_class != nullptr && !storage_class->object.volume_binding_mode) {
      return {Code::kError,
              {"VolumeBindingMode not set for StorageClass \"" + claim.StorageClassName() + "\""}};
    }
    const bool delayed =
        storage_class != nullptr &&
        *storage_class->object.volume_binding_mode == api::VolumeBindingMode::kWaitForFirstConsumer;
    if (delayed && claim.spec.volume_name.empty()) {
      out.delayed.push_back({pod_claim.id, &claim, storage_class,
                             claim.meta.annotations.Contains(api::kSelectedNode)});
    } else {
      waits = true;
    }
  }
  if (waits) return Unresolvable("pod has unbound immediate PersistentVolumeClaims");
  out.SortDelayed();
  return {};
}

}  // namespace berth::plugins
