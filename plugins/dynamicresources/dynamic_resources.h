#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/dynamicresources/claim_writes.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Devices for the resource claims of a pod (dynamic resource allocation).
//
// PreEnqueue holds a pod back until its claims are there; PreFilter rejects it where one of them is
// just being allocated or asks for a class that does not exist. Filter looks, node by node, for
// devices for the claims that have none (dra::Allocator), and keeps to where the devices of the
// others can be used. Score prefers nodes where earlier alternatives of requests could be had: 8
// for the first, 7 for the second ... Reserve takes the devices.
//
// A state is for claims of equal specification, whoever's they are, together with the very claims
// that have their devices already: so pods made from one template share masks, and only the nodes
// on which devices were taken since are looked at again.
//
// Extended resources that stand for devices (cluster/extended_resources.h) become one more claim on
// nodes that have none of them themselves: extended_claim.h. Where a claim has its devices and they
// did not become ready (binding_conditions.h), it can be used nowhere.
//
// What a decision means for the API server is in claim_writes.h; ClaimPreBinding has it written.
class DynamicResources final : public framework::Plugin {
 public:
  explicit DynamicResources(config::DynamicResourcesArgs args) : args_(args) {}

  std::string_view Name() const override { return "DynamicResources"; }
  bool IsIdle(const framework::PodContext& context) const override;
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    constexpr cluster::ChangeSet kKinds =
        cluster::kDeviceChange | cluster::kLabelChange | cluster::kAllocatableChange;
    return {kKinds, kKinds};
  }
  framework::Status PreEnqueueIn(const cluster::Cluster& cluster,
                                 const api::Pod& pod) const override;
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
  void Filter(const framework::PodContext& context, framework::PluginState& state,
              framework::NodeMask& nodes) const override;
  framework::NodeStatus Explain(const framework::PodContext& context,
                                const framework::PluginState& state,
                                framework::NodeIndex node) const override;
  framework::Rejections ExplainAll(const framework::PodContext& context,
                                   const framework::PluginState& state,
                                   const framework::NodeMask& nodes) const override;
  std::vector<framework::Remedy> Advise(const framework::PodContext& context,
                                        const framework::PluginState& state,
                                        const framework::NodeMask& nodes) const override;
  std::optional<framework::NodeMask> FailedNodes(
      const framework::PodContext& context, const framework::PluginState& state) const override;
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  framework::Normalization Normalize() const override { return framework::Normalization::kByMax; }
  framework::Status Reserve(const framework::PodContext& context, framework::PluginState& state,
                            const api::Pod& pod, framework::NodeIndex node) const override;
  void Unreserve(const framework::PodContext& context, framework::PluginState& state,
                 const api::Pod& pod, framework::NodeIndex node) const override;

  std::unique_ptr<framework::PreBinding> PreBind(const framework::PodContext& context,
                                                 const api::Pod& pod,
                                                 framework::NodeIndex node) const override;

  // Gives up the devices of a claim, so that they can be chosen anew, if nobody else has the claim
  // and a node was rejected for nothing but being out of their reach. The first such claim of the
  // pod, where kube-scheduler takes any. Always Unschedulable, in kube-scheduler's words.
  framework::PostFilterOutcome PostFilter(const framework::PodContext& context,
                                          const framework::PostFilterInput& input) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  // The claim that such a pod has for its extended resources on the node; nullopt if it needs none.
  std::optional<dra::ExtendedClaim> ExtendedClaimOn(const framework::PodContext& context,
                                                    framework::NodeIndex node) const;

  config::DynamicResourcesArgs args_;
};

}  // namespace berth::plugins
