// Why a pod fits nowhere, put together as kube-scheduler tells it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/framework/plugin.h"

namespace berth::cycle {

// A node that was looked at and rejected: the first filter that said no, and what it said.
struct RejectedNode {
  framework::NodeIndex node;
  std::string_view plugin;
  framework::NodeStatus status;
};

struct Diagnosis {
  // Set if a PreFilter rejected the pod: then no node was looked at.
  framework::Status prefilter;
  std::string prefilter_plugin;

  std::vector<RejectedNode> rejected;
  std::vector<std::shared_ptr<const void>> word_owners;  // of the reasons in `rejected`
  // What holds for the nodes that were not looked at because PreFilter plugins narrowed them away.
  framework::Status absent;
  std::string absent_plugin;
  std::size_t all_nodes = 0;

  // The FailedScheduling sentence without what PostFilter adds:
  // "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu."
  std::string Message() const;
};

}  // namespace berth::cycle
