// What one scheduling cycle knows as it goes. Internal to the folder.
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <string>
#include <vector>

#include "scheduler/base/check.h"
#include "scheduler/cycle/scheduling_algorithm.h"

namespace berth::cycle {

struct SchedulingAlgorithm::Cycle {
  Cycle(cluster::Cluster& cluster, framework::ProfileRuntime& runtime,
        const cluster::PodClass& pod_class, Masks& masks, const api::Pod* itself = nullptr)
      : context{cluster, pod_class},
        profile(runtime),
        plan(runtime.PlanFor(context)),
        pod(itself),
        narrowed(masks.narrowed),
        feasible(masks.feasible),
        best(masks.best) {}

  framework::CachedState& StateOf(const framework::ActivePlugin& active) {
    BERTH_DCHECK(plan.states[active.slot] != nullptr);
    return *plan.states[active.slot];
  }
  bool SkipsFilter(const framework::ActivePlugin& active) const {
    return plan.IsIdle(active.slot) ||
           std::ranges::find(skipped_filters, active.slot) != skipped_filters.end();
  }
  // Looks at no others from now on.
  void Give(const scoring::NodeMask& nodes) {
    narrowed = nodes;
    narrowed.And(context.nodes().alive());
    is_given = true;
  }
  bool IsNarrowed() const { return is_given || !narrowing_plugins.empty(); }
  // The nodes left by PreFilter, of those that are given.
  const scoring::NodeMask& Candidates() const {
    return IsNarrowed() ? narrowed : context.nodes().alive();
  }
  const scoring::NodeMask& Feasible() const {
    BERTH_DCHECK(!feasible_is_steady || steady != nullptr);
    return feasible_is_steady ? steady->feasible() : feasible;
  }

  framework::PodContext context;
  framework::ProfileRuntime& profile;
  framework::ClassPlan& plan;
  const api::Pod* pod;  // may be null: a pod that is nominated nowhere

  scoring::NodeMask& narrowed;
  bool is_given = false;      // the caller has chosen the nodes
  bool needs_totals = false;  // of every node, not only of the best
  boost::container::small_vector<std::size_t, 16> skipped_filters;
  std::vector<std::string> narrowing_plugins;
  framework::Status rejection;
  std::string rejecting_plugin;

  framework::SteadyColumns* steady =
      nullptr;                              // up to date; null: everything is computed from nothing
  framework::NodeGroups* groups = nullptr;  // up to date; null: node by node
  bool feasible_is_steady = false;          // no filter took a node away from the steady ones
  scoring::NodeMask& feasible;              // unless feasible_is_steady
  std::size_t feasible_count = 0;
  std::size_t start = 0;  // where the list of feasible nodes begins in the node list

  scoring::NodeMask& best;
  std::int64_t highest = 0;       // the total of the best nodes, without `bias`
  std::int64_t bias = 0;          // what every node gets alike
  bool totals_are_empty = false;  // and no score was added at all
  bool totals_are_steady = true;  // no score was added to the steady ones
  // Plugins whose upper bounds are summed in the place of their scores.
  boost::container::small_vector<const framework::ActivePlugin*, 4> bounded;
  boost::container::small_vector<scoring::BoundPart, 2> bounds;  // of these
  std::vector<PluginScores>* detail = nullptr;  // if set, gets the scores of each plugin
  bool asks_extenders = false;
};

}  // namespace berth::cycle
