// One scheduling cycle: from a pod and a cluster to a node, or to the reason why there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/random.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/diagnosis.h"
#include "scheduler/cycle/extender.h"
#include "scheduler/cycle/extender_outcome.h"
#include "scheduler/cycle/given_nodes.h"
#include "scheduler/cycle/inspection.h"
#include "scheduler/cycle/preemption.h"
#include "scheduler/cycle/ranked_pods.h"
#include "scheduler/cycle/stage_timer.h"
#include "scheduler/cycle/tie_breaker.h"
#include "scheduler/cycle/victims.h"
#include "scheduler/framework/profile_runtime.h"
#include "scoring/column.h"

namespace berth::cycle {

struct AlgorithmOptions {
  // Unset: every node is filtered and scored. 0: kube-scheduler's adaptive sample. 1..100: as
  // there.
  std::optional<std::int32_t> percentage_of_nodes_to_score;
  TieBreak tie_break = TieBreak::kKube;
  std::uint64_t seed = 0;  // for TieBreak::kRandom, and for where a preemption begins to look
  StageObserver* stages = nullptr;  // outlives the algorithm; may be null
  // Who else is asked about pods, where the pod itself is given; outlives the algorithm, may be
  // null.
  const Extenders* extenders = nullptr;
};

enum class Outcome : std::uint8_t { kChosen, kUnschedulable, kError };

struct Decision {
  Outcome outcome = Outcome::kUnschedulable;
  framework::NodeIndex node = 0;  // of kChosen
  std::int64_t total = 0;         // of kChosen: its score; 0 for a lone feasible node
  std::size_t feasible = 0;       // nodes that passed every filter (of those looked at)
  std::size_t best_count = 0;     // how many of them share the highest total
  bool by_groups = false;         // whether nodes were looked at in groups that are alike
  bool by_nomination = false;     // the pod's nominated node fits: no other was looked at
  std::string error;              // of kError
};

// The scores of one plugin, one a node; right on feasible rows. Those of an extender come behind
// those of the plugins, under its address; it has nothing to normalise.
struct PluginScores {
  std::string_view plugin;
  std::int64_t weight;
  scoring::Column<std::int64_t> raw;
  scoring::Column<std::int64_t> normalized;  // 0..100
  scoring::Column<std::int64_t> scores;      // normalised and weighted
};

// Which nodes are scored to be looked at.
struct ScoreScope {
  bool sampled = false;                      // only those that the next Schedule would score
  std::optional<framework::NodeIndex> also;  // this one too, as if it were feasible
};

struct Scores {
  scoring::NodeMask feasible;
  scoring::NodeMask best;             // feasible nodes with the highest total
  std::vector<PluginScores> plugins;  // without those that skipped
  scoring::Column<std::int64_t> totals;
};

// Runs PreFilter, Filter, PreScore, Score and Normalize of a profile over all nodes at once and
// chooses. One algorithm serves all profiles (they share the start index of the sampling). A cycle
// changes nothing in the cluster: the caller adds the pod to the chosen node. Not thread-safe.
class SchedulingAlgorithm {
 public:
  SchedulingAlgorithm(cluster::Cluster& cluster, const AlgorithmOptions& options)
      : cluster_(cluster),
        options_(options),
        tie_breaker_(options.tie_break, options.seed),
        random_(options.seed) {}

  // `itself` is the pod whose class it is: its own nomination is tried first and does not stand in
  // its way. It may be null for a pod that is nominated nowhere.
  Decision Schedule(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                    const api::Pod* itself = nullptr);

  // Looks again at the pod of the last Schedule, which must not have been placed yet: which nodes
  // were rejected by whom and why. Every node is looked at, whatever the sampling. Extenders are
  // not asked again: what they said in that Schedule counts.
  Diagnosis Diagnose(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                     const api::Pod* itself = nullptr);

  // The same for the scores of every feasible node; empty if there is none.
  Scores ExplainScores(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                       const api::Pod* itself = nullptr, const ScoreScope& scope = {});

  // Asks the extenders about the pod as Schedule would, for a Diagnose or an ExplainScores that
  // comes before it.
  void AskExtenders(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                    const api::Pod& itself);

  // What every filter says of one node, whoever says no first: inspection.cc.
  NodeInspection Inspect(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                         const api::Pod* itself, framework::NodeIndex node);

  // What the filter `plugin` would want changed on those of `nodes` that it rejects.
  std::vector<framework::Remedy> Advise(framework::ProfileRuntime& profile,
                                        const cluster::PodClass& pod, std::string_view plugin,
                                        framework::NodeMask nodes);

  // Runs the PostFilter plugins for a pod that fits nowhere: which pods could leave for it. No pod
  // does; what the pod itself has to give up for another try it gives up only if that is to be
  // carried out.
  PostFilterResult PostFilter(framework::ProfileRuntime& profile,
                              const cluster::PodClass& pod_class, const api::Pod& pod,
                              const Diagnosis& diagnosis, bool carry_out = false);

  // ---- For somebody else who schedules and asks about nodes of its choice: given_nodes.cc ----
  // All make a cycle of their own; the pod's own nomination is not tried first.

  FilteredNodes FilterNodes(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                            const api::Pod* itself, const scoring::NodeMask& nodes);
  // Normalised over the given nodes, whether the filters would pass them or not.
  ScoredNodes ScoreNodes(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                         const api::Pod* itself, const scoring::NodeMask& nodes);
  // For each departure whether the pod would then fit on that node.
  std::vector<bool> FitsAfter(framework::ProfileRuntime& profile, const cluster::PodClass& pod,
                              const api::Pod* itself, std::span<const Departure> departures);

 private:
  struct Cycle;

  // Whether a filter may fail for such a pod and not merely say no: it has claims, or resources
  // that may stand for devices.
  static bool MayFail(const cluster::PodClass& pod);

  // False if a plugin rejected the pod.
  bool RunPreFilter(Cycle& cycle);
  // From nothing: every filter over the candidates.
  void FilterAll(Cycle& cycle);
  // From the steady columns: only the filters that change with every pod.
  void FilterChanging(Cycle& cycle);
  // How many feasible nodes are wanted; nothing for all of them.
  std::optional<std::size_t> SampleSize(const Cycle& cycle, std::size_t candidates) const;
  void Sample(Cycle& cycle);
  // Of the first node, in their order, on which a filter failed; "" if there is none.
  std::string FilterError(Cycle& cycle);

  // What holds for nodes that PreFilter has narrowed away.
  static std::string NarrowedReason(const Cycle& cycle);
  // Which candidates each filter rejects, and why.
  void DiagnoseFilters(framework::NodeMask left, const std::vector<framework::NodeIndex>& contested,
                       Cycle& cycle, Diagnosis& diagnosis);
  // given_nodes.cc
  void UseSteady(Cycle& cycle);
  void FilterGiven(Cycle& cycle);

  // Nominated pods: contested_nodes.cc. Contested nodes are those to which pods are nominated that
  // go before this one; a pod fits there only if it does both with and without them.
  std::vector<framework::NodeIndex> ContestedNodes(const Cycle& cycle) const;
  void FilterContested(const std::vector<framework::NodeIndex>& nodes, Cycle& cycle);
  void DiagnoseContested(const std::vector<framework::NodeIndex>& nodes, Cycle& cycle,
                         Diagnosis& diagnosis);
  // Whether the pod has a nominated node that fits: then it is the only feasible one.
  bool TakeNominatedNode(Cycle& cycle);

  // Extenders: scheduling_with_extenders.cc. None of it happens to a pod that none of them is
  // interested in.
  bool HasInterestedExtender(const api::Pod* pod) const;
  // The same as TakeNominatedNode, if the extenders let the pod on the node.
  bool TakeNominatedNodeWithExtenders(Cycle& cycle);
  std::vector<ExtenderNode> FeasibleInOrder(const Cycle& cycle) const;
  // Takes away what they refuse. The text of an error that counts, or "".
  std::string FilterByExtenders(const api::Pod& pod, std::vector<ExtenderNode>& nodes);
  void KeepOnly(std::span<const ExtenderNode> nodes, Cycle& cycle);
  // What is left of a cycle once the plugins have filtered.
  void ChooseWithExtenders(Cycle& cycle, StageTimer& timer, Decision& decision);
  // The scores of all plugins, in totals_ or the steady columns: see Totals.
  std::string ScoreForExtenders(std::span<const ExtenderNode> nodes, Cycle& cycle);
  const std::int64_t* Totals(const Cycle& cycle) const;
  void PrioritizeByExtenders(const api::Pod& pod, std::span<const ExtenderNode> nodes);
  framework::NodeIndex ChooseAmong(std::span<const ExtenderNode> nodes, Cycle& cycle);
  void AddExtenderRejections(Diagnosis& diagnosis) const;
  void AddExtenderScores(Cycle& cycle);
  // "" or why preemption ends here; candidates may become fewer or have other victims.
  std::string AskExtendersToPreempt(const api::Pod& pod, std::vector<Candidate>& candidates);

  // Nodes that extenders have handed back have no pods: scoring_returned_nodes.cc.
  std::string ScoreReturnedNodes(std::span<const ExtenderNode> nodes, Cycle& cycle);

  // preemption.cc
  PostFilterResult Preempt(const config::DefaultPreemptionArgs& args,
                           framework::ProfileRuntime& profile, const cluster::PodClass& pod_class,
                           const api::Pod& pod, const Diagnosis& diagnosis);

  // Leaves the nodes with the highest total in cycle.best. An error text, or "".
  std::string FindBest(Cycle& cycle);
  std::string ScoreAll(Cycle& cycle);
  std::string ScoreChanging(Cycle& cycle);
  std::string PreScore(const framework::ActivePlugin& active, Cycle& cycle, bool& skipped);
  std::string AddScore(const framework::ActivePlugin& active, Cycle& cycle);
  // Begins the detail of a plugin's scores.
  void KeepRaw(const framework::ActivePlugin& active, const std::int64_t* raw, Cycle& cycle);
  void AddNormalized(const framework::ActivePlugin& active, const std::int64_t* raw, Cycle& cycle);
  void AddToTotals(const framework::ActivePlugin& active, const std::int64_t* scores, Cycle& cycle);
  void AddConstant(const framework::ActivePlugin& active, std::int64_t score, Cycle& cycle);

  // The same with bounds in the place of some scores: scheduling_by_bounds.cc.
  bool TakeBounds(const framework::ActivePlugin& active, Cycle& cycle);
  float SumBounds(scoring::Bound bound, const scoring::NodeMask& nodes, const Cycle& cycle,
                  scoring::Column<float>& out) const;
  void FindBestByBounds(Cycle& cycle);
  void SplitByLowerBound(float limit, Cycle& cycle);
  std::int64_t KeepBest(Cycle& cycle, scoring::NodeMask& nodes);

  // The same with one score for many nodes: scheduling_by_cells.cc.
  bool AddScoreByCells(const framework::ActivePlugin& active, Cycle& cycle);
  void ChooseExamples(const Cycle& cycle);
  void AddCellsToTotals(std::int64_t weight, Cycle& cycle);

  // The same by groups of nodes: scheduling_by_groups.cc.
  bool AddTraits(Cycle& cycle, framework::Traits& traits);
  void RefreshGroups(Cycle& cycle);
  void FilterGroups(Cycle& cycle);
  void ScoreGroups(const framework::ActivePlugin& active, Cycle& cycle);
  // In place, group_scores_ of group_nodes_, which stand for all feasible nodes.
  void NormalizeExamples(const framework::ActivePlugin& active, Cycle& cycle);
  std::string FindBestByGroups(Cycle& cycle);

  cluster::Cluster& cluster_;
  AlgorithmOptions options_;
  TieBreaker tie_breaker_;
  base::Random random_;
  std::size_t next_start_ = 0;
  RankedPods ranked_pods_;
  ExtenderOutcome extended_;  // of the last Schedule
  // Kept from cycle to cycle for their memory.
  struct Masks {
    scoring::NodeMask narrowed;
    scoring::NodeMask feasible;
    scoring::NodeMask best;
  };
  Masks masks_;
  scoring::Column<std::int64_t> totals_;
  scoring::Column<std::int64_t> raw_;
  scoring::Column<std::int64_t> normalized_;
  scoring::Column<float> upper_;  // bounds of totals
  scoring::Column<float> lower_;
  scoring::NodeMask unsure_;
  std::vector<const framework::NodeGroups::Group*> kept_groups_;
  std::vector<framework::NodeIndex> group_nodes_;  // one of each kept group or cell
  std::vector<std::int64_t> group_scores_;
  std::vector<std::int64_t> group_totals_;
  framework::CellScores cell_scores_;
  std::vector<std::size_t> example_cells_;  // of the first of group_nodes_
};

}  // namespace berth::cycle
