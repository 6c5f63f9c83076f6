// A scheduler over a small API server in memory, step by step and without a thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/pod_spec_table.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/live/informer.h"
#include "scheduler/live/scheduler.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_cluster_client.h"

namespace berth::live {

using Json = support::FakeClusterClient::Json;
using support::kNodes;
using support::kPods;

inline constexpr const char* kClaims = "/apis/resource.k8s.io/v1/resourceclaims";
inline constexpr const char* kVolumeClaims = "/api/v1/persistentvolumeclaims";
inline constexpr const char* kVolumes = "/api/v1/persistentvolumes";
inline constexpr const char* kStorageClasses = "/apis/storage.k8s.io/v1/storageclasses";

// 4 cores, 8 GiB, 10 pods.
Json NodeJson(const std::string& name, const std::string& cpu = "4");
// Of the namespace default and the default scheduler.
Json PodJson(const std::string& name, const std::string& cpu = "1", int priority = 0);

// Text of an object, by JSON pointer; "" where there is none.
inline std::string TextAt(const Json* object, const std::string& pointer) {
  return object == nullptr ? "" : object->value(Json::json_pointer(pointer), "");
}

struct KeptEvent {
  std::string pod;
  std::string type;
  std::string reason;
  std::string action;
  std::string note;
};

class KeptEvents final : public PodEvents {
 public:
  void Record(const api::Pod& pod, const PodEvent& event) override {
    all.push_back({pod.Key(), std::string(event.type), std::string(event.reason),
                   std::string(event.action), std::string(event.note)});
  }
  // The notes of events of that reason, in order.
  std::vector<std::string> Notes(std::string_view reason) const;

  std::vector<KeptEvent> all;
};

class KeptOutcomes final : public SchedulerObserver {
 public:
  void OnIncoming(queue::QueueName queue, const framework::ClusterEvent& event) override {
    incoming.push_back(std::string(queue::Name(queue)) + "/" + framework::Label(event));
  }
  void OnStage(const framework::ProfileRuntime&, config::ExtensionPoint point, framework::Code code,
               std::chrono::nanoseconds) override {
    stages.insert(std::string(config::FieldName(point)) + " " + std::string(framework::Name(code)));
  }
  void OnDecision(std::chrono::nanoseconds) override { ++decisions; }
  void OnAttempt(std::string_view profile, AttemptResult result,
                 std::chrono::nanoseconds duration) override;
  void OnBound(const PlacedPod& placed, std::chrono::nanoseconds since_first) override;
  void OnPreemption(std::size_t victims) override { victim_counts.push_back(victims); }
  void OnPreemptionAttempt() override { ++preemption_attempts; }

  struct Bound {
    std::string pod;
    std::string node;
    int attempts;
    std::chrono::nanoseconds since_first;
  };
  std::set<std::string> stages;  // "Reserve Success"
  int decisions = 0;
  int preemption_attempts = 0;
  std::vector<std::string> incoming;  // "backoff/NodeAdd"
  std::vector<std::string> attempts;  // "default-scheduler scheduled"
  std::vector<Bound> bound;
  std::vector<std::size_t> victim_counts;
};

class LiveCluster {
 public:
  struct Setup {
    config::Configuration config;
    framework::Registry registry;
    SchedulerOptions options = {};
  };
  // What runs without a configuration.
  static Setup DefaultSetup();

  explicit LiveCluster(const Setup& setup = DefaultSetup());

  // ---- Objects at the API server ----
  void AddNode(const std::string& name, const std::string& cpu = "4") {
    api.Put(kNodes, NodeJson(name, cpu));
  }
  void PutPod(const Json& pod) { api.Put(kPods, pod); }
  void AddPod(const std::string& name, const std::string& cpu = "1", int priority = 0) {
    PutPod(PodJson(name, cpu, priority));
  }
  std::string NodeOf(const std::string& name) const { return api.NodeOf("default/" + name); }
  // The condition PodScheduled; null where there is none.
  Json ScheduledCondition(const std::string& name) const;

  // ---- What the scheduler is shown ----
  // The next change of a collection, or all; they are looked at with the next step.
  bool Show(const std::string& collection);
  bool ShowAll();
  void List(const std::string& collection);

  // ---- Time and requests ----
  // Decides every pod that is ready, without showing or serving anything.
  void Decide();
  // Shows, decides and serves until nothing moves any more.
  void Settle();
  // The clock goes on, second by second, and all settles each time.
  void Pass(std::chrono::seconds duration);

  // "active", "backoff", "unschedulable", "gated"; "" where it does not wait.
  std::string WhereIs(const std::string& name) const;
  CacheDifferences Compare() const { return CompareCache(scheduler->contents()); }

  support::FakeClock clock;
  support::FakeClusterClient api;
  KeptEvents events;
  KeptOutcomes outcomes;
  bool leads = true;
  std::unique_ptr<Scheduler> scheduler;

 private:
  template <typename T>
  void Watch(ObjectStore<T>& store);

  api::PodSpecTable specs_;
  ObjectStore<api::ResourceClaim> claims_;
  ObjectStore<api::PersistentVolumeClaim> volume_claims_;
  ObjectStore<api::PersistentVolume> volumes_;
  ObjectStore<api::StorageClass> classes_;
  std::map<std::string, std::unique_ptr<kube::WatchSink>> informers_;  // by collection
};

}  // namespace berth::live
