// From a decision to a bound pod: Permit, PreBind, the Binding itself.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/framework/plugin.h"
#include "scheduler/live/api_writer.h"
#include "scheduler/live/extender_binds.h"
#include "scheduler/live/placed_pod.h"
#include "scheduler/live/pod_events.h"
#include "scheduler/live/scheduler_observer.h"
#include "scheduler/live/timers.h"
#include "scheduler/queue/scheduling_queue.h"

namespace berth::live {

// How a binding cycle ended that did not end well.
struct BindingFailure {
  framework::Status status;      // a rejection or kError
  std::string_view plugin = {};  // of a rejection: whose; as long as the profile
};

// Runs the binding cycles of all pods that have a node, each step on the scheduler's thread and the
// requests in between on the client's: nothing here waits. A pod is assumed and reserved before it
// comes, and what was taken for it is given back by the owner when its cycle fails. Where it is not
// known what came of a Binding (no answer, or one that leaves it open), the API server is asked
// until it says where the pod is. So it is after every failure of an extender that binds, whatever
// it says: only the API server knows what it has done.
class BindingCycles {
 public:
  struct Outcome {
    std::function<void(const PlacedPod&)> bound;
    std::function<void(PlacedPod, BindingFailure)> failed;
  };

  // What is handed in outlives this. `may_bind` is asked right before each Binding is sent: who
  // does not lead any more must not bind.
  BindingCycles(cluster::Cluster& cluster, queue::SchedulingQueue& queue, ApiWriter& writer,
                Timers& timers, const base::Clock& clock, PodEvents& events,
                std::function<bool()> may_bind, Outcome outcome, SchedulerObserver& observer,
                ExtenderBinds& extender_binds);
  ~BindingCycles();

  void Start(PlacedPod placed);

  // Whether the pod can still be stopped: it waits on Permit or is before its Binding.
  bool CanStop(std::string_view uid) const;
  // Ends its cycle with that error; nothing where it is too late or there is none.
  void Stop(std::string_view uid, const std::string& why);
  // The pod is gone: if it was in doubt whether it is bound, it is no longer.
  void PodGone(std::string_view uid);
  bool Has(std::string_view uid) const { return cycles_.contains(uid); }

  // Another pod has been placed: those that wait for others may go on now.
  void AskPermitAgain();

  std::size_t in_flight() const { return cycles_.size(); }

 private:
  struct Cycle;
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Cycle* Find(std::string_view uid, std::uint64_t number) const;
  void AskPermit(Cycle& cycle);
  // The first Permit plugin with that answer; of those that wait, the one with the least patience.
  std::string_view WhoSays(const Cycle& cycle, cluster::NodeIndex row, framework::Code code) const;
  void WaitOnPermit(Cycle& cycle, std::chrono::nanoseconds timeout, std::string_view plugin);
  void EndWait(Cycle& cycle, framework::Code code);
  void Nominate(Cycle& cycle);
  void PreparePreBind(Cycle& cycle);
  void NextStep(Cycle& cycle, const framework::ApiAnswer* answer);
  // False: the plugin is done.
  bool RunStep(Cycle& cycle, const framework::ApiAnswer* answer);
  void Send(Cycle& cycle, framework::ApiWrite write);
  void Wait(Cycle& cycle, std::chrono::nanoseconds duration);
  void Bind(Cycle& cycle);
  void SendBinding(Cycle& cycle);
  void Bound(Cycle& cycle, const framework::ApiAnswer& answer);
  void BindByExtender(Cycle& cycle, cycle::Extender& binder);
  void BoundByExtender(Cycle& cycle, const cycle::Extender& binder,
                       const base::Result<void>& result);
  void AskWhereItIs(Cycle& cycle);
  void WhereItIs(Cycle& cycle, const framework::ApiAnswer& answer);
  void Fail(Cycle& cycle, framework::Status status, std::string_view plugin = "");
  PlacedPod Take(Cycle& cycle);

  cluster::Cluster& cluster_;
  queue::SchedulingQueue& queue_;
  ApiWriter& writer_;
  Timers& timers_;
  const base::Clock& clock_;
  PodEvents& events_;
  std::function<bool()> may_bind_;
  Outcome outcome_;
  SchedulerObserver& observer_;
  ExtenderBinds& extender_binds_;
  boost::unordered_flat_map<std::string, std::unique_ptr<Cycle>, HashText, std::equal_to<>>
      cycles_;                                    // by uid
  std::map<std::uint64_t, std::string> waiting_;  // on Permit: uids by the number of the cycle
  std::uint64_t next_number_ = 1;
};

}  // namespace berth::live
