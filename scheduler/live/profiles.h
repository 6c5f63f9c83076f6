// The profiles of the configuration, ready to run, and what they say to the scheduling queue.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/event_registrations.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/framework/registry.h"
#include "scheduler/queue/queue_plugins.h"

namespace berth::live {

// Not thread-safe.
class Profiles final : public queue::QueuePlugins {
 public:
  // Fails where a profile cannot be built. The cluster and the observer outlive this.
  static base::Result<std::unique_ptr<Profiles>> Make(const config::Configuration& config,
                                                      const framework::Registry& registry,
                                                      cluster::Cluster& cluster,
                                                      framework::HintObserver* hints = nullptr);

  // Whether extenders take part in decisions.
  bool has_extenders() const { return extender_events_ != nullptr; }

  // The profile that serves the pod's schedulerName; nullptr if there is none.
  framework::ProfileRuntime* Of(const api::Pod& pod) const;

  // Whether DefaultPreemption keeps the pod out of the queue: its victims are on their way out.
  void SetPreemptionGate(std::function<bool(const api::Pod&)> waits_for_victims) {
    waits_for_victims_ = std::move(waits_for_victims);
  }

  // The one of that name; nullptr if there is none.
  framework::ProfileRuntime* Named(std::string_view scheduler_name) const;

  // Every plugin of every profile at the point, each name once.
  std::vector<std::string_view> PluginsAt(config::ExtensionPoint point) const;

  bool Less(const queue::QueuedPod& a, const queue::QueuedPod& b) const override;
  std::string_view PreEnqueue(const api::Pod& pod, std::string_view first) const override;
  bool Wanted(const framework::ClusterEvent& event) const override;
  bool WantedBy(std::string_view plugin, const framework::ClusterEvent& event) const override;
  framework::QueueingStrategy WorthRequeuing(const queue::QueuedPod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  struct Profile {
    std::unique_ptr<framework::ProfileRuntime> runtime;
    std::unique_ptr<framework::EventRegistrations> events;
  };

  explicit Profiles(cluster::Cluster& cluster) : cluster_(cluster) {}

  const Profile* Find(const api::Pod& pod) const;
  bool IsHeldBackBy(const framework::ActivePlugin& active, const api::Pod& pod) const;

  cluster::Cluster& cluster_;
  std::unique_ptr<const framework::Plugin> extender_events_;
  std::map<std::string, Profile, std::less<>> profiles_;  // by schedulerName
  const framework::Plugin* sorter_ = nullptr;             // all profiles have the same
  std::function<bool(const api::Pod&)> waits_for_victims_;
};

}  // namespace berth::live
