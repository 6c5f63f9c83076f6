#include "scheduler/queue/profiles.h"

#include <algorithm>
#include <utility>

namespace berth::queue {

using config::ExtensionPoint;
using framework::EventRegistrations;
using framework::ProfileRuntime;

base::Result<std::unique_ptr<Profiles>> Profiles::Make(const config::Configuration& config,
                                                       const framework::Registry& registry,
                                                       cluster::Cluster& cluster,
                                                       ProfilesOptions options) {
  std::unique_ptr<Profiles> profiles(new Profiles(cluster, std::move(options)));
  const auto& [hints, caching, extender_events, first_serves_all] = profiles->options_;
  for (const config::Profile& profile : config.profiles) {
    BERTH_ASSIGN(auto runtime, ProfileRuntime::Make(profile, registry, caching));
    const auto& sorters = runtime->At(ExtensionPoint::kQueueSort);
    if (profiles->sorter_ == nullptr && !sorters.empty()) {
      profiles->sorter_ = sorters.front().plugin;
    }
    auto rejecting = framework::RejectingPlugins(*runtime);
    if (extender_events != nullptr) rejecting.push_back(extender_events.get());
    auto events = std::make_unique<EventRegistrations>(rejecting, hints);
    const auto entry = profiles->profiles_.emplace(profile.scheduler_name,
                                                   Profile{std::move(runtime), std::move(events)});
    if (profiles->first_ == nullptr) profiles->first_ = &entry.first->second;
  }
  return profiles;
}

const Profiles::Profile* Profiles::Find(const api::Pod& pod) const {
  if (options_.first_serves_all) return first_;
  const auto it = profiles_.find(pod.spec->scheduler_name);
  return it == profiles_.end() ? nullptr : &it->second;
}

ProfileRuntime* Profiles::Of(const api::Pod& pod) const {
  const Profile* profile = Find(pod);
  return profile == nullptr ? nullptr : profile->runtime.get();
}

ProfileRuntime* Profiles::Named(std::string_view scheduler_name) const {
  const auto it = profiles_.find(scheduler_name);
  return it == profiles_.end() ? nullptr : it->second.runtime.get();
}

std::vector<std::string_view> Profiles::PluginsAt(ExtensionPoint point) const {
  std::vector<std::string_view> names;
  for (const auto& [name, profile] : profiles_) {
    for (const auto& active : profile.runtime->At(point)) names.push_back(active.plugin->Name());
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

bool Profiles::Less(const QueuedPod& a, const QueuedPod& b) const {
  const framework::QueuedPod left{a.pod.get(), a.timestamp.time_since_epoch().count()};
  const framework::QueuedPod right{b.pod.get(), b.timestamp.time_since_epoch().count()};
  return sorter_->Less(left, right);
}

bool Profiles::IsHeldBackBy(const framework::ActivePlugin& active, const api::Pod& pod) const {
  if (!active.plugin->PreEnqueueIn(cluster_, pod).ok()) return true;
  return active.plugin->PreemptsWith() != nullptr && waits_for_victims_ && waits_for_victims_(pod);
}

std::string_view Profiles::PreEnqueue(const api::Pod& pod, std::string_view first) const {
  const Profile* profile = Find(pod);
  if (profile == nullptr) return "";
  const auto& gates = profile->runtime->At(ExtensionPoint::kPreEnqueue);
  const auto asked_first = std::ranges::find_if(
      gates, [&](const auto& active) { return active.plugin->Name() == first; });
  if (asked_first != gates.end() && IsHeldBackBy(*asked_first, pod)) return first;
  for (const auto& active : gates) {
    if (active.plugin->Name() != first && IsHeldBackBy(active, pod)) return active.plugin->Name();
  }
  return "";
}

bool Profiles::Wanted(const framework::ClusterEvent& event) const {
  return std::ranges::any_of(profiles_,
                             [&](const auto& entry) { return entry.second.events->Wanted(event); });
}

bool Profiles::WantedBy(std::string_view plugin, const framework::ClusterEvent& event) const {
  return std::ranges::any_of(
      profiles_, [&](const auto& entry) { return entry.second.events->WantedBy(plugin, event); });
}

framework::QueueingStrategy Profiles::WorthRequeuing(const QueuedPod& pod,
                                                     const framework::ObjectChange& change) const {
  const Profile* profile = Find(*pod.pod);
  if (profile == nullptr) return framework::QueueingStrategy::kSkip;
  const framework::PodContext context{cluster_, cluster_.classes.ClassOfPending(*pod.pod)};
  return profile->events->WorthRequeuing(pod.rejectors, context, *pod.pod, change);
}

}  // namespace berth::queue
