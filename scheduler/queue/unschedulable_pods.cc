#include "scheduler/queue/unschedulable_pods.h"

#include "scheduler/base/check.h"

namespace berth::queue {

void UnschedulablePods::Add(Entry& entry) {
  const PluginBits gating = entry.gated() ? interests_.BitOf(entry.gating_plugin) : 0;
  const UnschedulableGroup::Key key{interests_.BitsOf(entry.rejectors), gating};
  UnschedulableGroup& group = groups_.try_emplace(key, UnschedulableGroup{key, {}}).first->second;
  entry.group = &group;
  entry.group_index = group.pods.size();
  group.pods.push_back(&entry);
  ++size_;
  if (entry.gated()) ++gated_;
  if (IsConcerned(key, timeout_)) to_flush_.Push(entry);
}

void UnschedulablePods::Remove(Entry& entry) {
  UnschedulableGroup& group = *entry.group;
  BERTH_DCHECK(group.pods[entry.group_index] == &entry);
  group.pods[entry.group_index] = group.pods.back();
  group.pods[entry.group_index]->group_index = entry.group_index;
  group.pods.pop_back();
  entry.group = nullptr;
  --size_;
  if (entry.gated()) --gated_;
  if (entry.flush_index != kNotInHeap) to_flush_.Remove(entry);
  if (group.pods.empty()) groups_.erase(UnschedulableGroup::Key(group.key));
}

void UnschedulablePods::AppendConcerned(EventInterests::Kind event,
                                        std::vector<Entry*>& out) const {
  for (const auto& [key, group] : groups_) {
    if (IsConcerned(key, event)) out.insert(out.end(), group.pods.begin(), group.pods.end());
  }
}

bool UnschedulablePods::IsConcerned(const Entry& entry, EventInterests::Kind event) const {
  return IsConcerned(entry.group->key, event);
}

bool UnschedulablePods::IsConcerned(const UnschedulableGroup::Key& key,
                                    EventInterests::Kind event) const {
  if (key.gating_plugin != 0 && !interests_.WantedBy(key.gating_plugin, event)) return false;
  return interests_.EventOf(event).IsWildcard() || interests_.WantedBy(key.rejectors, event);
}

std::optional<base::Clock::Steady> UnschedulablePods::OldestToFlush() const {
  if (to_flush_.empty()) return std::nullopt;
  return to_flush_.top().timestamp;
}

void UnschedulablePods::AppendToFlush(base::Clock::Steady time, std::vector<Entry*>& out) {
  const std::size_t first = out.size();
  while (!to_flush_.empty() && to_flush_.top().timestamp < time) {
    out.push_back(&to_flush_.top());
    to_flush_.Remove(to_flush_.top());
  }
  for (std::size_t i = first; i < out.size(); ++i) to_flush_.Push(*out[i]);
}

}  // namespace berth::queue
