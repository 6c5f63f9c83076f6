#include "plugins/volumebinding/binding_plan.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace berth::plugins {
namespace {

using cluster::ClaimId;
using cluster::Storage;
using cluster::VolumeId;
using framework::ApiWrite;
using framework::NodeIndex;
using framework::PodContext;

std::shared_ptr<const api::PersistentVolume> BoundTo(const api::PersistentVolume& volume,
                                                     const api::PersistentVolumeClaim& claim) {
  const api::ClaimReference wanted{claim.meta.namespace_name, claim.meta.name, claim.meta.uid};
  if (volume.claim_ref == wanted) return nullptr;
  auto bound = std::make_shared<api::PersistentVolume>(volume);
  // Whoever reserved the volume for the claim by hand is to find it so again.
  if (!volume.claim_ref) bound->meta.annotations[api::kBoundByController] = "yes";
  bound->claim_ref = wanted;
  return bound;
}

// JSON text of a string. Names and keys of Kubernetes need no escape; what comes from a file might.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string Metadata(const std::string& resource_version, const api::StringMap& annotations,
                     std::string_view written_key) {
  std::string json = "\"metadata\":{";
  if (const auto* value = annotations.Find(written_key)) {
    json += "\"annotations\":{" + Quoted(written_key) + ":" + Quoted(*value) + "},";
  }
  return json + "\"resourceVersion\":" + Quoted(resource_version) + "}";
}

ApiWrite WriteOf(const api::PersistentVolume& volume) {
  const api::ClaimReference& claim = *volume.claim_ref;
  return {
      framework::WriteKind::kMergePatch, "/api/v1/persistentvolumes/" + volume.meta.name,
      "{" +
          Metadata(volume.meta.resource_version, volume.meta.annotations, api::kBoundByController) +
          ",\"spec\":{\"claimRef\":{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\"," +
          "\"namespace\":" + Quoted(claim.namespace_name) + ",\"name\":" + Quoted(claim.name) +
          ",\"uid\":" + Quoted(claim.uid) + "}}}"};
}

ApiWrite WriteOf(const api::PersistentVolumeClaim& claim) {
  return {framework::WriteKind::kMergePatch,
          "/api/v1/namespaces/" + claim.meta.namespace_name + "/persistentvolumeclaims/" +
              claim.meta.name,
          "{" + Metadata(claim.meta.resource_version, claim.meta.annotations, api::kSelectedNode) +
              "}"};
}

BindingCheck Failed(std::string error) { return {BindingProgress::kFailed, std::move(error)}; }

std::string AffinityText(const std::string& volume, const std::string& node) {
  return "pv \"" + volume + "\" node affinity doesn't match node \"" + node +
         "\": no matching NodeSelectorTerms";
}

bool IsReachable(const PodContext& context, VolumeId id, NodeIndex node) {
  PodClaims claims;
  claims.bound = {id};
  return ChooseOn(context, claims, node).reachable;
}

// kBound as long as nothing is wrong.
BindingCheck CheckVolume(const PodContext& context, VolumeId id, NodeIndex node) {
  const auto* volume = context.cluster.storage.volume(id).object.get();
  if (volume == nullptr) return Failed("failed to check binding: the volume is gone");
  if (!IsReachable(context, id, node)) {
    return Failed(AffinityText(volume->meta.name, context.nodes().Name(node)));
  }
  // Whoever finds that the binding cannot be takes the claim away again.
  if (!volume->claim_ref || volume->claim_ref->uid.empty()) {
    return Failed("ClaimRef got reset for pv \"" + volume->meta.name + "\"");
  }
  return {BindingProgress::kBound, ""};
}

BindingCheck CheckProvisioned(const PodContext& context, ClaimId id, NodeIndex node) {
  Storage& storage = context.cluster.storage;
  const auto* claim = storage.claim(id).object.get();
  if (claim == nullptr) return Failed("failed to check binding: the claim is gone");
  const auto* selected = claim->meta.annotations.Find(api::kSelectedNode);
  if (selected == nullptr && claim->meta.annotations.empty()) {
    return Failed("selectedNode annotation reset for PVC \"" + claim->meta.name + "\"");
  }
  // A provisioner that cannot takes the node away, so that the pod is tried again.
  if (selected == nullptr || *selected != context.nodes().Name(node)) {
    return Failed("provisioning failed for PVC \"" + claim->meta.name + "\"");
  }
  if (claim->spec.volume_name.empty()) return {BindingProgress::kWaiting, ""};
  const VolumeId volume = storage.IdOfVolume(claim->spec.volume_name);
  if (storage.volume(volume).object != nullptr && !IsReachable(context, volume, node)) {
    return Failed(AffinityText(claim->spec.volume_name, context.nodes().Name(node)));
  }
  return {claim->IsBound() ? BindingProgress::kBound : BindingProgress::kWaiting, ""};
}

}  // namespace

void Assume(const PodContext& context, const NodeVolumeChoice& choice, NodeIndex node) {
  Storage& storage = context.cluster.storage;
  for (const auto& [claim, volume] : choice.matches) {
    auto bound = BoundTo(*storage.volume(volume).seen(), *storage.claim(claim).seen());
    if (bound != nullptr) storage.AssumeVolume(volume, std::move(bound));
  }
  for (const ClaimId id : choice.provisions) {
    auto selected = std::make_shared<api::PersistentVolumeClaim>(*storage.claim(id).seen());
    selected->meta.annotations[api::kSelectedNode] = context.nodes().Name(node);
    storage.AssumeClaim(id, std::move(selected));
  }
}

BindingPlan PlanOf(const PodContext& context, NodeIndex node) {
  Storage& storage = context.cluster.storage;
  BindingPlan plan;
  if (context.pod.volumes == nullptr) return plan;
  for (const cluster::PodClaim& pod_claim : context.pod.volumes->claims) {
    const cluster::ClaimRecord& record = storage.claim(pod_claim.id);
    if (record.seen() == nullptr) continue;
    const api::PersistentVolumeClaim& claim = *record.seen();
    const auto* selected = claim.meta.annotations.Find(api::kSelectedNode);
    if (record.assumed != nullptr && selected != nullptr &&
        *selected == context.nodes().Name(node)) {
      plan.claims.push_back(pod_claim.id);
    }
    const api::ClaimReference own{claim.meta.namespace_name, claim.meta.name, claim.meta.uid};
    for (const VolumeId id : storage.VolumesOfClass(claim.StorageClassName())) {
      const auto* assumed = storage.volume(id).assumed.get();
      if (assumed != nullptr && assumed->claim_ref == own) plan.volumes.push_back(id);
    }
  }
  return plan;
}

void Forget(Storage& storage, const BindingPlan& plan) {
  for (const VolumeId id : plan.volumes) storage.RestoreVolume(id);
  for (const ClaimId id : plan.claims) storage.RestoreClaim(id);
}

std::vector<ApiWrite> WritesOf(const Storage& storage, const BindingPlan& plan) {
  std::vector<ApiWrite> writes;
  for (const VolumeId id : plan.volumes) writes.push_back(WriteOf(*storage.volume(id).seen()));
  for (const ClaimId id : plan.claims) writes.push_back(WriteOf(*storage.claim(id).seen()));
  return writes;
}

BindingCheck CheckBinding(const PodContext& context, const BindingPlan& plan, NodeIndex node) {
  Storage& storage = context.cluster.storage;
  storage.node_volumes.Refresh();
  BindingCheck result{BindingProgress::kBound, ""};
  for (const VolumeId id : plan.volumes) {
    BindingCheck check = CheckVolume(context, id, node);
    if (check.progress == BindingProgress::kFailed) return check;
  }
  for (const ClaimId id : plan.claims) {
    BindingCheck check = CheckProvisioned(context, id, node);
    if (check.progress == BindingProgress::kFailed) return check;
    if (check.progress == BindingProgress::kWaiting) result = check;
  }
  // A claim is done when its controller says so, not when the volume does.
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    const auto* object = storage.claim(claim.id).object.get();
    if (object == nullptr || !object->IsBound()) result.progress = BindingProgress::kWaiting;
  }
  return result;
}

}  // namespace berth::plugins
