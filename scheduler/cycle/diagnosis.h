// Why a pod fits nowhere, put together as kube-scheduler tells it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/framework/plugin.h"

namespace berth::cycle {

// What the first filter that said no said of the nodes that it rejected.
struct PluginRejections {
  std::string_view plugin;
  framework::Rejections rejections;
};

struct Diagnosis {
  // Set if a PreFilter rejected the pod: then no node was looked at.
  framework::Status prefilter;
  std::string prefilter_plugin;

  std::vector<PluginRejections> rejected;                // in the order of the filters; disjoint
  std::size_t rejected_count = 0;                        // nodes in all of them
  std::vector<std::shared_ptr<const void>> word_owners;  // of the reasons in `rejected`
  // What holds for the nodes that were not looked at because PreFilter plugins narrowed them away.
  framework::Status absent;
  std::string absent_plugin;
  std::size_t all_nodes = 0;
  // Extenders have taken nodes away, with or without a word. Those with one are in `rejected`,
  // under no plugin.
  bool extenders_dropped_nodes = false;

  // The FailedScheduling sentence without what PostFilter adds:
  // "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu."
  std::string Message() const;

  // Calls visit(NodeIndex, plugin, NodeStatus) for every rejected node, by plugin and reason.
  template <typename Visit>
  void ForEachRejected(Visit visit) const {
    for (const auto& [plugin, rejections] : rejected) {
      for (const auto& [status, nodes] : rejections.groups()) {
        nodes.ForEach([&](framework::NodeIndex node) { visit(node, plugin, status); });
      }
    }
  }
};

}  // namespace berth::cycle
