// Which pods a term means: namespaces and a label selector, compiled.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/cluster/labels.h"

namespace berth::cluster {

// Matches a pod whose namespace is listed, or any namespace, or one whose labels the namespace
// selector takes; and whose labels the selector takes.
struct PodMatcher {
  std::vector<Symbol> namespaces;  // sorted
  bool all_namespaces = false;
  std::optional<CompiledSelector> namespace_selector;
  CompiledSelector selector;

  bool Matches(Symbol pod_namespace, std::span<const Label> namespace_labels,
               std::span<const Label> pod_labels, const base::Interner& symbols) const;
  void AppendKey(std::string& key) const;
};

}  // namespace berth::cluster
