#include "scheduler/cluster/pod_matcher.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::cluster {

bool PodMatcher::Matches(Symbol pod_namespace, std::span<const Label> namespace_labels,
                         std::span<const Label> pod_labels, const base::Interner& symbols) const {
  const bool in_namespace =
      all_namespaces || std::ranges::binary_search(namespaces, pod_namespace) ||
      (namespace_selector && namespace_selector->Matches(namespace_labels, symbols));
  return in_namespace && selector.Matches(pod_labels, symbols);
}

void PodMatcher::AppendKey(std::string& key) const {
  base::AppendKey(key, all_namespaces);
  base::AppendKey(key, namespaces.size());
  for (const Symbol name : namespaces) base::AppendKey(key, name);
  base::AppendKey(key, namespace_selector.has_value());
  std::string part;
  if (namespace_selector) namespace_selector->AppendKey(part);
  base::AppendKey(key, part);
  selector.AppendKey(key);
}

}  // namespace berth::cluster
