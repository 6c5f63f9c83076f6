// Why a pod goes where it goes, or nowhere: an answer that stands alone. Plain values with names
// from the input; nothing points into the cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/framework/remedy.h"
#include "scheduler/framework/status.h"

namespace berth::explain {

// A plugin at Score.
struct Scorer {
  std::string plugin;
  std::int64_t weight = 1;
  bool skipped = false;  // nodes were scored, and it had nothing to say of this pod
};

struct PluginScore {
  std::string plugin;
  std::int64_t raw = 0;         // as the plugin gives it
  std::int64_t normalized = 0;  // 0..100
  std::int64_t weighted = 0;    // what goes into the total
};

struct ScoredNode {
  std::string node;
  std::size_t rank = 0;  // 1 is the best; nodes with equal totals share one
  std::int64_t total = 0;
  std::vector<PluginScore> scores;  // of the scorers that did not skip, in their order
};

enum class DecidedBy : std::uint8_t {
  kScore,       // one node has the highest total
  kTie,         // several have; the tie rule chose
  kOnlyNode,    // one node was left: kube-scheduler does not score it
  kNomination,  // the node that the pod is nominated to fits: no other is looked at
};

struct Choice {
  std::string node;
  DecidedBy by = DecidedBy::kScore;
  std::int64_t total = 0;
  std::vector<std::string> tied;  // of kTie: all nodes with the highest total
  // Of kScore: the next best node, and by how much each plugin puts the chosen one above it (or,
  // below 0, under it), the largest difference first; those without any are left out.
  std::optional<ScoredNode> runner_up;
  std::vector<std::pair<std::string, std::int64_t>> margins;
};

struct Verdict {
  std::string plugin;
  framework::Code code = framework::Code::kSuccess;
  std::vector<std::string> reasons;
};

// See framework::Remedy.
struct Remedy {
  std::vector<framework::Obstacle> obstacles;
  std::vector<std::string> nodes;
};

// Nodes on which the same plugin was the first to say no, in the same words.
struct RejectedGroup {
  Verdict verdict;
  std::vector<std::string> nodes;  // in the order of the input
  std::vector<Remedy> remedies;    // the easiest first
};

struct Victim {
  std::string pod;  // namespace/name
  std::int32_t priority = 0;
  bool violates_budget = false;  // a PodDisruptionBudget would rather keep it
};

struct Preemption {
  std::string node;             // empty: it would not help
  std::vector<Victim> victims;  // who would leave the node, the most important first
  std::string message;          // why there is no such node, in kube-scheduler's words
};

struct FilterVerdict {
  Verdict verdict;
  bool skipped = false;
  std::vector<Remedy> remedies;
};

// One node under every filter.
struct NodeReport {
  std::string node;
  bool feasible = false;
  bool sampled_out = false;               // it fits, but enough others were found before it
  std::vector<std::string> narrowed_by;   // PreFilter plugins that leave other nodes only
  std::vector<FilterVerdict> filters;     // empty where a PreFilter rejects the pod
  std::optional<Verdict> with_nominated;  // who says no once pods nominated there are counted
  // Its scores; if it is not feasible those that it would have beside the feasible nodes.
  std::optional<ScoredNode> scores;
};

// Where a pod runs now, as if it were placed anew.
struct CurrentNode {
  std::string node;
  std::optional<ScoredNode> scores;  // of a feasible node that was scored
  bool sampled_out = false;
  Verdict rejection;  // of a node that is not feasible
};

struct Explanation {
  std::string pod;  // namespace/name
  std::int32_t priority = 0;
  std::string scheduler_name;
  std::optional<CurrentNode> current;  // of a pod that runs: it was taken off its node first
  std::string nominated_node;          // where the pod is nominated, or empty
  bool is_leaving = false;             // it has a deletion timestamp: no scheduler would place it

  std::optional<Verdict> held_back;  // by a PreEnqueue plugin; the rest is as if it were not
  std::string error;                 // the attempt failed rather than found no node
  std::optional<Verdict> prefilter;  // the pod was rejected before any node was looked at

  std::size_t nodes = 0;     // all there are
  std::size_t feasible = 0;  // that pass every filter
  std::size_t scored = 0;    // of them, those in the sample: all where nothing is sampled
  std::optional<std::int32_t> percentage_of_nodes_to_score;  // unset: no sampling

  std::optional<Choice> choice;
  std::vector<Scorer> scorers;
  std::vector<ScoredNode> ranking;      // every scored node, the best first
  std::vector<RejectedGroup> rejected;  // the largest first
  std::string message;  // of a pod that fits nowhere: "0/3 nodes are available: ..."
  std::optional<Preemption>
      preemption;                  // of a pod that fits nowhere, if the profile has PostFilter
  std::optional<NodeReport> node;  // if one was asked about
};

}  // namespace berth::explain
