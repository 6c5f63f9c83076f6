#include "plugins/tainttoleration/taint_toleration.h"

#include <algorithm>
#include <map>
#include <vector>

#include "scheduler/api/object_text.h"

namespace berth::plugins {
namespace {

using api::TaintEffect;
using framework::PodContext;

// Only tolerations for every effect or for PreferNoSchedule count against PreferNoSchedule taints.
bool ToleratesPreference(const std::vector<api::Toleration>& tolerations, const api::Taint& taint) {
  return std::ranges::any_of(tolerations, [&](const api::Toleration& toleration) {
    return (toleration.effect == TaintEffect::kNone ||
            toleration.effect == TaintEffect::kPreferNoSchedule) &&
           cluster::Tolerates(toleration, taint);
  });
}

std::int64_t UntoleratedPreferences(const std::vector<api::Toleration>& tolerations,
                                    const std::vector<api::Taint>& taints) {
  return std::ranges::count_if(taints, [&](const api::Taint& taint) {
    return taint.effect == TaintEffect::kPreferNoSchedule &&
           !ToleratesPreference(tolerations, taint);
  });
}

framework::NodeStatus Untolerated() {
  return {framework::Code::kUnschedulableAndUnresolvable, {"node(s) had untolerated taint(s)"}};
}

std::vector<api::Taint> BarringTaints(const std::vector<api::Toleration>& tolerations,
                                      const std::vector<api::Taint>& taints) {
  std::vector<api::Taint> barring;
  std::ranges::copy_if(taints, std::back_inserter(barring), [&](const api::Taint& taint) {
    return !cluster::ToleratesScheduling(tolerations, {taint});
  });
  return barring;
}

framework::Obstacle ObstacleOf(const api::Taint& taint) {
  const std::string effect(api::NameOf(taint.effect));
  const bool exists = taint.value.empty();
  const std::string how = exists ? "Exists" : "Equal";
  std::string toleration = "{key: " + taint.key + ", operator: " + how;
  if (!exists) toleration += ", value: " + taint.value;
  toleration += ", effect: " + effect + "}";
  return {"untolerated taint {" + api::TextOf(taint) + "}",
          "add the toleration " + toleration,
          {{"key", taint.key}, {"operator", how}, {"value", taint.value}, {"effect", effect}}};
}

}  // namespace

void TaintToleration::AppendKey(const PodContext& context, std::string& key) const {
  cluster::AppendTolerationsKey(key, context.pod.spec->tolerations);
}

void TaintToleration::Filter(const PodContext& context, framework::PluginState&,
                             framework::NodeMask& nodes) const {
  cluster::FilterUntolerated(context.pod.spec->tolerations, context.nodes(), nodes);
}

framework::NodeStatus TaintToleration::Explain(const PodContext& context,
                                               const framework::PluginState&,
                                               framework::NodeIndex node) const {
  const auto& taints = context.nodes().TaintSet(context.nodes().taint_sets()[node]);
  if (cluster::ToleratesScheduling(context.pod.spec->tolerations, taints)) return {};
  return Untolerated();
}

framework::Rejections TaintToleration::ExplainAll(const PodContext&, const framework::PluginState&,
                                                  const framework::NodeMask& nodes) const {
  return framework::Rejections::Of(nodes, Untolerated());
}

std::vector<framework::Remedy> TaintToleration::Advise(const PodContext& context,
                                                       const framework::PluginState&,
                                                       const framework::NodeMask& nodes) const {
  const cluster::NodeTable& table = context.nodes();
  std::map<cluster::TaintSetId, std::size_t> by_set;
  std::map<std::vector<std::string>, std::size_t> by_taints;
  std::vector<framework::Remedy> remedies;
  nodes.ForEach([&](framework::NodeIndex node) {
    const cluster::TaintSetId set = table.taint_sets()[node];
    const auto [known, is_new_set] = by_set.try_emplace(set, 0);
    if (is_new_set) {
      const auto taints = BarringTaints(context.pod.spec->tolerations, table.TaintSet(set));
      std::vector<std::string> texts;
      for (const auto& taint : taints) texts.push_back(api::TextOf(taint));
      const auto [entry, is_new] = by_taints.try_emplace(texts, remedies.size());
      known->second = entry->second;
      if (is_new) {
        auto& remedy =
            remedies.emplace_back(framework::Remedy{{}, framework::NodeMask(nodes.size())});
        for (const auto& taint : taints) remedy.obstacles.push_back(ObstacleOf(taint));
      }
    }
    remedies[known->second].nodes.Set(node);
  });
  framework::SortByEase(remedies);
  return remedies;
}

void TaintToleration::ScoreNodes(const PodContext& context, framework::PluginState&,
                                 std::span<const framework::NodeIndex> nodes,
                                 std::span<std::int64_t> scores) const {
  const cluster::NodeTable& table = context.nodes();
  std::ranges::transform(nodes, scores.begin(), [&](framework::NodeIndex node) {
    return UntoleratedPreferences(context.pod.spec->tolerations,
                                  table.TaintSet(table.taint_sets()[node]));
  });
}

void TaintToleration::Score(const PodContext& context, framework::PluginState&,
                            const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const cluster::NodeTable& table = context.nodes();
  std::vector<std::int64_t> by_set(table.taint_set_count());
  for (cluster::TaintSetId id = 0; id < by_set.size(); ++id) {
    by_set[id] = UntoleratedPreferences(context.pod.spec->tolerations, table.TaintSet(id));
  }
  nodes.ForEach([&](framework::NodeIndex node) { out[node] = by_set[table.taint_sets()[node]]; });
}

}  // namespace berth::plugins
