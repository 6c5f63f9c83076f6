#include "plugins/noderesources/fit.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "plugins/noderesources/resource_terms.h"
#include "scheduler/api/object_text.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/wrapping.h"
#include "scoring/kernels.h"
#include "scoring/kernels_scalar.h"

namespace berth::plugins {
namespace {

using config::ScoringStrategyType;
using framework::Code;
using framework::NodeIndex;
using framework::PodContext;

constexpr std::string_view kTooManyPods = "Too many pods";

struct Wanted {
  cluster::ResourceId resource;
  std::int64_t amount;
  std::string reason;  // "Insufficient cpu"
  bool delegated;      // nodes that have none of it may have devices instead
};

struct State final : framework::PluginState {
  std::vector<Wanted> wanted;  // more than 0 of each; in the order in which failures are told
  std::vector<ScoredResource> scored;
};

// The piecewise linear function through the points of a shape, with its scores stretched to 0..100.
// Integer arithmetic that truncates toward zero, slopes may fall.
std::int64_t ShapeValue(const std::vector<config::UtilizationShapePoint>& shape,
                        std::int64_t utilization) {
  constexpr std::int64_t kStretch = 10;
  if (shape.empty()) return 0;
  if (utilization <= shape.front().utilization) return shape.front().score * kStretch;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    const std::int64_t x0 = shape[i - 1].utilization;
    const std::int64_t x1 = shape[i].utilization;
    if (utilization > x1) continue;
    const std::int64_t y0 = shape[i - 1].score * kStretch;
    const std::int64_t y1 = shape[i].score * kStretch;
    return y0 + (y1 - y0) * (utilization - x0) / (x1 - x0);
  }
  return shape.back().score * kStretch;
}

std::vector<ScoredResource> Scored(const PodContext& context,
                                   const config::ScoringStrategy& strategy) {
  return ScoredResources(strategy.resources, context.pod.scored_requests, context);
}

bool IsLeftToDevices(const Wanted& wanted, const cluster::NodeTable& nodes, NodeIndex node) {
  return wanted.delegated && nodes.allocatable(wanted.resource)[node] <= 0;
}

// Clears the nodes that have too little left.
void KeepWith(const Wanted& wanted, const cluster::NodeTable& table, framework::NodeMask& nodes) {
  framework::NodeMask before;
  if (wanted.delegated) before = nodes;
  scoring::FitRows(table.allocatable(wanted.resource).data(),
                   table.requested(wanted.resource).data(), wanted.amount, nodes.word_count(),
                   nodes.words());
  if (!wanted.delegated) return;
  before.AndNot(nodes);
  before.ForEach([&](NodeIndex node) {
    if (IsLeftToDevices(wanted, table, node)) nodes.Set(node);
  });
}

std::int64_t Free(const cluster::NodeTable& nodes, cluster::ResourceId id, NodeIndex node) {
  return base::WrapSub(nodes.allocatable(id)[node], nodes.requested(id)[node]);
}

// ---- Advice ----

// What one node lacks of one resource. kPods is no resource of the cluster's.
constexpr cluster::ResourceId kPods = cluster::ResourceNames::kNoResource;
struct Lack {
  cluster::ResourceId resource;
  std::int64_t requested;
  std::int64_t free;  // below 0 where the node is overcommitted
  std::int64_t allocatable;
  std::int64_t missing;  // above 0
};

// Nothing where amounts are so large that the numbers wrap.
std::optional<std::vector<Lack>> LacksOf(const State& state, const cluster::NodeTable& table,
                                         NodeIndex node) {
  std::vector<Lack> lacks;
  const auto add = [&](cluster::ResourceId id, std::int64_t requested, std::int64_t allocatable,
                       std::int64_t used) {
    Lack lack{id, requested, 0, allocatable, 0};
    if (__builtin_sub_overflow(allocatable, used, &lack.free)) return false;
    if (__builtin_sub_overflow(requested, lack.free, &lack.missing)) return false;
    if (lack.missing > 0) lacks.push_back(lack);
    return true;
  };
  if (!add(kPods, 1, table.allowed_pods()[node], table.pod_count()[node])) return std::nullopt;
  for (const Wanted& wanted : state.wanted) {
    if (IsLeftToDevices(wanted, table, node)) continue;
    if (!add(wanted.resource, wanted.amount, table.allocatable(wanted.resource)[node],
             table.requested(wanted.resource)[node])) {
      return std::nullopt;
    }
  }
  return lacks;
}

// How far the pod is from fitting: the largest share of a request that is missing.
double Distance(const std::vector<Lack>& lacks) {
  double distance = 0;
  for (const Lack& lack : lacks) {
    distance =
        std::max(distance, static_cast<double>(lack.missing) / static_cast<double>(lack.requested));
  }
  return distance;
}

// The node that is closest to have room, of those that lack the same resources.
struct Closest {
  NodeIndex node = 0;
  double distance = 0;
  std::vector<Lack> lacks;
  std::vector<std::pair<std::int64_t, NodeIndex>> least;  // missing of each resource, anywhere
};

void Consider(NodeIndex node, std::vector<Lack> lacks, Closest& closest) {
  closest.least.resize(lacks.size(), {std::numeric_limits<std::int64_t>::max(), 0});
  for (std::size_t i = 0; i < lacks.size(); ++i) {
    if (lacks[i].missing < closest.least[i].first) closest.least[i] = {lacks[i].missing, node};
  }
  const double distance = Distance(lacks);
  if (!closest.lacks.empty() && distance >= closest.distance) return;
  closest.node = node;
  closest.distance = distance;
  closest.lacks = std::move(lacks);
}

framework::Obstacle NoRoomForPods(const Lack& lack, const std::string& node) {
  return {"the node takes " + std::to_string(lack.allocatable) + " pods and has " +
              std::to_string(lack.allocatable - lack.free),
          "take " + std::to_string(lack.missing) + " pod(s) off the node",
          {{"resource", "pods"},
           {"node", node},
           {"requested", "1"},
           {"free", std::to_string(lack.free)},
           {"allocatable", std::to_string(lack.allocatable)},
           {"missing", std::to_string(lack.missing)}}};
}

// An amount for people: many bytes in whole Mi, rounded away from what would be too good.
std::string ShownAmount(const std::string& name, std::int64_t amount, bool up) {
  constexpr std::int64_t kMi = std::int64_t{1} << 20;
  constexpr std::int64_t kMany = 100 * kMi;
  const bool in_bytes = name != "cpu" && api::AmountText(name, 1024) == "1Ki";
  if (!in_bytes || amount < kMany || amount % kMi == 0) return api::AmountText(name, amount);
  return std::to_string(amount / kMi + (up ? 1 : 0)) + "Mi";
}

std::string ShortfallText(const Lack& lack, const std::string& name) {
  std::string text = name + ": " + api::AmountText(name, lack.requested) + " requested, " +
                     ShownAmount(name, lack.free, false) +
                     " free: " + ShownAmount(name, lack.missing, true) + " missing";
  if (lack.requested <= lack.allocatable) return text;
  return text + " (the node has " + ShownAmount(name, lack.allocatable, false) + " in all)";
}

std::string ShortfallChange(const Lack& lack, const std::string& name) {
  const std::string missing = ShownAmount(name, lack.missing, true);
  std::string change = "request none";
  if (lack.free > 0) {
    change = "request at most " + ShownAmount(name, lack.free, false) + " (" + missing + " less)";
  }
  if (lack.requested > lack.allocatable) return change;
  return change + ", or free " + missing + " on the node";
}

framework::Obstacle ShortfallOf(const Lack& lack, const std::string& node,
                                const std::string& name) {
  return {ShortfallText(lack, name),
          ShortfallChange(lack, name),
          {{"resource", name},
           {"node", node},
           {"requested", api::AmountText(name, lack.requested)},
           {"free", api::AmountText(name, lack.free)},
           {"allocatable", api::AmountText(name, lack.allocatable)},
           {"missing", api::AmountText(name, lack.missing)}}};
}

framework::Remedy RemedyOf(const Closest& closest, const PodContext& context,
                           const framework::NodeMask& nodes) {
  const std::string& node = context.nodes().Name(closest.node);
  framework::Remedy remedy{{}, framework::NodeMask(nodes.size())};
  remedy.nodes.Set(closest.node);
  for (std::size_t i = 0; i < closest.lacks.size(); ++i) {
    const Lack& lack = closest.lacks[i];
    if (lack.resource == kPods) {
      remedy.obstacles.push_back(NoRoomForPods(lack, node));
      continue;
    }
    const std::string name(context.cluster.resources.Name(lack.resource));
    auto& obstacle = remedy.obstacles.emplace_back(ShortfallOf(lack, node, name));
    const auto& [least, where] = closest.least[i];
    if (least == lack.missing) continue;
    obstacle.facts.emplace_back("leastMissing", api::AmountText(name, least));
    obstacle.facts.emplace_back("leastMissingNode", context.nodes().Name(where));
  }
  return remedy;
}

}  // namespace

Fit::Fit(config::NodeResourcesFitArgs args) : args_(std::move(args)) {
  for (std::size_t utilization = 0; utilization < shape_.size(); ++utilization) {
    shape_[utilization] =
        ShapeValue(args_.scoring_strategy.shape, static_cast<std::int64_t>(utilization));
  }
}

bool Fit::IsIgnored(std::string_view resource) const {
  if (!cluster::IsExtendedResource(resource)) return false;
  const auto group = resource.substr(0, resource.find('/'));
  return std::ranges::find(args_.ignored_resources, resource) != args_.ignored_resources.end() ||
         std::ranges::find(args_.ignored_resource_groups, group) !=
             args_.ignored_resource_groups.end();
}

void Fit::AppendKey(const PodContext& context, std::string& key) const {
  for (const auto& [resource, amount] : context.pod.requests) {
    base::AppendKey(key, resource);
    base::AppendKey(key, amount);
    base::AppendKey(key, StandsForDevices(context, resource));
  }
  plugins::AppendKey(Scored(context, args_.scoring_strategy), key);
}

std::unique_ptr<framework::PluginState> Fit::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  for (const auto& [resource, amount] : context.pod.requests) {
    const std::string_view name = context.cluster.resources.Name(resource);
    if (amount <= 0 || IsIgnored(name)) continue;
    state->wanted.push_back({resource, amount, "Insufficient " + std::string(name),
                             StandsForDevices(context, resource)});
  }
  state->scored = Scored(context, args_.scoring_strategy);
  return state;
}

void Fit::Filter(const PodContext& context, framework::PluginState& plugin_state,
                 framework::NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const cluster::NodeTable& table = context.nodes();
  nodes.And(table.with_room());
  for (const Wanted& wanted : state.wanted) KeepWith(wanted, table, nodes);
}

framework::NodeStatus Fit::Explain(const PodContext& context,
                                   const framework::PluginState& plugin_state,
                                   NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const cluster::NodeTable& table = context.nodes();
  framework::NodeStatus status;
  bool unresolvable = false;
  if (!table.with_room().Test(node)) {
    status.reasons.push_back(kTooManyPods);
  }
  for (const Wanted& wanted : state.wanted) {
    if (Free(table, wanted.resource, node) >= wanted.amount) continue;
    if (IsLeftToDevices(wanted, table, node)) continue;
    status.reasons.push_back(wanted.reason);
    unresolvable |= wanted.amount > table.allocatable(wanted.resource)[node];
  }
  if (!status.reasons.empty()) {
    status.code = unresolvable ? Code::kUnschedulableAndUnresolvable : Code::kUnschedulable;
  }
  return status;
}

framework::Rejections Fit::ExplainAll(const PodContext& context,
                                      const framework::PluginState& plugin_state,
                                      const framework::NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const cluster::NodeTable& table = context.nodes();
  auto rejections = framework::Rejections::Of(nodes, {Code::kUnschedulable, {}});
  framework::NodeMask full = nodes;
  full.AndNot(table.with_room());
  rejections.AddReason(full, kTooManyPods);
  framework::NodeMask unresolvable(nodes.size());
  for (const Wanted& wanted : state.wanted) {
    framework::NodeMask with = nodes;
    KeepWith(wanted, table, with);
    framework::NodeMask lacking = nodes;
    lacking.AndNot(with);
    rejections.AddReason(lacking, wanted.reason);
    framework::NodeMask large_enough = nodes;
    scoring::FitRows(table.allocatable(wanted.resource).data(), table.zeros().data(), wanted.amount,
                     large_enough.word_count(), large_enough.words());
    lacking.AndNot(large_enough);
    unresolvable.Or(lacking);
  }
  rejections.SetCode(unresolvable, Code::kUnschedulableAndUnresolvable);
  return rejections;
}

// One remedy for each set of resources that nodes lack: the closest node, with all that it lacks.
std::vector<framework::Remedy> Fit::Advise(const PodContext& context,
                                           const framework::PluginState& plugin_state,
                                           const framework::NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::map<std::vector<cluster::ResourceId>, Closest> by_resources;
  nodes.ForEach([&](NodeIndex node) {
    auto lacks = LacksOf(state, context.nodes(), node);
    if (!lacks || lacks->empty()) return;
    std::vector<cluster::ResourceId> resources;
    for (const Lack& lack : *lacks) resources.push_back(lack.resource);
    Consider(node, *std::move(lacks), by_resources[resources]);
  });
  std::vector<framework::Remedy> remedies;
  for (const auto& [resources, closest] : by_resources) {
    remedies.push_back(RemedyOf(closest, context, nodes));
  }
  framework::SortByEase(remedies);
  return remedies;
}

void Fit::Score(const PodContext& context, framework::PluginState& plugin_state,
                const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto terms = Terms(state.scored, context, UsedColumn::kNonZeroRequested);
  switch (args_.scoring_strategy.type) {
    case ScoringStrategyType::kLeastAllocated:
      return scoring::LeastAllocated(terms, nodes.words(), nodes.word_count(), out.data());
    case ScoringStrategyType::kMostAllocated:
      return scoring::MostAllocated(terms, nodes.words(), nodes.word_count(), out.data());
    case ScoringStrategyType::kRequestedToCapacityRatio:
      return scoring::RequestedToCapacityRatio(terms, shape_.data(), nodes.words(),
                                               nodes.word_count(), out.data());
  }
}

void Fit::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                     std::span<const NodeIndex> nodes, std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto terms = Terms(state.scored, context, UsedColumn::kNonZeroRequested);
  const auto score = [&](NodeIndex node) {
    switch (args_.scoring_strategy.type) {
      case ScoringStrategyType::kLeastAllocated:
        return scoring::scalar::LeastAllocatedRow(terms, node);
      case ScoringStrategyType::kMostAllocated:
        return scoring::scalar::MostAllocatedRow(terms, node);
      case ScoringStrategyType::kRequestedToCapacityRatio:
        return scoring::scalar::RequestedToCapacityRatioRow(terms, shape_.data(), node);
    }
    return std::int64_t{0};
  };
  std::ranges::transform(nodes, scores.begin(), score);
}

std::optional<cluster::ResourceVector> Fit::RoomNeeded(
    const PodContext&, const framework::PluginState& plugin_state) const {
  const auto& state = static_cast<const State&>(plugin_state);
  cluster::ResourceVector needed;
  for (const Wanted& wanted : state.wanted) {
    if (wanted.delegated) return std::nullopt;  // depends on the node
    needed.Set(wanted.resource, wanted.amount);
  }
  return needed;
}

std::optional<scoring::BoundPart> Fit::BoundOf(const PodContext& context,
                                               framework::PluginState& plugin_state) const {
  if (args_.scoring_strategy.type != ScoringStrategyType::kLeastAllocated) return std::nullopt;
  const auto& state = static_cast<const State&>(plugin_state);
  auto terms = BoundTerms(state.scored, context.nodes(), UsedColumn::kNonZeroRequested);
  if (terms.empty()) return std::nullopt;
  return scoring::BoundPart{scoring::BoundPart::Kind::kLeastAllocated, std::move(terms)};
}

}  // namespace berth::plugins
