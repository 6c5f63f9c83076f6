#include "scheduler/cluster/node_images.h"

#include <algorithm>

namespace berth::cluster {

std::vector<NodeImages::Holder>::iterator NodeImages::PlaceOf(Image& image, NodeIndex row) {
  auto& holders = image.holders;
  // Nodes mostly come in the order of their rows.
  if (holders.empty() || holders.back().row < row) return holders.end();
  return std::ranges::lower_bound(holders, row, {}, &Holder::row);
}

void NodeImages::SetNode(NodeIndex row, const std::vector<api::ContainerImage>& images) {
  auto& states = by_row_[row];
  for (const State& state : states) {
    const auto it = images_.find(state.name);
    it->second.holders.erase(PlaceOf(it->second, row));
    if (!it->second.holders.empty()) continue;
    images_.erase(it);
    ++known_version_;
  }
  states.clear();
  for (const auto& image : images) {
    for (const auto& name : image.names) {
      const base::Symbol symbol = symbols_.Intern(name);
      if (std::ranges::find(states, symbol, &State::name) != states.end()) continue;
      const auto [it, is_new] = images_.try_emplace(symbol, Image{image.size_bytes, {}});
      Image& entry = it->second;
      if (is_new) ++known_version_;
      const auto node_count = static_cast<std::int32_t>(entry.holders.size()) + 1;
      entry.holders.insert(PlaceOf(entry, row), {row, node_count});
      states.push_back({symbol, entry.size_bytes, node_count});
    }
  }
  std::ranges::sort(states, {}, &State::name);
}

bool NodeImages::Recount(NodeIndex row) {
  bool differs = false;
  for (State& state : by_row_[row]) {
    Image& image = images_.find(state.name)->second;
    const auto now = static_cast<std::int32_t>(image.holders.size());
    if (state.node_count == now) continue;
    differs = true;
    state.node_count = now;
    PlaceOf(image, row)->node_count = now;
  }
  return differs;
}

const NodeImages::State* NodeImages::Find(NodeIndex row, base::Symbol name) const {
  const auto& states = by_row_[row];
  const auto it = std::ranges::lower_bound(states, name, {}, &State::name);
  return it == states.end() || it->name != name ? nullptr : &*it;
}

}  // namespace berth::cluster
