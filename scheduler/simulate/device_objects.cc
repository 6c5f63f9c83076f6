#include "scheduler/simulate/device_objects.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace berth::simulate {
namespace {

using Templates = std::map<std::pair<std::string, std::string>, const api::ResourceClaimTemplate*>;

// The one that a template makes for an entry of spec.resourceClaims of the pod.
api::ResourceClaim MakeClaim(const api::ResourceClaimTemplate& from, const api::Pod& pod,
                             const std::string& name) {
  api::ResourceClaim claim;
  claim.meta = from.claim_meta;
  claim.meta.name = name;
  claim.meta.namespace_name = pod.meta.namespace_name;
  claim.meta.uid = pod.meta.namespace_name + "/" + name;
  claim.meta.owner_references.push_back(
      {"v1", "Pod", pod.meta.name, pod.meta.uid.empty() ? pod.Key() : pod.meta.uid, true});
  claim.spec = from.spec;
  return claim;
}

void MakeClaims(const Templates& templates, api::Pod& pod, cluster::Devices& devices) {
  auto& made = pod.status.resource_claims;
  for (const auto& wanted : pod.spec->resource_claims) {
    const auto from =
        templates.find({pod.meta.namespace_name, wanted.resource_claim_template_name});
    if (from == templates.end()) continue;
    if (std::ranges::find(made, wanted.name, &api::PodResourceClaimStatus::name) != made.end()) {
      continue;
    }
    const std::string name = pod.meta.name + "-" + wanted.name;
    devices.SetClaim(MakeClaim(*from->second, pod, name));
    made.push_back({wanted.name, name});
  }
}

// Pods get the claims that were made for their extended resources into their status, where a
// scheduler that came no further has not put them.
void NameExtendedClaims(api::ClusterObjects& objects) {
  std::map<std::string, std::string> by_owner;
  for (const auto& claim : objects.resource_claims) {
    const auto* mark = claim.meta.annotations.Find(api::kExtendedResourceClaim);
    const auto* owner = claim.meta.Controller();
    if (mark != nullptr && *mark == "true" && owner != nullptr) {
      by_owner[owner->uid] = claim.meta.name;
    }
  }
  if (by_owner.empty()) return;
  for (auto& pod : objects.pods) {
    const auto claim = by_owner.find(pod.meta.uid.empty() ? pod.Key() : pod.meta.uid);
    if (claim != by_owner.end()) pod.status.extended_resource_claim = claim->second;
  }
}

}  // namespace

void FillDevices(api::ClusterObjects& objects, cluster::Devices& devices) {
  for (auto& slice : objects.resource_slices) devices.SetSlice(std::move(slice));
  // As an API server lists them: where classes share a resource, the order counts.
  std::ranges::sort(objects.device_classes, {},
                    [](const auto& object) { return object.meta.name; });
  for (auto& device_class : objects.device_classes) devices.SetClass(std::move(device_class));
  NameExtendedClaims(objects);
  for (auto& claim : objects.resource_claims) devices.SetClaim(std::move(claim));
  Templates templates;
  for (const auto& object : objects.resource_claim_templates) {
    templates[{object.meta.namespace_name, object.meta.name}] = &object;
  }
  if (templates.empty()) return;
  for (auto& pod : objects.pods) {
    if (pod.node_name.empty()) MakeClaims(templates, pod, devices);
  }
}

}  // namespace berth::simulate
