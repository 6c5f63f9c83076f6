#include "scheduler/simulate/daemon_set.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "scheduler/api/selector_match.h"

namespace berth::simulate {
namespace {

using api::PodSpec;
using api::Taint;
using api::TaintEffect;
using api::Toleration;
using api::TolerationOperator;

constexpr std::pair<std::string_view, TaintEffect> kTolerated[] = {
    {"node.kubernetes.io/not-ready", TaintEffect::kNoExecute},
    {"node.kubernetes.io/unreachable", TaintEffect::kNoExecute},
    {"node.kubernetes.io/disk-pressure", TaintEffect::kNoSchedule},
    {"node.kubernetes.io/memory-pressure", TaintEffect::kNoSchedule},
    {"node.kubernetes.io/pid-pressure", TaintEffect::kNoSchedule},
    {"node.kubernetes.io/unschedulable", TaintEffect::kNoSchedule},
};
constexpr std::string_view kNetworkUnavailable = "node.kubernetes.io/network-unavailable";

void Tolerate(std::string_view key, TaintEffect effect, PodSpec& spec) {
  const Toleration toleration{std::string(key), TolerationOperator::kExists, "", effect};
  const bool has = std::ranges::find(spec.tolerations, toleration) != spec.tolerations.end();
  if (!has) spec.tolerations.push_back(toleration);
}

// Lt and Gt need a feature that is off.
bool Tolerates(const Toleration& toleration, const Taint& taint) {
  if (toleration.effect != TaintEffect::kNone && toleration.effect != taint.effect) return false;
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  if (toleration.op == TolerationOperator::kExists) return true;
  return toleration.op == TolerationOperator::kEqual && toleration.value == taint.value;
}

bool ToleratesAll(const PodSpec& spec, const std::vector<Taint>& taints) {
  return std::ranges::all_of(taints, [&](const Taint& taint) {
    if (taint.effect == TaintEffect::kPreferNoSchedule) return true;
    return std::ranges::any_of(spec.tolerations, [&](const Toleration& toleration) {
      return Tolerates(toleration, taint);
    });
  });
}

}  // namespace

void AddDaemonTolerations(PodSpec& spec) {
  for (const auto& [key, effect] : kTolerated) Tolerate(key, effect, spec);
  if (spec.host_network) Tolerate(kNetworkUnavailable, TaintEffect::kNoSchedule, spec);
}

bool DaemonRunsOn(const PodSpec& spec, const std::string& node_name, const api::Node& node) {
  if (!node_name.empty() && node_name != node.meta.name) return false;
  if (spec.node_selector && !api::MatchesMap(*spec.node_selector, node.meta.labels)) return false;
  if (spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required &&
      !api::Matches(*spec.affinity->node_affinity->required, node.meta.labels, node.meta.name)) {
    return false;
  }
  return ToleratesAll(spec, node.taints);
}

void BindDaemonTo(const std::string& node, PodSpec& spec) {
  if (!spec.affinity) spec.affinity.emplace();
  if (!spec.affinity->node_affinity) spec.affinity->node_affinity.emplace();
  api::NodeSelectorTerm term;
  term.match_fields.push_back({"metadata.name", api::SelectorOperator::kIn, {node}});
  spec.affinity->node_affinity->required = api::NodeSelector{{std::move(term)}};
}

}  // namespace berth::simulate
