// The defaults of one PodSpec. See defaults.h for what they are.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"

namespace berth::api {

// The cluster's classes, by name, with those that every cluster has. Immutable: safe on any thread.
class PodDefaults {
 public:
  static base::Result<PodDefaults> Make(const std::vector<PriorityClass>& priority_classes,
                                        const std::vector<RuntimeClass>& runtime_classes);

  // All but what depends on the pod's labels. Fails on classes that do not exist or contradict the
  // specification, with the path of the field. A pod that was `admitted` has met its RuntimeClass.
  base::Result<void> Apply(PodSpec& spec, bool admitted) const;

 private:
  base::Result<void> ApplyPriority(PodSpec& spec) const;
  base::Result<void> ApplyRuntimeClass(PodSpec& spec) const;

  std::unordered_map<std::string, PriorityClass> priority_classes_;
  std::unordered_map<std::string, RuntimeClass> runtime_classes_;
  std::string global_default_;  // a name in priority_classes_, or empty
};

// Whether some affinity term has label keys whose values are the pod's own.
bool NeedsLabels(const PodSpec& spec);

// Adds `key In [value of the pod]` for matchLabelKeys and `key NotIn [...]` for mismatchLabelKeys
// to the selectors of the affinity terms, once; keys that the pod does not have are passed over.
void MergeLabelKeys(const StringMap& pod_labels, PodSpec& spec);

// Amounts finer than a thousandth are rounded up to one, as the API server stores them.
void RoundUpToMilli(ResourceList& resources);

// Five characters of the alphabet that generated names have, different for every number below
// 27^5 (some 14 million), and without an order that shows.
std::string NameSuffix(std::uint64_t number);

}  // namespace berth::api
