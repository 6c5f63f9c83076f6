#include "scheduler/framework/event_registrations.h"

#include <algorithm>

namespace berth::framework {
namespace {

using config::ExtensionPoint;

constexpr ExtensionPoint kRejectingPoints[] = {
    ExtensionPoint::kPreEnqueue, ExtensionPoint::kPreFilter, ExtensionPoint::kFilter,
    ExtensionPoint::kPostFilter, ExtensionPoint::kReserve,   ExtensionPoint::kPermit,
};

constexpr ClusterEvent kNodeTaint{EventResource::kNode, kUpdateNodeTaint};

bool NeedsTaintUpdates(const std::vector<EventRegistration>& registrations) {
  const auto registers = [&](Actions action) {
    return std::ranges::any_of(registrations, [&](const EventRegistration& registration) {
      return registration.event.resource == EventResource::kNode &&
             (registration.event.actions & action) != 0;
    });
  };
  return registers(kAdd) && !registers(kUpdateNodeTaint);
}

bool Contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// A wildcard event may be about one pod: then it is for that one only.
QueueingStrategy OnWildcard(const api::Pod& pod, const ObjectChange& change) {
  const auto* named = std::get_if<const api::Pod*>(&change.after);
  const bool other = named != nullptr && !IsSamePod(**named, pod);
  return other ? QueueingStrategy::kSkip : QueueingStrategy::kAfterBackoff;
}

}  // namespace

EventRegistrations::EventRegistrations(std::span<const Plugin* const> plugins,
                                       HintObserver* observer)
    : observer_(observer) {
  for (const Plugin* plugin : plugins) {
    auto registrations = plugin->EventsToRegister();
    if (NeedsTaintUpdates(registrations)) registrations.push_back({kNodeTaint, false});
    for (const EventRegistration& registration : registrations) {
      entries_.push_back({plugin, registration});
    }
  }
}

bool EventRegistrations::Wanted(const ClusterEvent& event) const {
  return std::ranges::any_of(
      entries_, [&](const Entry& entry) { return Matches(entry.registration.event, event); });
}

bool EventRegistrations::WantedBy(std::string_view plugin, const ClusterEvent& event) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.plugin->Name() == plugin && Matches(entry.registration.event, event);
  });
}

QueueingStrategy EventRegistrations::WorthRequeuing(const Rejectors& rejectors,
                                                    const PodContext& context, const api::Pod& pod,
                                                    const ObjectChange& change) const {
  if (rejectors.empty()) return QueueingStrategy::kAfterBackoff;
  if (change.event.IsWildcard()) return OnWildcard(pod, change);
  auto strategy = QueueingStrategy::kSkip;
  for (const auto& [plugin, registration] : entries_) {
    const bool pending = Contains(rejectors.pending, plugin->Name());
    if (!pending && !Contains(rejectors.unschedulable, plugin->Name())) continue;
    if (!Matches(registration.event, change.event)) continue;
    // Asked no more than needed: only a pending plugin can still make a difference.
    if (!pending && strategy == QueueingStrategy::kAfterBackoff) continue;
    if (registration.has_hint && !IsWorthIt(*plugin, context, pod, change)) continue;
    if (pending) return QueueingStrategy::kImmediately;
    strategy = QueueingStrategy::kAfterBackoff;
    if (rejectors.pending.empty()) return strategy;
  }
  return strategy;
}

bool EventRegistrations::IsWorthIt(const Plugin& plugin, const PodContext& context,
                                   const api::Pod& pod, const ObjectChange& change) const {
  const auto worth_it = [](const base::Result<Hint>& hint) {
    return !hint || *hint == Hint::kQueue;
  };
  if (observer_ == nullptr) return worth_it(plugin.QueueingHint(context, pod, change));
  const auto start = std::chrono::steady_clock::now();
  const auto hint = plugin.QueueingHint(context, pod, change);
  observer_->OnHint(plugin.Name(), change.event, hint ? std::optional(*hint) : std::nullopt,
                    std::chrono::steady_clock::now() - start);
  return worth_it(hint);
}

std::vector<const Plugin*> RejectingPlugins(const ProfileRuntime& profile) {
  std::vector<const Plugin*> plugins;
  for (const ExtensionPoint point : kRejectingPoints) {
    for (const ActivePlugin& active : profile.At(point)) {
      if (std::ranges::find(plugins, active.plugin) == plugins.end()) {
        plugins.push_back(active.plugin);
      }
    }
  }
  return plugins;
}

}  // namespace berth::framework
