#include "scheduler/cluster/selector_owners.h"

#include <utility>

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

void SelectorOwners::SetService(const api::Service& service) {
  if (!service.selector) return RemoveService(service.meta);
  auto& selectors = service_selectors_[service.meta.namespace_name];
  const auto [it, is_new] = selectors.try_emplace(service.meta.name, *service.selector);
  if (!is_new && it->second == *service.selector) return;
  it->second = *service.selector;
  ++version_;
}

void SelectorOwners::RemoveService(const api::ObjectMeta& meta) {
  const auto it = service_selectors_.find(meta.namespace_name);
  if (it != service_selectors_.end() && it->second.erase(meta.name) > 0) ++version_;
}

template <typename Selector>
void SelectorOwners::SetOwner(std::map<Name, Selector>& owners, const api::ObjectMeta& meta,
                              const std::optional<Selector>& selector) {
  const auto [it, is_new] = owners.try_emplace({meta.namespace_name, meta.name});
  Selector value = selector.value_or(Selector());
  if (!is_new && it->second == value) return;
  it->second = std::move(value);
  ++version_;
}

template <typename Selector>
void SelectorOwners::RemoveOwner(std::map<Name, Selector>& owners, const api::ObjectMeta& meta) {
  if (owners.erase({meta.namespace_name, meta.name}) > 0) ++version_;
}

void SelectorOwners::SetReplicationController(const api::ReplicationController& controller) {
  SetOwner(replication_controllers_, controller.meta, controller.selector);
}

void SelectorOwners::SetReplicaSet(const api::LabelSelectorOwner& set) {
  SetOwner(replica_sets_, set.meta, set.selector);
}

void SelectorOwners::SetStatefulSet(const api::LabelSelectorOwner& set) {
  SetOwner(stateful_sets_, set.meta, set.selector);
}

void SelectorOwners::RemoveReplicationController(const api::ObjectMeta& meta) {
  RemoveOwner(replication_controllers_, meta);
}

void SelectorOwners::RemoveReplicaSet(const api::ObjectMeta& meta) {
  RemoveOwner(replica_sets_, meta);
}

void SelectorOwners::RemoveStatefulSet(const api::ObjectMeta& meta) {
  RemoveOwner(stateful_sets_, meta);
}

CompiledSelector SelectorOwners::DefaultSelector(const PodClass& pod,
                                                 std::span<const Label> labels) const {
  const std::string namespace_name(symbols_.Text(pod.namespace_name));
  api::StringMap merged;
  if (const auto it = service_selectors_.find(namespace_name); it != service_selectors_.end()) {
    for (const auto& [name, selector] : it->second) {
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
