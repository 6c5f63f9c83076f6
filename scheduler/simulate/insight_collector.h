// Fills an Insight as a simulation goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/simulate/insight.h"
#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// Looks at a decision after it was made and before the pod is placed, and changes none: plugins are
// asked again, with states of their own. Of many pods every n-th is explained and timed, so that
// the limits of insight.h cover the whole run. Not thread-safe.
class InsightCollector {
 public:
  // For a run over that many pods.
  explicit InsightCollector(std::size_t pods);

  void Look(cluster::Cluster& cluster, cycle::SchedulingAlgorithm& algorithm,
            framework::ProfileRuntime& profile, const cluster::PodClass& pod_class,
            const api::Pod& pod, const cycle::Decision& decision);
  // After a pod has had its turn, whatever came of it.
  void EndStep(const cluster::Cluster& cluster, std::size_t decided, std::int64_t placed);
  // How long all this took so far.
  double seconds() const { return static_cast<double>(nanoseconds_) / 1e9; }
  // At the end; `summary` says which resources count.
  Insight Take(const cluster::Cluster& cluster, const Summary& summary);

 private:
  void Explain(const cluster::Cluster& cluster, const cycle::Scores& scores, const api::Pod& pod,
               const cycle::Decision& decision);
  void Time(const framework::PodContext& context, framework::ProfileRuntime& profile);
  PluginTime& TimeOf(std::string_view plugin);
  void AddPoint(const cluster::Cluster& cluster, std::size_t decided, std::int64_t placed);

  // Every how many pods each is done.
  std::size_t explain_stride_;
  std::size_t time_stride_;
  std::size_t timeline_stride_;
  std::size_t looked_at_ = 0;
  std::int64_t nanoseconds_ = 0;
  Insight insight_;
  // Of each point, sums by ResourceId: which resources are shown is known at the end.
  std::vector<std::vector<std::int64_t>> sums_;
};

}  // namespace berth::simulate
