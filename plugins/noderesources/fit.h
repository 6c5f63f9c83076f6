#pragma once

#include <array>
#include <vector>

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// NodeResourcesFit: rejects nodes without room for one more pod or for any resource that the pod
// requests; scores by LeastAllocated, MostAllocated or RequestedToCapacityRatio.
//
// The filter takes exact requests, pod-level ones included. The score takes what containers ask
// for, with defaults where they ask for no cpu or memory and without pod-level requests, as
// kube-scheduler does.
class Fit final : public framework::Plugin {
 public:
  explicit Fit(config::NodeResourcesFitArgs args);

  std::string_view Name() const override { return "NodeResourcesFit"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {cluster::kPodResourceChange | cluster::kAllocatableChange,
            cluster::kPodResourceChange | cluster::kAllocatableChange | cluster::kDeviceChange};
  }
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
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
  std::optional<cluster::ResourceVector> RoomNeeded(
      const framework::PodContext& context, const framework::PluginState& state) const override;
  std::optional<scoring::BoundPart> BoundOf(const framework::PodContext& context,
                                            framework::PluginState& state) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  bool IsIgnored(std::string_view resource) const;
  bool FitsEmpty(const framework::PodContext& context, const api::Node& node) const;
  framework::Hint HintOfPod(const framework::PodContext& context, const api::Pod& pod,
                            const framework::Versions<api::Pod>& changed) const;
  framework::Hint HintOfNode(const framework::PodContext& context,
                             const framework::Versions<api::Node>& node) const;

  config::NodeResourcesFitArgs args_;
  std::array<std::int64_t, 101> shape_{};  // RequestedToCapacityRatio by utilisation in percent
};

}  // namespace berth::plugins
