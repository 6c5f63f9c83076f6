// From a chosen node to bound volumes: what is assumed, what has to be written to the API server,
// and when that has come to something.
//
//   Reserve   Assume: volumes name the claim that they were chosen for, claims the node on which
//             they are to be provisioned. The cluster's storage shows it to the pods that follow.
//   PreBind   WritesOf(PlanOf): volumes first, then claims. Then CheckBinding, first after
//             kCheckInterval and then again and again until it says kBound or kFailed; after
//             bindTimeoutSeconds the binding has failed with kTimeoutText.
//   Unreserve Forget.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/volumebinding/volume_matching.h"

namespace berth::plugins {

// Assumes what was chosen on the node.
void Assume(const framework::PodContext& context, const NodeVolumeChoice& choice,
            framework::NodeIndex node);

// What is assumed for the claims of a pod and not yet so on the API server. Nothing where all of
// them are bound: then PreBind has nothing to do.
struct BindingPlan {
  std::vector<cluster::VolumeId> volumes;  // to be bound to a claim of the pod
  std::vector<cluster::ClaimId> claims;    // to be provisioned on the node
  bool empty() const { return volumes.empty() && claims.empty(); }
};
BindingPlan PlanOf(const framework::PodContext& context, framework::NodeIndex node);

// Goes back to what the API server has.
void Forget(cluster::Storage& storage, const BindingPlan& plan);

// Merge patches that are refused where somebody else has changed the object since.
std::vector<framework::ApiWrite> WritesOf(const cluster::Storage& storage, const BindingPlan& plan);

inline constexpr std::chrono::seconds kCheckInterval{1};
inline constexpr std::string_view kTimeoutText = "context deadline exceeded";

enum class BindingProgress : std::uint8_t { kBound, kWaiting, kFailed };
struct BindingCheck {
  BindingProgress progress = BindingProgress::kWaiting;
  std::string error;  // of kFailed
};

// Looks at the objects as the API server has them by now. `plan` is what PlanOf said before the
// writes.
BindingCheck CheckBinding(const framework::PodContext& context, const BindingPlan& plan,
                          framework::NodeIndex node);

}  // namespace berth::plugins
