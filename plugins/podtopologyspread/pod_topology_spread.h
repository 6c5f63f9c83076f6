#pragma once

#include "scheduler/config/feature_gates.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Spreads pods over topology domains: constraints with DoNotSchedule filter, those with
// ScheduleAnyway score. A pod without any gets the profile's default constraints with the selector
// of the Services and the controller that own it.
//
// Filter: a domain's matching pods, with the pod itself if it matches, may exceed the smallest
// domain by at most maxSkew; with fewer domains than minDomains the smallest counts as 0. Only
// nodes with all labels of the hard constraints count, and of them those that the inclusion
// policies let in. Score: the sum over constraints of matching pods * ln(domains + 2) + (maxSkew -
// 1), rounded; then 100 * (max + min - score) / max.
class PodTopologySpread final : public framework::Plugin {
 public:
  PodTopologySpread(config::PodTopologySpreadArgs args, const config::FeatureGates& gates);

  std::string_view Name() const override { return "PodTopologySpread"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {cluster::kClusterWide, cluster::kClusterWide};
  }
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
  bool PretendPod(const framework::PodContext& context, framework::PluginState& state,
                  const cluster::PodClass& other, framework::NodeIndex node,
                  std::int32_t change) const override;
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
  framework::Status PreScore(const framework::PodContext& context, framework::PluginState& state,
                             const framework::NodeMask& nodes) const override;
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
  bool ScoreByCells(const framework::PodContext& context, framework::PluginState& state,
                    const framework::NodeMask& nodes, framework::CellScores& out) const override;
  bool AddTraits(const framework::PodContext& context, framework::PluginState& state,
                 framework::Traits& traits) const override;
  framework::Normalization Normalize() const override { return framework::Normalization::kOwn; }
  void NormalizeScores(const framework::PodContext& context, framework::PluginState& state,
                       const framework::NodeMask& nodes,
                       std::span<std::int64_t> scores) const override;
  void NormalizeNodes(const framework::PodContext& context, framework::PluginState& state,
                      std::span<const framework::NodeIndex> nodes,
                      std::span<std::int64_t> scores) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  config::PodTopologySpreadArgs args_;
  config::FeatureGates gates_;
};

}  // namespace berth::plugins
