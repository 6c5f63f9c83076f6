#include "scheduler/cluster/selector_owners.h"

namespace berth::cluster {
namespace {

void Merge(api::StringMap& into, const api::StringMap& from) {
  for (const auto& [key, value] : from) into[key] = value;
}

void AddRequirements(CompiledSelector& selector, const api::LabelSelector& added,
                     base::Interner& symbols) {
  for (const auto& [key, value] : added.match_labels) {
    selector.Add({symbols.Intern(key), api::SelectorOperator::kIn, {symbols.Intern(value)}, 0});
  }
  for (const auto& expression : added.match_expressions) {
    if (auto requirement = CompileRequirement(expression, symbols)) {
      selector.Add(*std::move(requirement));
    }
  }
}

}  // namespace

void SelectorOwners::AddService(const api::Service& service) {
  ++version_;
  if (service.selector) {
    service_selectors_[service.meta.namespace_name].push_back(*service.selector);
  }
}

void SelectorOwners::AddReplicationController(const api::ReplicationController& controller) {
  ++version_;
  replication_controllers_[{controller.meta.namespace_name, controller.meta.name}] =
      controller.selector.value_or(api::StringMap());
}

void SelectorOwners::AddReplicaSet(const api::LabelSelectorOwner& set) {
  ++version_;
  replica_sets_[{set.meta.namespace_name, set.meta.name}] =
      set.selector.value_or(api::LabelSelector());
}

void SelectorOwners::AddStatefulSet(const api::LabelSelectorOwner& set) {
  ++version_;
  stateful_sets_[{set.meta.namespace_name, set.meta.name}] =
      set.selector.value_or(api::LabelSelector());
}

CompiledSelector SelectorOwners::DefaultSelector(const PodClass& pod,
                                                 std::span<const Label> labels) const {
  const std::string namespace_name(symbols_.Text(pod.namespace_name));
  api::StringMap merged;
  if (const auto it = service_selectors_.find(namespace_name); it != service_selectors_.end()) {
    for (const auto& selector : it->second) {
      if (CompiledSelector::Compile(selector, symbols_).Matches(labels, symbols_)) {
        Merge(merged, selector);
      }
    }
  }
  const Name owner(namespace_name, pod.controller.name);
  const auto is_owned_by = [&](std::string_view api_version, std::string_view kind) {
    return pod.controller.api_version == api_version && pod.controller.kind == kind;
  };
  if (is_owned_by("v1", "ReplicationController")) {
    const auto it = replication_controllers_.find(owner);
    if (it != replication_controllers_.end()) Merge(merged, it->second);
  }
  CompiledSelector selector = CompiledSelector::Compile(merged, symbols_);
  const auto* sets = is_owned_by("apps/v1", "ReplicaSet")    ? &replica_sets_
                     : is_owned_by("apps/v1", "StatefulSet") ? &stateful_sets_
                                                             : nullptr;
  if (sets != nullptr) {
    if (const auto it = sets->find(owner); it != sets->end()) {
      AddRequirements(selector, it->second, symbols_);
    }
  }
  return selector;
}

}  // namespace berth::cluster
