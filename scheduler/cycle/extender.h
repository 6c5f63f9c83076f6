// Somebody else's part in a decision, beside the plugins: what a cycle asks an extender. Who that
// is and how it is reached is up to the implementation (scheduler/extender/).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"

namespace berth::cycle {

// A node as an extender has handed it back. kube-scheduler takes such a node for one without pods.
struct ReturnedNode {
  api::Node node;
  std::string text;  // the object as it came, JSON
};

// A node that an extender is asked about.
struct ExtenderNode {
  cluster::NodeIndex row = 0;
  // As the extender before has handed it back; null: as the cluster has it.
  std::shared_ptr<const ReturnedNode> returned = nullptr;
};

struct ExtenderFilterResult {
  std::vector<ExtenderNode> nodes;  // those that are left, in the order of the answer
  // Reasons by the names of nodes, of which the extender may name any.
  std::map<std::string, std::string> failed = {};
  std::map<std::string, std::string> unresolvable = {};  // preemption would not help there
};

struct HostScore {
  std::string host;
  std::int64_t score = 0;
};

// Who would have to leave a node, the most important first.
struct ExtenderVictims {
  std::vector<cluster::PodIndex> pods;
  std::int64_t budgets_violated = 0;
};
using ExtenderVictimsByNode = std::map<std::string, ExtenderVictims>;

// What is asked is asked by the thread that schedules, which waits for the answer; only Prioritize
// may run on others at the same time, each for another extender, while nothing in the cluster
// changes. Errors are in kube-scheduler's words.
class Extender {
 public:
  using Bound = std::function<void(base::Result<void>)>;

  virtual ~Extender() = default;

  // Its address, which is its name in messages.
  virtual const std::string& Name() const = 0;
  // Whether the decision goes on without it where it fails.
  virtual bool IsIgnorable() const = 0;
  // Whether it is to be asked about the pod at all.
  virtual bool IsInterested(const api::Pod& pod) const = 0;

  // Which questions it takes.
  virtual bool IsFilter() const = 0;
  virtual bool IsPrioritizer() const = 0;
  virtual bool IsBinder() const = 0;
  virtual bool SupportsPreemption() const = 0;

  // Which of the nodes, at least one, the pod may go to.
  virtual base::Result<ExtenderFilterResult> Filter(const api::Pod& pod,
                                                    const cluster::Cluster& cluster,
                                                    std::span<const ExtenderNode> nodes) = 0;

  // What a score counts for.
  virtual std::int64_t Weight() const = 0;
  virtual base::Result<std::vector<HostScore>> Prioritize(const api::Pod& pod,
                                                          const cluster::Cluster& cluster,
                                                          std::span<const ExtenderNode> nodes) = 0;

  // The nodes on which the pod may take others' places, and whose; may choose other victims.
  virtual base::Result<ExtenderVictimsByNode> Preempt(const api::Pod& pod,
                                                      const cluster::Cluster& cluster,
                                                      const ExtenderVictimsByNode& victims) = 0;

  // Binds the pod in the place of the scheduler. Does not wait: `done` is called once, on any
  // thread. After a failure the pod may be bound nevertheless.
  virtual void Bind(const api::Pod& pod, const std::string& node, Bound done) = 0;
};

// In the order in which they are asked: those whose failure counts come first.
using Extenders = std::vector<std::unique_ptr<Extender>>;

// As who rejects a pod: the name that kube-scheduler gives to all extenders together.
inline constexpr std::string_view kExtenderRejector = "Extender";

}  // namespace berth::cycle
