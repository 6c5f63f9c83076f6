#include "plugins/dynamicresources/pod_claims.h"

#include <algorithm>
#include <optional>

namespace berth::plugins::dra {
namespace {

using base::Fail;
using base::Result;

// The name of the claim; nullopt where none was needed.
Result<std::optional<std::string>> ClaimName(const api::PodResourceClaim& wanted,
                                             const std::string& pod,
                                             const cluster::Claimant& claimant) {
  if (!wanted.resource_claim_name.empty()) return std::optional(wanted.resource_claim_name);
  if (wanted.resource_claim_template_name.empty()) {
    return Fail("pod \"" + pod + "\", spec.resourceClaim \"" + wanted.name +
                "\": none of the supported fields are set");
  }
  const auto made =
      std::ranges::find(claimant.claims, wanted.name, &api::PodResourceClaimStatus::name);
  if (made == claimant.claims.end()) {
    return Fail("pod \"" + pod + "\": ResourceClaim not created yet");
  }
  return made->resource_claim_name;
}

bool IsOwnedBy(const api::ObjectMeta& meta, const cluster::Claimant& claimant) {
  const api::OwnerReference* owner = meta.Controller();
  return owner != nullptr && owner->uid == claimant.pod_uid;
}

}  // namespace

Result<std::vector<const cluster::Claim*>> ClaimsOf(const cluster::Devices& devices,
                                                    const std::string& namespace_name,
                                                    const api::PodSpec& spec,
                                                    const cluster::Claimant& claimant) {
  const std::string pod = namespace_name + "/" + claimant.pod_name;
  std::vector<const cluster::Claim*> claims;
  for (const auto& wanted : spec.resource_claims) {
    BERTH_ASSIGN(const std::optional<std::string> name, ClaimName(wanted, pod, claimant));
    if (!name) continue;
    const cluster::Claim* claim = devices.FindClaim(namespace_name, *name);
    if (claim == nullptr) {
      return Fail("could not find ResourceClaim \"" + namespace_name + "/" + *name + "\"");
    }
    if (claim->object.meta.deletion_timestamp) {
      return Fail("resourceclaim \"" + *name + "\" is being deleted");
    }
    const bool generated = wanted.resource_claim_name.empty();
    if (generated && !IsOwnedBy(claim->object.meta, claimant)) {
      return Fail("ResourceClaim " + claim->object.Key() + " was not created for Pod " + pod +
                  " (Pod is not owner)");
    }
    claims.push_back(claim);
  }
  return claims;
}

}  // namespace berth::plugins::dra
