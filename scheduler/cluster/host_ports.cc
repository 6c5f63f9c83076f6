#include "scheduler/cluster/host_ports.h"

#include <algorithm>

namespace berth::cluster {

void HostPorts::Add(NodeIndex row, const std::vector<HostPort>& ports) {
  auto& used = used_[row];
  for (const HostPort& port : ports) {
    const auto it = std::ranges::lower_bound(used, port);
    if (it == used.end() || *it != port) used.insert(it, port);
  }
  nodes_.SetTo(row, !used.empty());
}

void HostPorts::Remove(NodeIndex row, const std::vector<HostPort>& ports) {
  auto& used = used_[row];
  for (const HostPort& port : ports) std::erase(used, port);
  nodes_.SetTo(row, !used.empty());
}

void HostPorts::Restore(NodeIndex row, std::vector<HostPort> used) {
  nodes_.SetTo(row, !used.empty());
  used_[row] = std::move(used);
}

bool HostPorts::Conflicts(NodeIndex row, const std::vector<HostPort>& wanted) const {
  for (const HostPort& port : wanted) {
    for (const HostPort& used : used_[row]) {
      if (Conflict(used, port, any_ip_)) return true;
    }
  }
  return false;
}

}  // namespace berth::cluster
