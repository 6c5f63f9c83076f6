// The host ports in use on each node.
#pragma once

#include <vector>

#include "scheduler/cluster/pod_class.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

// A set per node, as in kube-scheduler: where two pods hold the same port (which only a pod bound
// by somebody else can bring about), the first to go frees it. Not thread-safe for writing.
class HostPorts {
 public:
  explicit HostPorts(base::Interner& symbols) : any_ip_(symbols.Intern("0.0.0.0")) {}

  void Resize(std::size_t rows) {
    used_.resize(rows);
    nodes_.Resize(rows);
  }
  void Add(NodeIndex row, const std::vector<HostPort>& ports);
  void Remove(NodeIndex row, const std::vector<HostPort>& ports);

  // What is in use on a node, and back to what was, after pods have come and gone for a moment.
  const std::vector<HostPort>& Used(NodeIndex row) const { return used_[row]; }
  void Restore(NodeIndex row, std::vector<HostPort> used);

  // Nodes on which any host port is in use.
  const scoring::NodeMask& nodes() const { return nodes_; }
  // Whether one of the wanted ports is taken: same protocol and number, and the same address or
  // either of them 0.0.0.0.
  bool Conflicts(NodeIndex row, const std::vector<HostPort>& wanted) const;

 private:
  Symbol any_ip_;
  std::vector<std::vector<HostPort>> used_;  // sorted
  scoring::NodeMask nodes_;
};

}  // namespace berth::cluster
