// The profiles of the configuration, ready to run, and what they say to the scheduling queue.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/event_registrations.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/framework/registry.h"
#include "scheduler/queue/queue_plugins.h"

namespace berth::queue {

struct ProfilesOptions {
  framework::HintObserver* hints = nullptr;  // outlives the profiles
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
  // Registered with every profile as one that turns pods away; it runs nowhere. Null: none.
  std::unique_ptr<const framework::Plugin> extender_events = nullptr;
  // The first profile is for all pods, whatever their schedulerName.
  bool first_serves_all = false;
};

// Not thread-safe.
class Profiles final : public QueuePlugins {
 public:
  // Fails where a profile cannot be built. The cluster outlives this.
  static base::Result<std::unique_ptr<Profiles>> Make(const config::Configuration& config,
                                                      const framework::Registry& registry,
                                                      cluster::Cluster& cluster,
                                                      ProfilesOptions options = {});

  // Whether extenders take part in decisions.
  bool has_extenders() const { return options_.extender_events != nullptr; }

  // The profile that serves the pod's schedulerName; nullptr if there is none.
  framework::ProfileRuntime* Of(const api::Pod& pod) const;

  // Whether DefaultPreemption keeps the pod out of the queue: its victims are on their way out.
  void SetPreemptionGate(std::function<bool(const api::Pod&)> waits_for_victims) {
    waits_for_victims_ = std::move(waits_for_victims);
  }

  // The one of that name; nullptr if there is none.
  framework::ProfileRuntime* Named(std::string_view scheduler_name) const;

  // The first of the configuration.
  framework::ProfileRuntime& first() const { return *first_->runtime; }

  // Every plugin of every profile at the point, each name once.
  std::vector<std::string_view> PluginsAt(config::ExtensionPoint point) const;

  bool Less(const QueuedPod& a, const QueuedPod& b) const override;
  std::string_view PreEnqueue(const api::Pod& pod, std::string_view first) const override;
  bool Wanted(const framework::ClusterEvent& event) const override;
  bool WantedBy(std::string_view plugin, const framework::ClusterEvent& event) const override;
  framework::QueueingStrategy WorthRequeuing(const QueuedPod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  struct Profile {
    std::unique_ptr<framework::ProfileRuntime> runtime;
    std::unique_ptr<framework::EventRegistrations> events;
  };

  Profiles(cluster::Cluster& cluster, ProfilesOptions options)
      : cluster_(cluster), options_(std::move(options)) {}

  const Profile* Find(const api::Pod& pod) const;
  bool IsHeldBackBy(const framework::ActivePlugin& active, const api::Pod& pod) const;

  cluster::Cluster& cluster_;
  ProfilesOptions options_;
  std::map<std::string, Profile, std::less<>> profiles_;  // by schedulerName
  const Profile* first_ = nullptr;
  const framework::Plugin* sorter_ = nullptr;  // all profiles have the same
  std::function<bool(const api::Pod&)> waits_for_victims_;
};

}  // namespace berth::queue
