// The plugin contract: batch in, column out.
//
// A plugin is asked about all nodes at once. What it knows of a pod is compiled once into a
// PluginState and shared by every pod with the same Key; what it says of the nodes (a mask, a
// column of raw scores) is kept beside the state and brought up to date from the change log for the
// rows that changed, so a plugin declares in DependsOn what its columns depend on. Plugins are
// immutable after construction; all that changes lives in states.
//
// Guarantees to a plugin: methods of one state are never called concurrently; NewState comes first,
// then per cycle PreFilter, Filter, PreScore, Score, Normalize in this order, each only if its
// extension point is enabled for the profile. Every NodeMask has cluster.nodes.rows() rows and only
// alive nodes set.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/api_write.h"
#include "scheduler/framework/cell_scores.h"
#include "scheduler/framework/object_change.h"
#include "scheduler/framework/rejections.h"
#include "scheduler/framework/remedy.h"
#include "scheduler/framework/status.h"
#include "scheduler/framework/traits.h"
#include "scoring/bounds.h"
#include "scoring/node_mask.h"

namespace berth::framework {

using scoring::NodeIndex;
using scoring::NodeMask;

// The pod at hand and the cluster that it is to be placed in. Plugins only read the cluster, but
// for what Reserve assumes; it is not const because its indexes (label columns, pod counters) are
// made on first use.
struct PodContext {
  cluster::Cluster& cluster;
  const cluster::PodClass& pod;

  const cluster::NodeTable& nodes() const { return cluster.nodes; }
};

// A pod that waits, as a QueueSort plugin sees it.
struct QueuedPod {
  const api::Pod* pod;
  std::int64_t timestamp;  // when it entered the queue, nanoseconds (or any growing number)
};

// What a plugin knows of the pods of one key: selectors compiled, counters found, results of the
// cycle at hand.
class PluginState {
 public:
  virtual ~PluginState() = default;
};

struct PreFilterResult {
  // Success, Skip (the plugin's Filter passes every node in this cycle) or a rejection.
  Status status;
  // If set, only these nodes can be right. Named nodes that do not exist are left out.
  std::optional<NodeMask> nodes;
};

// How raw scores become 0..100 over the feasible nodes.
enum class Normalization : std::uint8_t {
  kNone,          // they are already
  kByMax,         // 100 * raw / highest; as they are where the highest is 0
  kByMaxReverse,  // 100 - 100 * raw / highest; 100 where the highest is 0
  kOwn,           // the plugin's Normalize
};

// What makes rows of a plugin's columns stale: bits of cluster::ChangeSet. A node that comes or
// goes always does. kClusterWide: nothing is kept from cycle to cycle. Without it, whether
// PreFilter (for the filter) or PreScore (for the score) skips must follow from the state alone.
struct Dependencies {
  cluster::ChangeSet filter = cluster::kNoChange;
  cluster::ChangeSet score = cluster::kNoChange;
};

// An event that a plugin wants to hear of for the pods that it has turned away. Without a hint each
// such event is worth another try.
struct EventRegistration {
  ClusterEvent event;
  bool has_hint = true;
};

// Whether an event may have made room for a pod.
enum class Hint : std::uint8_t { kSkip, kQueue };
inline Hint QueueIf(bool worth_it) { return worth_it ? Hint::kQueue : Hint::kSkip; }

struct PermitResult {
  // Success, kWait (the pod is held back until it is allowed, rejected or out of time) or a
  // rejection.
  Status status;
  std::chrono::nanoseconds timeout{};  // of kWait
};

// What PostFilter is told of a pod that fits nowhere.
struct PostFilterInput {
  PluginState* state;        // of the cycle; null for a plugin that has nothing to do for the pod
  const NodeMask& rejected;  // where this plugin's Filter was the first to say no
  bool carry_out;            // else only say what would be done
};

struct PostFilterOutcome {
  Status status;         // kUnschedulable, and what there is to say
  bool gave_up = false;  // something the pod had; it may fit now
  // What has to be written for that, where there is an API server.
  std::vector<ApiWrite> writes = {};
};

// The work of one plugin for one pod that is about to be bound, step by step. Others go on between
// the steps: the cluster may look different each time, and the node may be gone.
class PreBinding {
 public:
  virtual ~PreBinding() = default;
  // The next step; after a write with what came of it, else null. Ends with a Status, after which
  // it is not called again.
  virtual PreBindStep Next(const PodContext& context, const ApiAnswer* answer) = 0;
  // What takes back what was written, as far as it has to be: where the pod is not bound after all.
  virtual std::vector<ApiWrite> Undo(const PodContext&) { return {}; }
};

class Plugin {
 public:
  virtual ~Plugin() = default;

  // As in KubeSchedulerConfiguration. Static text.
  virtual std::string_view Name() const = 0;

  // Appends everything about the pod, and about objects other than nodes and pods, that decides
  // what NewState makes (base::AppendKey). Two pods with equal keys share state and columns. The
  // default never shares between pod classes.
  virtual void AppendKey(const PodContext& context, std::string& key) const;
  virtual std::unique_ptr<PluginState> NewState(const PodContext& context) const;
  virtual Dependencies DependsOn() const { return {}; }

  // True if the plugin has nothing to do for such pods, whatever the nodes: PreFilter and PreScore
  // would skip. Then it gets no state and is not called again. Must follow from the pod's class.
  virtual bool IsIdle(const PodContext&) const { return false; }

  // For plugins that may drop out at run time: a number that grows when what the plugin has said,
  // and IsIdle and AppendKey, no longer hold. Looked at once a cycle; lives as long as the plugin.
  virtual const std::atomic<std::uint64_t>* Outages() const { return nullptr; }

  // QueueSort: whether `a` is to be scheduled before `b`.
  virtual bool Less(const QueuedPod& a, const QueuedPod& b) const;

  // PreEnqueue: anything but Success keeps the pod out of the queue.
  virtual Status PreEnqueue(const api::Pod&) const { return {}; }

  // The same for plugins that look at more than the pod; this is the one that is called.
  virtual Status PreEnqueueIn(const cluster::Cluster&, const api::Pod& pod) const {
    return PreEnqueue(pod);
  }

  // May narrow the nodes, skip the plugin or reject the pod.
  virtual PreFilterResult PreFilter(const PodContext&, PluginState&) const { return {}; }

  // Between PreFilter and Explain, for plugins that depend on kClusterWide: what PreFilter found
  // would be so with `other` on `node` too (`change` 1) or no longer there (-1), as the AddPod and
  // RemovePod of kube-scheduler's PreFilter extensions have it, which need not be what counting
  // anew would give. Lasts until the next PreFilter. False (the default): PreFilter is to run
  // again.
  virtual bool PretendPod(const PodContext&, PluginState&, const cluster::PodClass& /*other*/,
                          NodeIndex /*node*/, std::int32_t /*change*/) const {
    return false;
  }

  // Clears the bits of nodes that do not fit; never sets one.
  virtual void Filter(const PodContext&, PluginState&, NodeMask& nodes) const;

  // The verdict on one node, in words: Success exactly where Filter leaves the bit. The words live
  // as long as the state.
  virtual NodeStatus Explain(const PodContext&, const PluginState&, NodeIndex node) const;

  // The same for many nodes, none of which Filter leaves: grouped by verdict. The default asks
  // Explain about each.
  virtual Rejections ExplainAll(const PodContext&, const PluginState&, const NodeMask& nodes) const;

  // What would have to change for the pod to get past Filter on some of `nodes`, all of which it
  // clears: the easiest way first, and need not speak of every node. After PreFilter, for a person
  // who asks: may take milliseconds. Equal clusters give equal remedies. The default has none.
  virtual std::vector<Remedy> Advise(const PodContext&, const PluginState&, const NodeMask&) const {
    return {};
  }

  // If the filter asks nothing of a node but room: how much of which resources has to be free, each
  // more than 0, beside a place for one more pod. Then a preemption need not ask node by node.
  virtual std::optional<cluster::ResourceVector> RoomNeeded(const PodContext&,
                                                            const PluginState&) const {
    return std::nullopt;
  }

  // The nodes on which Filter failed rather than said no: where there is one that no other filter
  // has rejected before, the cycle ends with its Explain as error. Asked for pods with claims or
  // scalar resources only.
  virtual std::optional<NodeMask> FailedNodes(const PodContext&, const PluginState&) const {
    return std::nullopt;
  }

  // For a pod that fits nowhere. Changes nothing unless it is to carry out what it says.
  virtual PostFilterOutcome PostFilter(const PodContext&, const PostFilterInput&) const {
    return {{Code::kUnschedulable, {}}};
  }
  // Set for a plugin whose PostFilter makes room by taking other pods away: cycle/ carries it out.
  virtual const config::DefaultPreemptionArgs* PreemptsWith() const { return nullptr; }

  // Success, Skip (all nodes score 0) or an error, which ends the cycle. `nodes` are the feasible.
  virtual Status PreScore(const PodContext&, PluginState&, const NodeMask& nodes) const;

  // Writes the raw scores of the set rows; may write other rows in words of the mask that are not
  // zero, if it writes what it would write were they set.
  virtual void Score(const PodContext&, PluginState&, const NodeMask& nodes,
                     std::span<std::int64_t> out) const;
  // What Score writes for a few nodes, alive but perhaps not feasible, in their order; after
  // PreScore. The default runs Score.
  virtual void ScoreNodes(const PodContext&, PluginState&, std::span<const NodeIndex> nodes,
                          std::span<std::int64_t> scores) const;

  // What kernels that bound the score from above and below need to know, with weight 1: scores of
  // all nodes are then found at a fraction of the cost of Score. Only for Normalization::kNone,
  // after PreScore. The default has none.
  virtual std::optional<scoring::BoundPart> BoundOf(const PodContext&, PluginState&) const {
    return std::nullopt;
  }

  // The raw scores of all of `nodes`, the feasible ones, in few numbers; after PreScore. Only for
  // plugins that have NormalizeNodes, or no kOwn. False (the default) where the scores are not of
  // that kind: then Score is called.
  virtual bool ScoreByCells(const PodContext&, PluginState&, const NodeMask& /*nodes*/,
                            CellScores&) const {
    return false;
  }

  // For plugins that depend on kClusterWide: adds what tells nodes apart to Explain (whether it
  // says Success) and to ScoreNodes in this cycle, up to date, so that they need be asked about one
  // node of each kind only. Comes after PreFilter. False (the default) if that cannot be said.
  virtual bool AddTraits(const PodContext&, PluginState&, Traits&) const { return false; }

  virtual Normalization Normalize() const { return Normalization::kNone; }
  // For kOwn: turns raw scores of the set rows into 0..100 in place.
  virtual void NormalizeScores(const PodContext&, PluginState&, const NodeMask& nodes,
                               std::span<std::int64_t> scores) const;
  // The same for scores of single nodes, which stand for all feasible ones. Only for plugins that
  // have traits.
  virtual void NormalizeNodes(const PodContext&, PluginState&, std::span<const NodeIndex> nodes,
                              std::span<std::int64_t> scores) const;

  // After the node has been chosen and before the pod is on it: takes what the decision needs
  // beside the node (volumes, devices), so that the next pod finds it taken. Anything but Success
  // undoes the decision.
  virtual Status Reserve(const PodContext&, PluginState&, const api::Pod& pod,
                         NodeIndex node) const;
  // Gives back what Reserve has taken, also where Reserve of this or of another plugin has failed
  // or was never reached. Must not fail.
  virtual void Unreserve(const PodContext&, PluginState&, const api::Pod& pod,
                         NodeIndex node) const;

  // After Reserve, with the pod on its node: may it be bound?
  virtual PermitResult Permit(const PodContext&, const api::Pod&, NodeIndex) const { return {}; }

  // What has to be written, and waited for, before the pod can be bound to the node; nullptr where
  // there is nothing to do. After Reserve, with the pod on its node.
  virtual std::unique_ptr<PreBinding> PreBind(const PodContext&, const api::Pod& /*pod*/,
                                              NodeIndex) const {
    return nullptr;
  }

  // Which events can make a pod fit that this plugin has turned away; of the default, any of them.
  virtual std::vector<EventRegistration> EventsToRegister() const;
  // Whether this one may have done so: for events that were registered with a hint. `pod` is the
  // one that waits, in the cluster as it is after the event (a node that is deleted is still
  // there). An error, for an object of the wrong kind, counts as kQueue: rather one try too many
  // than a pod that is forgotten. Only reads the cluster.
  virtual base::Result<Hint> QueueingHint(const PodContext&, const api::Pod& pod,
                                          const ObjectChange& change) const;
};

}  // namespace berth::framework
