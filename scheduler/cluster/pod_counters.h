// Topology counters, first half: how many pods of a kind are on each node, kept up to date as pods
// come and go, so that no cycle ever walks the pods.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/base/interner.h"
#include "scheduler/cluster/bounded_log.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/pod_matcher.h"
#include "scheduler/cluster/sparse_array.h"

namespace berth::cluster {

// A distinct (namespace, label set, terminating or not) of pods on nodes: all that a counter
// looks at.
using PodKindId = std::uint32_t;

struct PodKind {
  Symbol namespace_name;
  LabelSetId labels;
  bool terminating;
};

// What a counter counts: pods that match every matcher.
struct CountedPods {
  std::vector<PodMatcher> all_of;
  bool skip_terminating = false;
};

// The pods of one CountedPods on each node, with a log of the changes for sums over domains.
class PodCounter {
 public:
  struct Change {
    NodeIndex node;
    std::int32_t delta;
  };

  std::int32_t At(NodeIndex row) const { return counts_[row]; }
  // All of them for kernels; nullptr while pods are on few nodes.
  const std::int32_t* table() const { return counts_.table(); }

  // Calls visit(NodeIndex, pods) for every node that has any.
  template <typename Visit>
  void ForEachCounted(Visit&& visit) const {
    for (const NodeIndex row : counts_.touched()) {
      if (const std::int32_t pods = counts_[row]; pods != 0) visit(row, pods);
    }
  }

  const BoundedLog<Change>& log() const { return log_; }

 private:
  friend class PodCounters;
  void Add(NodeIndex row, std::int32_t delta);

  CountedPods counted_;
  SparseArray<std::int32_t> counts_;
  BoundedLog<Change> log_;
};

// All counters and all kinds of pods. Namespace labels play no part here: the terms that count pods
// already carry their namespaces by name. Not thread-safe.
class PodCounters {
 public:
  PodCounters(const base::Interner& symbols, const LabelSets& label_sets)
      : symbols_(symbols), label_sets_(label_sets) {}

  PodKindId KindOf(const PodKind& kind);

  // The counter for `counted`, made and filled from the pods there are when it is new. The
  // reference stays valid.
  const PodCounter& Get(CountedPods counted);

  void Resize(std::size_t rows);
  void AddPod(PodKindId kind, NodeIndex row) { Change(kind, row, 1); }
  void RemovePod(PodKindId kind, NodeIndex row) { Change(kind, row, -1); }

 private:
  struct KindState {
    PodKind kind;
    std::vector<std::uint32_t> counters;                       // that count it
    boost::unordered_flat_map<NodeIndex, std::int32_t> nodes;  // pods of the kind by node
  };
  // Numbers of kinds or counters by a label.
  using ByLabel = boost::unordered_flat_map<std::uint64_t, std::vector<std::uint32_t>>;

  bool Counts(const PodCounter& counter, const PodKind& kind) const;
  void FindCounters(KindState& state);
  void FindPods(std::uint32_t id);
  void CountKind(std::uint32_t id, KindState& state);
  void Change(PodKindId kind, NodeIndex row, std::int32_t delta);

  const base::Interner& symbols_;
  const LabelSets& label_sets_;
  std::size_t rows_ = 0;
  base::Interner counter_keys_;
  std::deque<PodCounter> counters_;
  // Most counters count pods with a certain label: only kinds with that label are held against
  // them.
  ByLabel counters_by_label_;
  std::vector<std::uint32_t> other_counters_;
  base::Interner kind_keys_;
  std::deque<KindState> kinds_;
  ByLabel kinds_by_label_;
};

}  // namespace berth::cluster
