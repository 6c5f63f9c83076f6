#include "scheduler/api/defaults.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "scheduler/api/pod_defaults.h"

namespace berth::api {
namespace {

using base::Result;

constexpr std::string_view kDefaultNamespace = "default";
constexpr std::string_view kNamespaceNameLabel = "kubernetes.io/metadata.name";

void SetNamespace(ObjectMeta& meta) {
  if (meta.namespace_name.empty()) meta.namespace_name = kDefaultNamespace;
}

void SetUid(ObjectMeta& meta) {
  if (!meta.uid.empty()) return;
  meta.uid = meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name;
}

template <typename T>
void SetMeta(std::vector<T>& objects, bool namespaced) {
  for (T& object : objects) {
    if (namespaced) SetNamespace(object.meta);
    SetUid(object.meta);
  }
}

void DefaultNode(Node& node) {
  if (node.allocatable.empty()) node.allocatable = node.capacity;
  RoundUpToMilli(node.capacity);
  RoundUpToMilli(node.allocatable);
  SetUid(node.meta);
}

void DefaultNamespaceObject(Namespace& object) {
  object.meta.namespace_name.clear();
  std::string& label = object.meta.labels[kNamespaceNameLabel];
  if (label.empty()) label = object.meta.name;
  SetUid(object.meta);
}

// Names for pods that come with generateName only.
class NameGenerator {
 public:
  explicit NameGenerator(const std::vector<Pod>& pods) {
    for (const Pod& pod : pods) {
      if (!pod.meta.name.empty()) taken_.insert(pod.Key());
    }
  }

  void SetName(ObjectMeta& meta) {
    std::uint64_t& count = counts_[meta.namespace_name + "/" + meta.generate_name];
    do {
      meta.name = meta.generate_name + NameSuffix(count++);
    } while (!taken_.insert(meta.namespace_name + "/" + meta.name).second);
  }

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, std::uint64_t> counts_;
};

void DefaultPodNames(std::vector<Pod>& pods) {
  for (Pod& pod : pods) SetNamespace(pod.meta);
  const bool generate =
      std::ranges::any_of(pods, [](const Pod& pod) { return pod.meta.name.empty(); });
  if (generate) {
    NameGenerator names(pods);
    for (Pod& pod : pods) {
      if (pod.meta.name.empty()) names.SetName(pod.meta);
    }
  }
  for (Pod& pod : pods) SetUid(pod.meta);
}

// Pods share specifications, so each is defaulted once; those that need the pod's labels, once a
// pod.
class SpecDefaulter {
 public:
  SpecDefaulter(const PodDefaults& defaults, PodSpecTable& specs)
      : defaults_(defaults), specs_(specs) {}

  Result<std::shared_ptr<const PodSpec>> Run(const Pod& pod) {
    const bool admitted = pod.meta.creation_timestamp.has_value();
    if (NeedsLabels(*pod.spec)) return Make(*pod.spec, admitted, &pod.meta.labels);
    const auto known = done_[admitted].find(pod.spec);
    if (known != done_[admitted].end()) return known->second;
    BERTH_ASSIGN(auto made, Make(*pod.spec, admitted, nullptr));
    return done_[admitted].emplace(pod.spec, std::move(made)).first->second;
  }

 private:
  Result<std::shared_ptr<const PodSpec>> Make(PodSpec spec, bool admitted,
                                              const StringMap* labels) {
    BERTH_TRY(defaults_.Apply(spec, admitted));
    if (labels != nullptr) MergeLabelKeys(*labels, spec);
    return specs_.Intern(std::move(spec));
  }

  const PodDefaults& defaults_;
  PodSpecTable& specs_;
  // By pointer: equal ones are one object. Holding the key keeps the address from being used again.
  // Of pods that an API server has admitted ([1]) and of raw ones ([0]).
  std::unordered_map<std::shared_ptr<const PodSpec>, std::shared_ptr<const PodSpec>> done_[2];
};

Result<void> DefaultPods(ClusterObjects& objects, PodSpecTable& specs) {
  DefaultPodNames(objects.pods);
  BERTH_ASSIGN(const PodDefaults defaults,
               PodDefaults::Make(objects.priority_classes, objects.runtime_classes));
  SpecDefaulter defaulter(defaults, specs);
  for (std::size_t i = 0; i < objects.pods.size(); ++i) {
    Pod& pod = objects.pods[i];
    auto spec = defaulter.Run(pod);
    if (!spec) {
      return std::unexpected(
          spec.error().Within("Pod " + pod.Key()).Within(objects.SourceOf(objects.pod_origins[i])));
    }
    pod.spec = *std::move(spec);
  }
  return {};
}

}  // namespace

Result<void> ApplyDefaults(ClusterObjects& objects, PodSpecTable& specs) {
  for (Node& node : objects.nodes) DefaultNode(node);
  for (Namespace& object : objects.namespaces) DefaultNamespaceObject(object);
  SetMeta(objects.services, true);
  SetMeta(objects.replication_controllers, true);
  SetMeta(objects.replica_sets, true);
  SetMeta(objects.stateful_sets, true);
  SetMeta(objects.pod_disruption_budgets, true);
  SetMeta(objects.pod_groups, true);
  SetMeta(objects.resource_claims, true);
  SetMeta(objects.resource_claim_templates, true);
  SetMeta(objects.workloads, true);
  SetMeta(objects.priority_classes, false);
  SetMeta(objects.runtime_classes, false);
  ApplyStorageDefaults(objects.storage);
  return DefaultPods(objects, specs);
}

}  // namespace berth::api
