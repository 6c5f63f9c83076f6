// Dry runs of preemption where nothing but the room on a node matters.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <span>

#include "scheduler/cycle/ranked_pods.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::cycle {

// Most pods that preempt need room and nothing else that pods on a node could stand in the way of.
// Then a dry run is arithmetic: free amounts, and what each pod takes. The answers are those of
// WhatIf. Not thread-safe.
class RoomDryRun {
 public:
  // Nothing where another filter of the pod has to do with the pods on a node. `skipped` are slots
  // of plugins that passed in PreFilter; `nodes` those that will be asked about.
  static std::optional<RoomDryRun> Make(const framework::PodContext& context,
                                        framework::ProfileRuntime& profile,
                                        framework::ClassPlan& plan,
                                        std::span<const std::size_t> skipped,
                                        const scoring::NodeMask& nodes);

  // Whether the node can be decided here.
  bool Knows(scoring::NodeIndex node) const;

  // Of the pods, which are all on the node, the most important first: those that have to go, if the
  // pod fits without all of them; nothing if it does not even then.
  std::optional<std::vector<Victim>> ChooseVictims(scoring::NodeIndex node,
                                                   std::span<const RankedPod> pods) const;

 private:
  using Amounts = boost::container::small_vector<std::int64_t, 4>;  // by position in needed_

  RoomDryRun(const cluster::Cluster& cluster, cluster::ResourceVector needed,
             scoring::NodeMask other_filters_pass)
      : cluster_(&cluster),
        needed_(std::move(needed)),
        other_filters_pass_(std::move(other_filters_pass)) {}

  // `apply` adds what the pod takes to what is free, or subtracts it: base::WrapAdd or WrapSub.
  template <typename Apply>
  void Change(Amounts& free, const RankedPod& pod, Apply apply) const;
  bool Fits(const Amounts& free) const;
  std::int64_t AmountOf(const RankedPod& pod, cluster::ResourceId resource) const;

  const cluster::Cluster* cluster_;
  cluster::ResourceVector needed_;
  scoring::NodeMask other_filters_pass_;
};

}  // namespace berth::cycle
