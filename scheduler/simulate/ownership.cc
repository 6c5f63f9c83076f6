#include "scheduler/simulate/ownership.h"

#include <algorithm>

namespace berth::simulate {
namespace {

using api::ObjectMeta;
using api::OwnerReference;
using api::Workload;
using api::WorkloadKind;

constexpr std::string_view kTemplateHashLabel = "pod-template-hash";

// Namespaces are not defaulted yet when ownership is looked at.
std::string Key(const std::string& namespace_name, std::string_view kind, std::string_view name) {
  std::string key = namespace_name.empty() ? "default" : namespace_name;
  key.append("/").append(kind).append("/").append(name);
  return key;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view KindName(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kDeployment:
      return "Deployment";
    case WorkloadKind::kReplicaSet:
      return "ReplicaSet";
    case WorkloadKind::kReplicationController:
      return "ReplicationController";
    case WorkloadKind::kStatefulSet:
      return "StatefulSet";
    case WorkloadKind::kDaemonSet:
      return "DaemonSet";
    case WorkloadKind::kJob:
      return "Job";
    case WorkloadKind::kCronJob:
      return "CronJob";
  }
  return "";
}

Ownership::Ownership(const api::ClusterObjects& objects) {
  for (const api::Pod& pod : objects.pods) Add(pod.meta);
  for (const Workload& workload : objects.workloads) Add(workload.meta);
}

void Ownership::Add(const ObjectMeta& owned) {
  for (const OwnerReference& owner : owned.owner_references) {
    std::string key = Key(owned.namespace_name, owner.kind, owner.name);
    if (owner.uid.empty()) {
      names_without_uid_.insert(key);
    } else {
      uids_.insert(owner.uid);
    }
    names_.insert(std::move(key));
    AddImplied(owned, owner);
  }
}

void Ownership::AddImplied(const ObjectMeta& owned, const OwnerReference& owner) {
  const auto dash = owner.name.rfind('-');
  if (dash == std::string::npos || dash == 0) return;
  const std::string_view name = std::string_view(owner.name).substr(0, dash);
  const std::string_view suffix = std::string_view(owner.name).substr(dash + 1);
  std::string_view kind;
  if (owner.kind == "ReplicaSet") {
    const std::string* hash = owned.labels.Find(kTemplateHashLabel);
    if (hash != nullptr && *hash == suffix) kind = KindName(WorkloadKind::kDeployment);
  } else if (owner.kind == "Job" && IsNumber(suffix)) {
    kind = KindName(WorkloadKind::kCronJob);
  }
  if (kind.empty()) return;
  std::string key = Key(owned.namespace_name, kind, name);
  names_without_uid_.insert(key);
  names_.insert(std::move(key));
}

bool Ownership::Controls(const Workload& workload) const {
  const ObjectMeta& meta = workload.meta;
  const std::string key = Key(meta.namespace_name, KindName(workload.kind), meta.name);
  if (meta.uid.empty()) return names_.contains(key);
  return uids_.contains(meta.uid) || names_without_uid_.contains(key);
}

}  // namespace berth::simulate
