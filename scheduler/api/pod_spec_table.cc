#include "scheduler/api/pod_spec_table.h"

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace berth::api {
namespace {

// Mixes values one after another. The fields that tell templates apart go in; a field that is left
// out costs a comparison when all others are equal, never a wrong answer.
class Hasher {
 public:
  void Add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 32;
  }
  void Add(std::string_view text) { Add(std::hash<std::string_view>()(text)); }
  void Add(const std::string& text) { Add(std::string_view(text)); }
  void Add(Quantity quantity) { Add(static_cast<std::uint64_t>(quantity.nanos())); }

  void Add(const Requirement& requirement) {
    Add(requirement.key);
    Add(static_cast<std::uint64_t>(requirement.op));
    Add(requirement.values);
  }
  void Add(const LabelSelector& selector) {
    Add(selector.match_labels);
    Add(selector.match_expressions);
  }
  void Add(const NodeSelectorTerm& term) {
    Add(term.match_expressions);
    Add(term.match_fields);
  }
  void Add(const NodeAffinity& affinity) {
    if (affinity.required) Add(affinity.required->terms);
    for (const auto& term : affinity.preferred) {
      Add(static_cast<std::uint64_t>(term.weight));
      Add(term.preference);
    }
  }
  void Add(const PodAffinityTerm& term) {
    Add(term.topology_key);
    Add(term.label_selector);
    Add(term.namespaces);
  }
  void Add(const PodAffinity& affinity) {
    Add(affinity.required);
    for (const auto& [weight, term] : affinity.preferred) {
      Add(static_cast<std::uint64_t>(weight));
      Add(term);
    }
  }
  void Add(const Affinity& affinity) {
    Add(affinity.node_affinity);
    Add(affinity.pod_affinity);
    Add(affinity.pod_anti_affinity);
  }
  void Add(const ResourceRequirements& resources) {
    Add(resources.requests);
    Add(resources.limits);
  }
  void Add(const ContainerPort& port) {
    Add(static_cast<std::uint64_t>(port.container_port));
    Add(static_cast<std::uint64_t>(port.host_port));
  }
  void Add(const Container& container) {
    Add(container.name);
    Add(container.image);
    Add(container.resources);
    Add(container.ports);
  }
  void Add(const Toleration& toleration) {
    Add(toleration.key);
    Add(toleration.value);
    Add(static_cast<std::uint64_t>(toleration.effect));
  }
  void Add(const TopologySpreadConstraint& constraint) {
    Add(constraint.topology_key);
    Add(static_cast<std::uint64_t>(constraint.max_skew));
    Add(constraint.label_selector);
  }
  void Add(const Volume& volume) {
    Add(volume.name);
    Add(volume.source);
    Add(volume.scope);
  }
  void Add(const PodResourceClaim& claim) {
    Add(claim.resource_claim_name);
    Add(claim.resource_claim_template_name);
  }

  template <typename V>
  void Add(const SmallMap<V>& map) {
    Add(map.size());
    for (const auto& [key, value] : map) {
      Add(key);
      Add(value);
    }
  }
  template <typename T>
  void Add(const std::vector<T>& list) {
    Add(list.size());
    for (const T& element : list) Add(element);
  }
  template <typename T>
  void Add(const std::optional<T>& value) {
    Add(static_cast<std::uint64_t>(value.has_value()));
    if (value) Add(*value);
  }

  std::uint64_t result() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t Hash(const PodSpec& spec) {
  Hasher hasher;
  hasher.Add(spec.containers);
  hasher.Add(spec.init_containers);
  hasher.Add(spec.resources);
  hasher.Add(spec.overhead);
  hasher.Add(spec.node_selector);
  hasher.Add(spec.affinity);
  hasher.Add(spec.tolerations);
  hasher.Add(spec.topology_spread_constraints);
  hasher.Add(spec.scheduling_gates);
  hasher.Add(spec.volumes);
  hasher.Add(spec.resource_claims);
  hasher.Add(spec.scheduler_name);
  hasher.Add(spec.priority_class_name);
  hasher.Add(spec.runtime_class_name);
  hasher.Add(static_cast<std::uint64_t>(spec.priority.value_or(0)));
  return hasher.result();
}

std::shared_ptr<const PodSpec> PodSpecTable::Intern(PodSpec spec) {
  const std::uint64_t hash = Hash(spec);
  Shard& shard = shards_[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  auto& candidates = shard.specs[hash];
  for (const auto& candidate : candidates) {
    if (*candidate == spec) return candidate;
  }
  return candidates.emplace_back(std::make_shared<const PodSpec>(std::move(spec)));
}

std::size_t PodSpecTable::size() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, specs] : shard.specs) count += specs.size();
  }
  return count;
}

}  // namespace berth::api
