#include "plugins/noderesources/balanced_allocation.h"

#include <algorithm>

#include "plugins/noderesources/resource_terms.h"
#include "scoring/kernels.h"
#include "scoring/kernels_scalar.h"

namespace berth::plugins {
namespace {

using framework::PodContext;

struct State final : framework::PluginState {
  std::vector<ScoredResource> scored;
  bool asks_for_any = false;
};

std::vector<ScoredResource> Scored(const PodContext& context,
                                   const std::vector<config::ResourceSpec>& resources) {
  return ScoredResources(resources, context.pod.requests, context);
}

}  // namespace

void BalancedAllocation::AppendKey(const PodContext& context, std::string& key) const {
  plugins::AppendKey(Scored(context, args_.resources), key);
}

std::unique_ptr<framework::PluginState> BalancedAllocation::NewState(
    const PodContext& context) const {
  auto state = std::make_unique<State>();
  state->scored = Scored(context, args_.resources);
  state->asks_for_any = std::ranges::any_of(
      state->scored, [](const ScoredResource& resource) { return resource.request != 0; });
  return state;
}

framework::Status BalancedAllocation::PreScore(const PodContext&,
                                               framework::PluginState& plugin_state,
                                               const framework::NodeMask&) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.asks_for_any) return {framework::Code::kSkip, {}};
  return {};
}

void BalancedAllocation::Score(const PodContext& context, framework::PluginState& plugin_state,
                               const framework::NodeMask& nodes,
                               std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto terms = Terms(state.scored, context, UsedColumn::kRequested);
  scoring::BalancedAllocation(terms, nodes.words(), nodes.word_count(), out.data());
}

void BalancedAllocation::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                                    std::span<const framework::NodeIndex> nodes,
                                    std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto terms = Terms(state.scored, context, UsedColumn::kRequested);
  std::ranges::transform(nodes, scores.begin(), [&](framework::NodeIndex node) {
    return scoring::scalar::BalancedAllocationRow(terms, node);
  });
}

std::optional<scoring::BoundPart> BalancedAllocation::BoundOf(
    const PodContext& context, framework::PluginState& plugin_state) const {
  const auto& state = static_cast<const State&>(plugin_state);
  auto terms = BoundTerms(state.scored, context.nodes(), UsedColumn::kRequested);
  if (terms.size() != 2) return std::nullopt;
  return scoring::BoundPart{scoring::BoundPart::Kind::kBalancedAllocation, std::move(terms)};
}

}  // namespace berth::plugins
