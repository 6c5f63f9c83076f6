#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Inter-pod affinity and anti-affinity, in both directions: the terms of the pod to come against
// the pods on nodes, and the terms of the pods on nodes against the pod to come. All counts are
// kept by the cluster (pod counters, matching terms), so that a cycle only looks up domains.
//
// Filter, in this order: the pod's required affinity (each term's domain must hold a pod that all
// terms match; where no such pod is in any domain, a pod that matches its own terms is the first of
// its kind and passes wherever the labels exist), its required anti-affinity, the required
// anti-affinity of the pods on nodes. Score: the weights of all preferred terms that hold in the
// node's domains, and hardPodAffinityWeight for each required affinity term of pods on nodes that
// the pod would satisfy; normalised from lowest..highest to 0..100.
class InterPodAffinity final : public framework::Plugin {
 public:
  explicit InterPodAffinity(config::InterPodAffinityArgs args) : args_(args) {}

  std::string_view Name() const override { return "InterPodAffinity"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {cluster::kClusterWide, cluster::kClusterWide};
  }
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
  config::InterPodAffinityArgs args_;
};

}  // namespace berth::plugins
