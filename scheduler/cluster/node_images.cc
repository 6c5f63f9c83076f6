#include "scheduler/cluster/node_images.h"

#include <algorithm>

namespace berth::cluster {

void NodeImages::SetNode(NodeIndex row, const std::vector<api::ContainerImage>& images) {
  auto& states = by_row_[row];
  for (const State& state : states) {
    const auto it = images_.find(state.name);
    if (--it->second.node_count > 0) continue;
    images_.erase(it);
    ++known_version_;
  }
  states.clear();
  for (const auto& image : images) {
    for (const auto& name : image.names) {
      const base::Symbol symbol = symbols_.Intern(name);
      if (std::ranges::find(states, symbol, &State::name) != states.end()) continue;
      const auto [it, is_new] = images_.emplace(symbol, Image{image.size_bytes, 0});
      Image& entry = it->second;
      if (is_new) ++known_version_;
      states.push_back({symbol, entry.size_bytes, ++entry.node_count});
    }
  }
  std::ranges::sort(states, {}, &State::name);
}

bool NodeImages::Recount(NodeIndex row) {
  bool differs = false;
  for (State& state : by_row_[row]) {
    const std::int32_t now = images_.find(state.name)->second.node_count;
    differs |= state.node_count != now;
    state.node_count = now;
  }
  return differs;
}

const NodeImages::State* NodeImages::Find(NodeIndex row, base::Symbol name) const {
  const auto& states = by_row_[row];
  const auto it = std::ranges::lower_bound(states, name, {}, &State::name);
  return it == states.end() || it->name != name ? nullptr : &*it;
}

}  // namespace berth::cluster
