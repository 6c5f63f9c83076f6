// Scores where an extender has handed back whole nodes. kube-scheduler makes nodes without pods,
// and without images, of them. What a plugin reads off the node at hand it then reads off such a
// node: here off a small cluster of those nodes. What it counts over all nodes (pods in a zone,
// terms of pods) comes from the cluster as it is, but for pods on the node at hand, of which it
// sees none.
#include <algorithm>
#include <memory>
#include <vector>

#include "scheduler/cycle/scheduling_cycle.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;

namespace {

// Takes all pods off some nodes for as long as it lives.
class WithoutPods {
 public:
  WithoutPods(cluster::Cluster& cluster, std::span<const ExtenderNode> nodes) : cluster_(cluster) {
    for (const ExtenderNode& node : nodes) {
      if (node.returned == nullptr) continue;
      // A set: whoever goes frees a port, even where somebody else holds it too.
      ports_.emplace_back(node.row, cluster.host_ports.Used(node.row));
      for (const cluster::PodIndex pod : cluster.PodsOn(node.row)) suspended_.push_back(pod);
    }
    for (const cluster::PodIndex pod : suspended_) cluster_.Suspend(pod);
  }
  WithoutPods(const WithoutPods&) = delete;
  WithoutPods& operator=(const WithoutPods&) = delete;
  ~WithoutPods() {
    for (const cluster::PodIndex pod : suspended_) cluster_.Resume(pod);
    for (auto& [row, ports] : ports_) cluster_.host_ports.Restore(row, std::move(ports));
  }

 private:
  cluster::Cluster& cluster_;
  std::vector<cluster::PodIndex> suspended_;
  std::vector<std::pair<NodeIndex, std::vector<cluster::HostPort>>> ports_;
};

// The nodes that were handed back, alone and empty.
class EmptyNodes {
 public:
  EmptyNodes(std::span<const ExtenderNode> nodes, const cluster::Cluster& whole,
             const api::Pod& pod) {
    for (const ExtenderNode& one : nodes) {
      auto node = std::make_shared<api::Node>(one.returned != nullptr ? one.returned->node
                                                                      : whole.nodes.node(one.row));
      node->images.clear();
      cluster_.AddNode(std::move(node));
      rows_.push_back(one.row);
    }
    cluster_.BeginCycle();
    pod_class_ = &cluster_.classes.ClassOfPending(pod);
  }

  // The raw scores of the plugin go to the rows of the whole cluster. Success, Skip or an error.
  framework::Status Score(const framework::Plugin& plugin, bool prescores,
                          scoring::Column<std::int64_t>& out) {
    const framework::PodContext context{cluster_, *pod_class_};
    if (plugin.IsIdle(context)) return {Code::kSkip, {}};
    const auto state = plugin.NewState(context);
    const NodeMask all = cluster_.nodes.alive();
    if (prescores) {
      framework::Status status = plugin.PreScore(context, *state, all);
      if (!status.ok()) return status;
    }
    scoring::Column<std::int64_t> raw(all.size());
    plugin.Score(context, *state, all, {raw.data(), all.word_count() * scoring::kRowsPerWord});
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      out[rows_[i]] = raw[static_cast<NodeIndex>(i)];
    }
    return {};
  }

 private:
  cluster::Cluster cluster_;
  const cluster::PodClass* pod_class_ = nullptr;
  std::vector<NodeIndex> rows_;  // of the whole cluster
};

bool IsClusterWide(const ActivePlugin& active) {
  return (active.plugin->DependsOn().score & cluster::kClusterWide) != 0;
}

}  // namespace

std::string SchedulingAlgorithm::ScoreReturnedNodes(std::span<const ExtenderNode> nodes,
                                                    Cycle& cycle) {
  EmptyNodes empty(nodes, cluster_, *cycle.pod);
  cycle.totals_are_empty = true;
  cycle.totals_are_steady = false;
  const std::size_t rows = cycle.feasible.word_count() * scoring::kRowsPerWord;
  const auto& prescoring = cycle.profile.At(ExtensionPoint::kPreScore);
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kScore)) {
    bool skipped = false;
    if (IsClusterWide(active)) {
      std::string error = PreScore(active, cycle, skipped);
      if (!error.empty()) return error;
      if (skipped) continue;
      const WithoutPods without(cluster_, nodes);
      active.plugin->Score(cycle.context, cycle.StateOf(active).state(), cycle.feasible,
                           {normalized_.data(), rows});
    } else {
      const bool prescores = std::ranges::any_of(
          prescoring, [&](const ActivePlugin& other) { return other.slot == active.slot; });
      const framework::Status status = empty.Score(*active.plugin, prescores, normalized_);
      if (status.code == Code::kSkip) continue;
      if (!status.ok()) {
        return "running PreScore plugin \"" + std::string(active.plugin->Name()) +
               "\": " + status.Message();
      }
    }
    if (cycle.detail != nullptr) KeepRaw(active, normalized_.data(), cycle);
    AddNormalized(active, normalized_.data(), cycle);
  }
  if (cycle.totals_are_empty) totals_.Fill(0);
  return "";
}

}  // namespace berth::cycle
