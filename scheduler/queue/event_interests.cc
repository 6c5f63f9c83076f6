#include "scheduler/queue/event_interests.h"

#include <algorithm>

namespace berth::queue {
namespace {

constexpr base::Symbol kSharedBit = 63;

PluginBits Bit(base::Symbol plugin) { return PluginBits{1} << std::min(plugin, kSharedBit); }

}  // namespace

PluginBits EventInterests::BitOf(std::string_view plugin) {
  const std::size_t known = names_.size();
  const base::Symbol symbol = names_.Intern(plugin);
  if (symbol == known) {
    for (KnownEvent& kind : kinds_) kind.interested |= InterestIn(kind.event, symbol);
  }
  return Bit(symbol);
}

PluginBits EventInterests::BitsOf(const framework::Rejectors& rejectors) {
  PluginBits bits = 0;
  for (const std::string_view plugin : rejectors.unschedulable) bits |= BitOf(plugin);
  for (const std::string_view plugin : rejectors.pending) bits |= BitOf(plugin);
  return bits;
}

EventInterests::Kind EventInterests::KindOf(const framework::ClusterEvent& event) {
  const auto it = std::ranges::find(kinds_, event, &KnownEvent::event);
  if (it != kinds_.end()) return static_cast<Kind>(it - kinds_.begin());
  KnownEvent kind{event, event.IsWildcard() || plugins_.Wanted(event), 0};
  for (base::Symbol plugin = 0; plugin < names_.size(); ++plugin) {
    kind.interested |= InterestIn(event, plugin);
  }
  kinds_.push_back(kind);
  return kinds_.size() - 1;
}

PluginBits EventInterests::InterestIn(const framework::ClusterEvent& event,
                                      base::Symbol plugin) const {
  const bool wants = plugin >= kSharedBit || plugins_.WantedBy(names_.Text(plugin), event);
  return wants ? Bit(plugin) : 0;
}

}  // namespace berth::queue
