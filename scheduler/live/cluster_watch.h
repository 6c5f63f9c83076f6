// Everything that is watched for a scheduler: one list and watch for each kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"
#include "scheduler/live/scheduler.h"

namespace berth::live {

// Only what a plugin of the scheduler's profiles looks at is watched. The scheduler, the client and
// the clock outlive it; Stop comes before either ends.
class ClusterWatch {
 public:
  // `seed` spreads tries over time.
  ClusterWatch(Scheduler& scheduler, kube::Client& client, const base::Clock& clock,
               std::uint64_t seed);
  ~ClusterWatch();

  void Start();
  void Stop();

  // On the scheduler's thread: whether each kind has been listed as a whole.
  bool IsSynced() const { return waiting_.empty(); }
  // The kinds that have not, for messages.
  const std::set<std::string_view>& waiting() const { return waiting_; }
  // Grows with every change of an object.
  std::uint64_t version() const { return version_; }
  // All objects that are watched, as files would hold them: pods by age, everything else by name.
  // Without pods on nodes that are not there (any more).
  api::ClusterObjects Copy() const;

 private:
  struct Watch;
  template <typename T>
  struct StoreOfAnother;
  template <typename T>
  struct OwnStore;

  template <typename T>
  void Begin(Watch& watch, ObjectStore<T>& store);
  template <typename T>
  void Add(ObjectStore<T>& store);
  template <typename T>
  void Add();

  Scheduler& scheduler_;
  kube::Client& client_;
  const base::Clock& clock_;
  std::uint64_t seed_;
  api::PodSpecTable specs_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::set<std::string_view> waiting_;
  std::uint64_t version_ = 0;
};

}  // namespace berth::live
