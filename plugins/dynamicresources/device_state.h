#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dynamicresources/allocator.h"
#include "plugins/dynamicresources/extended_claim.h"
#include "scheduler/base/result.h"
#include "scheduler/cluster/node_selector.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins::dra {

// What an alternative of a request is worth: 8 for the first, and less and less.
inline std::int64_t ScoreOf(std::size_t alternative) {
  return 8 - static_cast<std::int64_t>(alternative);
}

// An extended resource of a pod that stands for devices on nodes which have none of it themselves.
struct DelegatedResource {
  cluster::ResourceId id;
  std::string name;
  std::string class_name;
};

// Those of a pod, in the order of its requests.
std::vector<DelegatedResource> DelegatedResources(const framework::PodContext& context);

// The claims of the pod, in its order, without the one for extended resources.
base::Result<std::vector<const cluster::Claim*>> ClaimsOf(const framework::PodContext& context);

// What DynamicResources knows of the claims of a pod, compiled: selectors of claims that have their
// devices, requests of those that have none, and for each set of extended resources that a node
// lacks a claim that asks for devices instead of them. Not thread-safe: what selectors have matched
// is remembered, which changes no answer.
class DeviceState final : public framework::PluginState {
 public:
  DeviceState(const framework::PodContext& context, const config::DynamicResourcesArgs& args);

  // What the devices of one node have to fulfil.
  struct Demand {
    std::vector<CompiledClaim> claims;            // the one for extended resources comes last
    std::map<std::string, std::string> extended;  // resources of that one, with their classes
  };

  const framework::Status& prefilter() const { return prefilter_; }
  bool has_scores() const { return has_scores_; }
  // Of the claims that have their devices already.
  std::int64_t allocated_score() const { return allocated_score_; }
  // Numbers of the claims, among those of the pod, that the first ones of each demand stand for.
  const std::vector<std::size_t>& numbers() const { return numbers_; }

  Demand& DemandOn(const framework::PodContext& context, framework::NodeIndex node) const;
  Allocator AllocatorFor(const framework::PodContext& context, framework::NodeIndex node) const;
  // One search without end is enough to fail the pod: after it no other is begun.
  Allocated Allocate(const framework::PodContext& context, framework::NodeIndex node);

  // Why the node is out of the question whatever its devices; empty if it is not.
  std::string_view Refusal(const framework::PodContext& context, framework::NodeIndex node) const;
  // Whether the devices of all claims that have some can be used from the node.
  bool ClaimsReach(const framework::PodContext& context, framework::NodeIndex node) const;
  // The claims, by number, whose devices cannot be used from one of the nodes, on which nothing
  // else was amiss.
  std::set<std::size_t> OutOfReach(const framework::PodContext& context,
                                   const framework::NodeMask& nodes) const;
  // The claim of an earlier cycle for the pod's extended resources; empty if there is none.
  const std::string& left_over() const { return left_over_; }

  // Text that lives as long as the state.
  std::string_view Keep(std::string text) const { return *texts_.insert(std::move(text)).first; }

  // The nodes on which a search has failed rather than found nothing, by the last look at each:
  // Filter's or Explain's, which is asked instead of it where few nodes have changed.
  const framework::NodeMask& failed() const { return failed_; }
  // Those on which the last Filter that asked about them has searched in vain.
  framework::NodeMask& exhausted() { return exhausted_; }
  const framework::NodeMask& exhausted() const { return exhausted_; }
  void SetFailed(const framework::PodContext& context, framework::NodeIndex node,
                 bool failed) const;

 private:
  // Where the devices of a claim can be used that has them already.
  struct ClaimSelector {
    std::size_t number;
    cluster::CompiledNodeSelector selector;
  };
  using Delegated = std::vector<bool>;  // by delegated_: whether the node lacks it

  void AddClaim(const framework::PodContext& context, const cluster::Claim& claim,
                std::size_t number);
  void AddAllocated(const framework::PodContext& context, const api::ResourceClaim& claim,
                    std::size_t number);
  void AddAllocatedScore(const api::ResourceClaim& claim);
  void CheckRequests(const framework::PodContext& context, const api::ResourceClaim& claim);
  void FindLeftOver(const framework::PodContext& context);
  Demand MakeDemand(const framework::PodContext& context, const Delegated& lacked) const;

  std::size_t max_steps_;
  std::chrono::nanoseconds binding_timeout_;
  framework::Status prefilter_;
  std::deque<api::ResourceClaimSpec> specs_;
  std::vector<std::size_t> numbers_;
  std::vector<DelegatedResource> delegated_;
  mutable std::deque<ExtendedClaim> extended_;
  mutable std::map<Delegated, Demand> demands_;
  std::vector<ClaimSelector> selectors_;
  std::set<std::size_t> unbindable_;  // claims whose devices did not become ready
  std::string left_over_;
  bool has_scores_ = false;
  std::int64_t allocated_score_ = 0;
  mutable std::set<std::string> texts_;
  mutable framework::NodeMask failed_;
  framework::NodeMask exhausted_;
  bool gave_up_ = false;
};

}  // namespace berth::plugins::dra
