// What pods that wait are told in their status: why they wait, and which node is kept for them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "scheduler/live/api_writer.h"
#include "scheduler/live/object_store.h"
#include "scheduler/live/pod_status.h"
#include "scheduler/live/timers.h"

namespace berth::live {

struct UnscheduledStatus {
  std::string reason;
  std::string message;
  Nomination nomination;
};

// One write of a pod is under way at a time, and of what comes meanwhile only the last is written:
// pods that are tried over and over must not pile up requests, behind which bindings would wait. A
// write holds for the version of the pod that it was made from, so that it can never overtake the
// pod's binding; the API server refuses it where the pod has changed, and it is made anew. On the
// scheduler's thread.
class StatusWrites {
 public:
  // `is_placed` says of a uid whether the pod is on a node or decided to be: then nothing is
  // written any more. What is handed in outlives this.
  StatusWrites(const ObjectStore<api::Pod>& pods, ApiWriter& writer, Timers& timers,
               const base::Clock& clock, std::function<bool(const std::string&)> is_placed);

  void Write(const api::Pod& pod, UnscheduledStatus status);

  // Pods of which a write is under way.
  std::size_t under_way() const { return under_way_.size(); }

 private:
  struct PodWrite {
    std::string key;
    UnscheduledStatus status;
    bool is_sent = false;  // `status` is what is under way
    int tries = 0;         // of `status`
  };

  void Send(const std::string& uid);
  void Answered(const std::string& uid, const framework::ApiAnswer& answer);
  void TryAgain(const std::string& uid, const std::string& error);
  void SendAfter(std::chrono::nanoseconds delay, const std::string& uid);

  const ObjectStore<api::Pod>& pods_;
  ApiWriter& writer_;
  Timers& timers_;
  const base::Clock& clock_;
  std::function<bool(const std::string&)> is_placed_;
  boost::unordered_flat_map<std::string, PodWrite> under_way_;  // by uid
};

}  // namespace berth::live
