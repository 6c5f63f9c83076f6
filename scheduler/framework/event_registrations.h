// Which events wake which pods: what the plugins of a profile have registered for, and whether an
// event is worth another try for a pod that they have turned away.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::framework {

// Who turned a pod away in its last attempt, by plugin name.
struct Rejectors {
  std::vector<std::string_view> unschedulable;
  std::vector<std::string_view> pending;  // said kPending: they wait for something outside
  bool empty() const { return unschedulable.empty() && pending.empty(); }
};

// Where a pod that was turned away goes on an event.
enum class QueueingStrategy : std::uint8_t {
  kSkip,          // stays where it is
  kAfterBackoff,  // to be tried again when its backoff is over
  kImmediately,
};

// Told of each hint that was asked for: nullopt for one that failed. On the thread that asks.
class HintObserver {
 public:
  virtual ~HintObserver() = default;
  virtual void OnHint(std::string_view /*plugin*/, const ClusterEvent&, std::optional<Hint>,
                      std::chrono::nanoseconds) {}
};

// Immutable; safe to share between threads. The plugins must outlive it.
class EventRegistrations {
 public:
  // Of plugins that can turn pods away, each once. Who registers for nodes that come, but not for
  // changes of their taints, is registered for those too, without a hint: until a new node is
  // ready it has taints on which the pod may have failed first.
  // `observer` may be null; without it no clock is asked.
  explicit EventRegistrations(std::span<const Plugin* const> plugins,
                              HintObserver* observer = nullptr);

  // Whether anybody wants to hear of the event. One that nobody does is not kept for the pods that
  // are just being decided, either.
  bool Wanted(const ClusterEvent& event) const;

  // Whether the named plugin does.
  bool WantedBy(std::string_view plugin, const ClusterEvent& event) const;

  // A pod that nobody has turned away (an attempt that failed) is tried again after its backoff,
  // and so is any pod on a wildcard event, unless that names another pod. Otherwise the hints of
  // those who turned it away decide; an error of a hint, or none, is as good as kQueue.
  // `context` and `pod` are about the pod that waits.
  QueueingStrategy WorthRequeuing(const Rejectors& rejectors, const PodContext& context,
                                  const api::Pod& pod, const ObjectChange& change) const;

 private:
  struct Entry {
    const Plugin* plugin;
    EventRegistration registration;
  };
  // False: the event is not worth it to the plugin.
  bool IsWorthIt(const Plugin& plugin, const PodContext& context, const api::Pod& pod,
                 const ObjectChange& change) const;

  std::vector<Entry> entries_;
  HintObserver* observer_;
};

// The plugins of a profile that can turn pods away, each once.
std::vector<const Plugin*> RejectingPlugins(const ProfileRuntime& profile);

}  // namespace berth::framework
