#include "scheduler/api/pod_defaults.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace berth::api {
namespace {

using base::Fail;
using base::Result;

constexpr std::string_view kDefaultScheduler = "default-scheduler";
constexpr std::string_view kDefaultProtocol = "TCP";
constexpr std::string_view kHugePages = "hugepages-";

constexpr std::pair<std::string_view, std::int32_t> kBuiltInPriorities[] = {
    {"system-cluster-critical", 2'000'000'000},
    {"system-node-critical", 2'000'001'000},
};

bool IsPodLevelResource(std::string_view name) {
  return name == "cpu" || name == "memory" || name.starts_with(kHugePages);
}

// ---- Containers ----

void DefaultResources(ResourceRequirements& resources) {
  RoundUpToMilli(resources.limits);
  RoundUpToMilli(resources.requests);
  for (const auto& [name, limit] : resources.limits) {
    if (!resources.requests.Contains(name)) resources.requests[name] = limit;
  }
}

void DefaultContainers(std::vector<Container>& containers, bool host_network) {
  for (Container& container : containers) {
    DefaultResources(container.resources);
    for (ContainerPort& port : container.ports) {
      if (port.protocol.empty()) port.protocol = kDefaultProtocol;
      if (host_network && port.host_port == 0) port.host_port = port.container_port;
    }
  }
}

// ---- Pod-level resources ----

void AddTo(ResourceList& sum, const ResourceList& amounts) {
  for (const auto& [name, amount] : amounts) sum[name] += amount;
}

void RaiseTo(ResourceList& most, const ResourceList& amounts) {
  for (const auto& [name, amount] : amounts) most[name] = std::max(most[name], amount);
}

// What the containers need together: the sum of those that run side by side, or the most that is
// needed while one is being initialised, with the sidecars that have started by then.
ResourceList Aggregate(const PodSpec& spec, ResourceList ResourceRequirements::* amounts) {
  ResourceList running;
  for (const Container& container : spec.containers) {
    AddTo(running, container.resources.*amounts);
  }
  ResourceList sidecars;
  ResourceList initialising;
  for (const Container& container : spec.init_containers) {
    ResourceList step = sidecars;
    AddTo(step, container.resources.*amounts);
    RaiseTo(initialising, step);
    if (!container.restart_always) continue;
    AddTo(running, container.resources.*amounts);
    sidecars = std::move(step);
  }
  RaiseTo(running, initialising);
  return running;
}

// Huge pages cannot be overcommitted: what the containers are limited to is the pod's limit.
void DefaultHugePageLimits(const PodSpec& spec, ResourceRequirements& pod) {
  if (pod.limits.empty() && pod.requests.empty()) return;
  for (const auto& [name, limit] : Aggregate(spec, &ResourceRequirements::limits)) {
    if (!name.starts_with(kHugePages) || pod.requests.Contains(name)) continue;
    if (!pod.limits.Contains(name)) pod.limits[name] = limit;
  }
}

void DefaultPodRequests(const PodSpec& spec, ResourceRequirements& pod) {
  if (pod.limits.empty()) return;
  for (const auto& [name, request] : Aggregate(spec, &ResourceRequirements::requests)) {
    const bool counts = IsPodLevelResource(name) && !name.starts_with(kHugePages);
    if (counts && !pod.requests.Contains(name)) pod.requests[name] = request;
  }
  for (const auto& [name, limit] : pod.limits) {
    if (IsPodLevelResource(name) && !pod.requests.Contains(name)) pod.requests[name] = limit;
  }
}

void DefaultPodLevelResources(PodSpec& spec) {
  if (!spec.resources) return;
  RoundUpToMilli(spec.resources->limits);
  RoundUpToMilli(spec.resources->requests);
  DefaultHugePageLimits(spec, *spec.resources);
  DefaultPodRequests(spec, *spec.resources);
}

// ---- Label keys ----

// Whether the selector already asks for exactly this.
bool Has(const LabelSelector& selector, const Requirement& requirement) {
  return std::ranges::find(selector.match_expressions, requirement) !=
         selector.match_expressions.end();
}

void MergeKeys(const StringMap& labels, const std::vector<std::string>& keys, SelectorOperator op,
               LabelSelector& selector) {
  for (const std::string& key : keys) {
    const std::string* value = labels.Find(key);
    if (value == nullptr) continue;
    Requirement requirement{key, op, {*value}};
    if (!Has(selector, requirement)) selector.match_expressions.push_back(std::move(requirement));
  }
}

// A term without a selector matches no pod, and keys do not change that.
void MergeTerm(const StringMap& labels, PodAffinityTerm& term) {
  if (!term.label_selector) return;
  MergeKeys(labels, term.match_label_keys, SelectorOperator::kIn, *term.label_selector);
  MergeKeys(labels, term.mismatch_label_keys, SelectorOperator::kNotIn, *term.label_selector);
}

template <typename Visit>
void ForEachTerm(std::optional<PodAffinity>& affinity, Visit visit) {
  if (!affinity) return;
  for (PodAffinityTerm& term : affinity->required) visit(term);
  for (WeightedPodAffinityTerm& term : affinity->preferred) visit(term.term);
}

bool HasKeys(const PodAffinityTerm& term) {
  return !term.match_label_keys.empty() || !term.mismatch_label_keys.empty();
}

bool HasKeys(const std::optional<PodAffinity>& affinity) {
  if (!affinity) return false;
  return std::ranges::any_of(affinity->required, [](const auto& term) { return HasKeys(term); }) ||
         std::ranges::any_of(affinity->preferred,
                             [](const auto& weighted) { return HasKeys(weighted.term); });
}

// ---- Classes ----

void AddBuiltIn(std::unordered_map<std::string, PriorityClass>& classes) {
  for (const auto& [name, value] : kBuiltInPriorities) {
    PriorityClass object;
    object.meta.name = name;
    object.value = value;
    classes.try_emplace(std::string(name), std::move(object));
  }
}

Result<void> MergeNodeSelector(const RuntimeClass& runtime, PodSpec& spec) {
  for (const auto& [key, value] : runtime.node_selector) {
    if (!spec.node_selector) spec.node_selector.emplace();
    const std::string* own = spec.node_selector->Find(key);
    if (own != nullptr && *own != value) {
      return Fail("spec.nodeSelector[" + key + "]: contradicts RuntimeClass " + runtime.meta.name);
    }
    (*spec.node_selector)[key] = value;
  }
  return {};
}

}  // namespace

Result<PodDefaults> PodDefaults::Make(const std::vector<PriorityClass>& priority_classes,
                                      const std::vector<RuntimeClass>& runtime_classes) {
  PodDefaults defaults;
  for (const PriorityClass& object : priority_classes) {
    defaults.priority_classes_.insert_or_assign(object.meta.name, object);
    if (!object.global_default) continue;
    std::string& chosen = defaults.global_default_;
    // Several are possible after an upgrade; the API server then takes the lowest value.
    if (chosen.empty() || object.value < defaults.priority_classes_.at(chosen).value) {
      chosen = object.meta.name;
    }
  }
  AddBuiltIn(defaults.priority_classes_);
  for (const RuntimeClass& object : runtime_classes) {
    defaults.runtime_classes_.insert_or_assign(object.meta.name, object);
  }
  return defaults;
}

Result<void> PodDefaults::Apply(PodSpec& spec, bool admitted) const {
  if (spec.scheduler_name.empty()) {
    spec.scheduler_name = kDefaultScheduler;
    spec.scheduler_by_default = true;
  }
  DefaultContainers(spec.containers, spec.host_network);
  DefaultContainers(spec.init_containers, spec.host_network);
  DefaultPodLevelResources(spec);
  RoundUpToMilli(spec.overhead);
  BERTH_TRY(ApplyPriority(spec));
  return admitted ? Result<void>() : ApplyRuntimeClass(spec);
}

// A priority that is already there was put there by an API server and stays: the recorded class may
// have changed since, or not be in the recording.
Result<void> PodDefaults::ApplyPriority(PodSpec& spec) const {
  const std::string& name =
      spec.priority_class_name.empty() ? global_default_ : spec.priority_class_name;
  const auto found = priority_classes_.find(name);
  if (spec.priority) {
    if (spec.priority_class_name.empty() || found == priority_classes_.end()) return {};
  } else if (found == priority_classes_.end()) {
    if (name.empty()) return {};
    return Fail("spec.priorityClassName: there is no PriorityClass \"" + name.substr(0, 80) + "\"");
  }
  if (!spec.priority) spec.priority = found->second.value;
  if (!spec.preemption_policy) spec.preemption_policy = found->second.preemption_policy;
  if (spec.priority_class_name.empty()) spec.priority_class_name = name;
  return {};
}

Result<void> PodDefaults::ApplyRuntimeClass(PodSpec& spec) const {
  if (spec.runtime_class_name.empty()) return {};
  const auto found = runtime_classes_.find(spec.runtime_class_name);
  if (found == runtime_classes_.end()) {
    return Fail("spec.runtimeClassName: there is no RuntimeClass \"" +
                spec.runtime_class_name.substr(0, 80) + "\"");
  }
  const RuntimeClass& runtime = found->second;
  if (spec.overhead.empty()) {
    spec.overhead = runtime.overhead;
    RoundUpToMilli(spec.overhead);
  }
  BERTH_TRY(MergeNodeSelector(runtime, spec));
  for (const Toleration& toleration : runtime.tolerations) {
    const bool has = std::ranges::find(spec.tolerations, toleration) != spec.tolerations.end();
    if (!has) spec.tolerations.push_back(toleration);
  }
  return {};
}

bool NeedsLabels(const PodSpec& spec) {
  return spec.affinity &&
         (HasKeys(spec.affinity->pod_affinity) || HasKeys(spec.affinity->pod_anti_affinity));
}

void MergeLabelKeys(const StringMap& pod_labels, PodSpec& spec) {
  if (!spec.affinity) return;
  const auto merge = [&](PodAffinityTerm& term) { MergeTerm(pod_labels, term); };
  ForEachTerm(spec.affinity->pod_affinity, merge);
  ForEachTerm(spec.affinity->pod_anti_affinity, merge);
}

void RoundUpToMilli(ResourceList& resources) {
  constexpr __int128 kMilli = 1'000'000;
  for (auto& [name, amount] : resources) {
    const __int128 rest = amount.nanos() % kMilli;
    if (rest > 0) amount = Quantity::FromNanos(amount.nanos() - rest + kMilli);
  }
}

std::string NameSuffix(std::uint64_t number) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  static constexpr std::size_t kLength = 5;
  constexpr std::uint64_t kCount = 27ull * 27 * 27 * 27 * 27;
  // A multiplier without a common factor with the count visits every number once.
  std::uint64_t scrambled = (number % kCount) * 8'954'617 % kCount;
  std::string suffix(kLength, ' ');
  for (char& c : suffix) {
    c = kAlphabet[scrambled % kAlphabet.size()];
    scrambled /= kAlphabet.size();
  }
  return suffix;
}

}  // namespace berth::api
