#include "tests/remote/plugin_asker.h"

#include <algorithm>

#include "scoring/column.h"

namespace berth::remote {

using framework::Code;
using framework::NodeIndex;

framework::PluginState& PluginAsker::StateOf(const framework::PodContext& context) {
  auto& state = states_[context.pod.id];
  if (state == nullptr) state = plugin_.NewState(context);
  return *state;
}

void PluginAsker::Score(const framework::PodContext& context, framework::PluginState& state,
                        const framework::NodeMask& nodes, Asked& asked) {
  if (!plugin_.PreScore(context, state, nodes).ok()) return;
  scoring::Column<std::int64_t> scores(nodes.size());
  scores.Fill(0);
  const std::span column(scores.data(), nodes.word_count() * scoring::kRowsPerWord);
  plugin_.Score(context, state, nodes, column);
  if (plugin_.Normalize() == framework::Normalization::kOwn) {
    plugin_.NormalizeScores(context, state, nodes, column);
  }
  nodes.ForEach([&](NodeIndex row) { asked.scores[cluster_.nodes.Name(row)] = scores[row]; });
}

Asked PluginAsker::Ask(const api::Pod& pod) {
  cluster_.BeginCycle();
  const framework::PodContext context{cluster_, cluster_.classes.ClassOfPending(pod)};
  framework::PluginState& state = StateOf(context);
  Asked asked;
  asked.prefilter = plugin_.PreFilter(context, state).status;
  framework::NodeMask nodes = cluster_.nodes.alive();
  if (asked.prefilter.code == Code::kError) return asked;
  if (asked.prefilter.ok()) plugin_.Filter(context, state, nodes);
  nodes.ForEach([&](NodeIndex row) { asked.passing.push_back(cluster_.nodes.Name(row)); });
  std::ranges::sort(asked.passing);
  if (nodes.Any()) Score(context, state, nodes, asked);
  framework::NodeMask rejected = cluster_.nodes.alive();
  rejected.AndNot(nodes);
  if (!rejected.Any()) return asked;
  const auto rejections = plugin_.ExplainAll(context, state, rejected);
  for (const auto& [status, rows] : rejections.groups()) {
    rows.ForEach([&](NodeIndex row) {
      std::string words(framework::Name(status.code));
      for (const auto reason : status.reasons) words += ": " + std::string(reason);
      asked.rejected[cluster_.nodes.Name(row)] = words;
    });
  }
  return asked;
}

}  // namespace berth::remote
