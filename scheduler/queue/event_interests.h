// Which plugins want to hear of which events, as bits: to leave out pods that an event cannot help
// without looking at them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scheduler/base/interner.h"
#include "scheduler/framework/cluster_event.h"
#include "scheduler/queue/queue_plugins.h"

namespace berth::queue {

using PluginBits = std::uint64_t;

// Plugins and events are numbered as they are first seen. From the 64th on plugins share a bit, and
// are taken to want every event: whoever asks WorthRequeuing then still gets the right answer.
// Not thread-safe.
class EventInterests {
 public:
  using Kind = std::size_t;  // of an event: everything but its object

  explicit EventInterests(const QueuePlugins& plugins) : plugins_(plugins) {}

  PluginBits BitOf(std::string_view plugin);
  PluginBits BitsOf(const framework::Rejectors& rejectors);

  Kind KindOf(const framework::ClusterEvent& event);
  const framework::ClusterEvent& EventOf(Kind kind) const { return kinds_[kind].event; }
  // Whether anybody at all wants it; a wildcard is always wanted.
  bool Wanted(Kind kind) const { return kinds_[kind].wanted; }
  // Whether one of the plugins may want it.
  bool WantedBy(PluginBits plugins, Kind kind) const {
    return (kinds_[kind].interested & plugins) != 0;
  }
  std::size_t kinds() const { return kinds_.size(); }

 private:
  struct KnownEvent {
    framework::ClusterEvent event;
    bool wanted;
    PluginBits interested;
  };

  PluginBits InterestIn(const framework::ClusterEvent& event, base::Symbol plugin) const;

  const QueuePlugins& plugins_;
  base::Interner names_;
  std::vector<KnownEvent> kinds_;
};

}  // namespace berth::queue
