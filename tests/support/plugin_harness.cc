#include "tests/support/plugin_harness.h"

#include <algorithm>

#include "plugins/registry.h"
#include "scheduler/base/check.h"
#include "scoring/kernels.h"

namespace berth::support {

using framework::Code;
using framework::NodeIndex;
using framework::Normalization;

// A pod with the plugin's state for it.
struct PluginHarness::Asked {
  framework::PodContext context;
  std::unique_ptr<framework::PluginState> state;
  framework::PreFilterResult prefilter;
};

PluginHarness::PluginHarness(const std::string& name, const config::PluginArgs& args) {
  auto plugin = plugins::MakeRegistry().at(name)(args);
  BERTH_CHECK(plugin.has_value());
  plugin_ = *std::move(plugin);
}

void PluginHarness::Place(const PodBuilder& pod, const std::string& node) {
  cluster_.AddPod(pod.Build(), *cluster_.nodes.Find(node));
}

PluginHarness::Asked PluginHarness::Ask(const PodBuilder& pod) {
  cluster_.BeginCycle();
  Asked asked{{cluster_, cluster_.classes.ClassOfPending(*pod.Build())}, nullptr, {}};
  asked.state = plugin_->NewState(asked.context);
  asked.prefilter = plugin_->PreFilter(asked.context, *asked.state);
  return asked;
}

framework::PreFilterResult PluginHarness::PreFilter(const PodBuilder& pod) {
  return Ask(pod).prefilter;
}

std::vector<std::string> PluginHarness::Passing(const PodBuilder& pod) {
  Asked asked = Ask(pod);
  framework::NodeMask nodes = cluster_.nodes.alive();
  if (asked.prefilter.nodes) nodes.And(*asked.prefilter.nodes);
  if (asked.prefilter.status.ok()) plugin_->Filter(asked.context, *asked.state, nodes);
  std::vector<std::string> names;
  nodes.ForEach([&](NodeIndex row) { names.push_back(cluster_.nodes.Name(row)); });
  std::ranges::sort(names);
  return names;
}

std::string PluginHarness::Explain(const PodBuilder& pod, const std::string& node) {
  const Asked asked = Ask(pod);
  const auto status = plugin_->Explain(asked.context, *asked.state, *cluster_.nodes.Find(node));
  std::string text(framework::Name(status.code));
  const char* separator = ": ";
  for (const auto reason : status.reasons) {
    text += separator + std::string(reason);
    separator = ", ";
  }
  return text;
}

std::vector<framework::Remedy> PluginHarness::Advise(const PodBuilder& pod) {
  const Asked asked = Ask(pod);
  framework::NodeMask kept = cluster_.nodes.alive();
  plugin_->Filter(asked.context, *asked.state, kept);
  framework::NodeMask rejected = cluster_.nodes.alive();
  rejected.AndNot(kept);
  return plugin_->Advise(asked.context, *asked.state, rejected);
}

framework::Status PluginHarness::PreScore(const PodBuilder& pod) {
  const Asked asked = Ask(pod);
  return plugin_->PreScore(asked.context, *asked.state, cluster_.nodes.alive());
}

ScoresByNode PluginHarness::ByNode(const scoring::Column<std::int64_t>& scores) {
  ScoresByNode by_node;
  cluster_.nodes.alive().ForEach(
      [&](NodeIndex row) { by_node[cluster_.nodes.Name(row)] = scores[row]; });
  return by_node;
}

ScoresByNode PluginHarness::RawScores(const PodBuilder& pod) {
  const Asked asked = Ask(pod);
  const auto& nodes = cluster_.nodes.alive();
  if (!plugin_->PreScore(asked.context, *asked.state, nodes).ok()) return {};
  scoring::Column<std::int64_t> scores(nodes.size());
  plugin_->Score(asked.context, *asked.state, nodes, {scores.data(), scores.size()});
  return ByNode(scores);
}

ScoresByNode PluginHarness::Scores(const PodBuilder& pod) {
  const Asked asked = Ask(pod);
  const auto& nodes = cluster_.nodes.alive();
  if (!plugin_->PreScore(asked.context, *asked.state, nodes).ok()) return {};
  scoring::Column<std::int64_t> scores(nodes.size());
  plugin_->Score(asked.context, *asked.state, nodes, {scores.data(), scores.size()});
  const auto normalization = plugin_->Normalize();
  const bool reverse = normalization == Normalization::kByMaxReverse;
  const std::int64_t max = scoring::MinMaxOf(scores.data(), nodes.words(), nodes.word_count()).max;
  if (normalization == Normalization::kOwn) {
    plugin_->NormalizeScores(asked.context, *asked.state, nodes, {scores.data(), scores.size()});
  } else if (normalization != Normalization::kNone && max > 0) {
    scoring::NormalizeByMax(max, reverse, nodes.words(), nodes.word_count(), scores.data());
  } else if (reverse) {
    scores.Fill(100);
  }
  return ByNode(scores);
}

}  // namespace berth::support
