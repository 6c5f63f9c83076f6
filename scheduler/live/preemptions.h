// Preemption that is carried out: victims are told to leave, and the pod that they leave for waits
// for them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/live/api_writer.h"
#include "scheduler/live/binding_cycles.h"
#include "scheduler/live/pod_cache.h"
#include "scheduler/live/pod_events.h"
#include "scheduler/live/timers.h"

namespace berth::live {

// As kube-scheduler's asynchronous preemption: all victims but the last leave at once, then the
// last. Until that one is on its way, as the API server answers or shows, the pod that preempts is
// kept out of the queue; when it is gone, the event of its deletion wakes the pod. On the
// scheduler's thread.
class Preemptions {
 public:
  using PodRef = std::shared_ptr<const api::Pod>;

  // What is handed in outlives this. `activate` makes a pod ready whose preemption has failed.
  Preemptions(PodCache& pods, BindingCycles& bindings, ApiWriter& writer, Timers& timers,
              const base::Clock& clock, PodEvents& events,
              std::function<void(const PodRef&)> activate);

  // The most important victim comes first; those that leave already are passed over.
  void Start(const PodRef& preemptor, const std::string& node, const std::vector<PodRef>& victims);

  // Whether the pod waits for victims that are not yet on their way. What the API server shows
  // counts: news of the last victim's end may come before the answer to its deletion, and there is
  // no other that would wake the pod.
  bool Waits(const api::Pod& pod) const;
  // The pod is tried again whatever becomes of its victims. For one whose attempt failed by an
  // error: it waits for no event, so that of a deletion would not wake it.
  void Release(const api::Pod& pod) { under_way_.erase(pod.meta.uid); }

  std::size_t under_way() const { return under_way_.size(); }

 private:
  struct Preemption {
    PodRef preemptor;
    std::string node;
    std::size_t pending = 0;  // victims that have been told and have not answered
    PodRef last = {};         // to be told when all others have answered
    bool last_told = false;
    bool failed = false;
  };
  using Shared = std::shared_ptr<Preemption>;

  bool IsOnItsWay(const api::Pod& victim) const;
  void Evict(const Shared& preemption, const PodRef& victim);
  void Delete(const Shared& preemption, const PodRef& victim);
  void DeleteAgain(const Shared& preemption, const PodRef& victim);
  void Answered(const Shared& preemption, const std::string& error);
  void Report(const Preemption& preemption, const api::Pod& victim, bool in_memory);

  PodCache& pods_;
  BindingCycles& bindings_;
  ApiWriter& writer_;
  Timers& timers_;
  const base::Clock& clock_;
  PodEvents& events_;
  std::function<void(const PodRef&)> activate_;
  boost::unordered_flat_map<std::string, Shared> under_way_;  // by uid of the preemptor
};

}  // namespace berth::live
