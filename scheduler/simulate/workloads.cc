#include "scheduler/simulate/workloads.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/api/selector_match.h"
#include "scheduler/simulate/daemon_set.h"
#include "scheduler/simulate/ownership.h"
#include "scheduler/simulate/volume_claims.h"

namespace berth::simulate {
namespace {

using api::ClusterObjects;
using api::ObjectMeta;
using api::Origin;
using api::OwnerReference;
using api::Pod;
using api::PodSpec;
using api::Workload;
using api::WorkloadKind;
using base::Fail;
using base::Result;

constexpr std::string_view kTemplateHash = "pod-template-hash";
constexpr std::string_view kRevisionHash = "controller-revision-hash";
constexpr std::string_view kCompletionIndex = "batch.kubernetes.io/job-completion-index";

// As short and of the same alphabet as the hashes of the controllers (FNV-1a of 32 bits).
std::string SafeHash(std::string_view text) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::string encoded;
  for (const char digit : std::to_string(hash)) {
    encoded += kAlphabet[static_cast<std::size_t>(digit - '0')];
  }
  return encoded;
}

std::string_view ApiVersion(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kReplicationController:
      return "v1";
    case WorkloadKind::kJob:
    case WorkloadKind::kCronJob:
      return "batch/v1";
    default:
      return "apps/v1";
  }
}

std::string HashOf(const ObjectMeta& meta) {
  return SafeHash(meta.namespace_name + "/" + meta.name);
}

// The workload that a pod names as its controller.
struct Controller {
  WorkloadKind kind;
  std::string name;
  std::string uid;
};

class Expander {
 public:
  Expander(ClusterObjects& objects, api::PodSpecTable& specs)
      : objects_(objects), specs_(specs), claims_(objects.storage) {}

  void Expand(const Workload& workload, std::vector<Pod>& out) {
    switch (workload.kind) {
      case WorkloadKind::kDeployment:
        return ExpandDeployment(workload, out);
      case WorkloadKind::kStatefulSet:
        return ExpandStatefulSet(workload, out);
      case WorkloadKind::kDaemonSet:
        return ExpandDaemonSet(workload, out);
      case WorkloadKind::kJob:
        return ExpandJob(workload, workload.meta.name, workload.meta.uid, out);
      // The controller names a Job by the minute it was due in.
      case WorkloadKind::kCronJob:
        return ExpandJob(workload, workload.meta.name + "-1", "", out);
      case WorkloadKind::kReplicaSet:
      case WorkloadKind::kReplicationController:
        break;
    }
    const Pod pod = MakePod(workload, {workload.kind, workload.meta.name, workload.meta.uid});
    out.insert(out.end(), Count(workload), pod);
  }

 private:
  static std::size_t Count(const Workload& workload) {
    return static_cast<std::size_t>(workload.replicas);
  }

  // A pending pod of the template, to be named by its generateName.
  static Pod MakePod(const Workload& workload, const Controller& controller) {
    Pod pod;
    pod.meta.namespace_name = workload.meta.namespace_name;
    pod.meta.generate_name = controller.name + "-";
    pod.meta.labels = workload.pod_template.meta.labels;
    pod.meta.annotations = workload.pod_template.meta.annotations;
    OwnerReference owner;
    owner.api_version = ApiVersion(controller.kind);
    owner.kind = KindName(controller.kind);
    owner.name = controller.name;
    owner.uid = controller.uid;
    owner.controller = true;
    pod.meta.owner_references.push_back(std::move(owner));
    pod.node_name = workload.pod_template.node_name;
    pod.spec = workload.pod_template.spec;
    pod.status.phase = "Pending";
    return pod;
  }

  void ExpandDeployment(const Workload& workload, std::vector<Pod>& out) {
    const std::string hash = HashOf(workload.meta);
    api::LabelSelectorOwner replica_set;
    replica_set.meta.name = workload.meta.name + "-" + hash;
    replica_set.meta.namespace_name = workload.meta.namespace_name;
    replica_set.meta.labels = workload.pod_template.meta.labels;
    replica_set.meta.labels[kTemplateHash] = hash;
    replica_set.selector = workload.selector;
    // CheckSelector has seen that there is one.
    replica_set.selector->match_labels[kTemplateHash] = hash;

    Pod pod = MakePod(workload, {WorkloadKind::kReplicaSet, replica_set.meta.name, ""});
    pod.meta.labels[kTemplateHash] = hash;
    out.insert(out.end(), Count(workload), pod);
    objects_.replica_sets.push_back(std::move(replica_set));
  }

  void ExpandStatefulSet(const Workload& workload, std::vector<Pod>& out) {
    Pod pod = MakePod(workload, {workload.kind, workload.meta.name, workload.meta.uid});
    pod.meta.generate_name.clear();
    pod.meta.labels[kRevisionHash] = workload.meta.name + "-" + HashOf(workload.meta);
    for (std::int64_t i = 0; i < workload.replicas; ++i) {
      const std::string ordinal = std::to_string(workload.first_ordinal + i);
      pod.meta.name = workload.meta.name + "-" + ordinal;
      pod.meta.labels["statefulset.kubernetes.io/pod-name"] = pod.meta.name;
      pod.meta.labels["apps.kubernetes.io/pod-index"] = ordinal;
      if (!workload.volume_claim_templates.empty()) pod.spec = WithClaims(workload, pod.meta.name);
      out.push_back(pod);
    }
  }

  // The template with a claim of the pod's own for each volumeClaimTemplate, which takes the place
  // of a volume of that name.
  std::shared_ptr<const PodSpec> WithClaims(const Workload& workload, const std::string& pod) {
    PodSpec spec = *workload.pod_template.spec;
    for (const auto& claim_template : workload.volume_claim_templates) {
      const std::string& name = claim_template->name;
      const std::string claim = name + "-" + pod;
      std::erase_if(spec.volumes, [&](const api::Volume& volume) { return volume.name == name; });
      spec.volumes.push_back({name, api::VolumeKind::kPersistentVolumeClaim, claim});
      claims_.Make(workload.meta.namespace_name, claim, *claim_template);
    }
    return specs_.Intern(std::move(spec));
  }

  void ExpandDaemonSet(const Workload& workload, std::vector<Pod>& out) {
    PodSpec spec = *workload.pod_template.spec;
    AddDaemonTolerations(spec);
    Pod pod = MakePod(workload, {workload.kind, workload.meta.name, workload.meta.uid});
    pod.meta.labels[kRevisionHash] = HashOf(workload.meta);
    pod.meta.labels["pod-template-generation"] = "1";
    for (const api::Node& node : objects_.nodes) {
      if (!DaemonRunsOn(spec, workload.pod_template.node_name, node)) continue;
      PodSpec bound = spec;
      BindDaemonTo(node.meta.name, bound);
      pod.spec = specs_.Intern(std::move(bound));
      out.push_back(pod);
    }
  }

  static void ExpandJob(const Workload& workload, const std::string& name, const std::string& uid,
                        std::vector<Pod>& out) {
    Pod pod = MakePod(workload, {WorkloadKind::kJob, name, uid});
    const std::string label_uid = uid.empty() ? HashOf(workload.meta) : uid;
    for (const char* key : {"batch.kubernetes.io/job-name", "job-name"}) {
      pod.meta.labels[key] = name;
    }
    for (const char* key : {"batch.kubernetes.io/controller-uid", "controller-uid"}) {
      pod.meta.labels[key] = label_uid;
    }
    for (std::int32_t i = 0; i < workload.replicas; ++i) {
      if (workload.indexed) {
        const std::string index = std::to_string(i);
        pod.meta.generate_name = name + "-" + index + "-";
        pod.meta.labels[kCompletionIndex] = index;
      }
      out.push_back(pod);
    }
  }

  ClusterObjects& objects_;
  api::PodSpecTable& specs_;
  ClaimMaker claims_;
};

// Jobs get their selector from the API server, so that it cannot miss.
bool NeedsSelector(WorkloadKind kind) {
  return kind != WorkloadKind::kJob && kind != WorkloadKind::kCronJob;
}

Result<void> CheckSelector(const Workload& workload) {
  if (!NeedsSelector(workload.kind)) return {};
  if (!workload.selector) return Fail("spec.selector: is missing");
  if (workload.selector->empty()) return Fail("spec.selector: is empty");
  if (api::Matches(*workload.selector, workload.pod_template.meta.labels)) return {};
  return Fail("spec.template.metadata.labels: do not match spec.selector");
}

std::string Describe(const Workload& workload) {
  const std::string& space = workload.meta.namespace_name;
  return std::string(KindName(workload.kind)) + " " + (space.empty() ? "default" : space) + "/" +
         workload.meta.name;
}

// Pods and the groups of pods of workloads, both in the order of the input, as one.
void Merge(std::vector<Pod> expanded, const std::vector<Origin>& expanded_origins,
           ClusterObjects& objects) {
  std::vector<Pod> pods;
  std::vector<Origin> origins;
  pods.reserve(objects.pods.size() + expanded.size());
  origins.reserve(pods.capacity());
  std::size_t next = 0;
  const auto take_until = [&](std::uint32_t sequence) {
    for (; next < expanded.size() && expanded_origins[next].sequence < sequence; ++next) {
      pods.push_back(std::move(expanded[next]));
      origins.push_back(expanded_origins[next]);
    }
  };
  for (std::size_t i = 0; i < objects.pods.size(); ++i) {
    take_until(objects.pod_origins[i].sequence);
    pods.push_back(std::move(objects.pods[i]));
    origins.push_back(objects.pod_origins[i]);
  }
  take_until(UINT32_MAX);
  objects.pods = std::move(pods);
  objects.pod_origins = std::move(origins);
}

}  // namespace

Result<void> ExpandWorkloads(ClusterObjects& objects, api::PodSpecTable& specs) {
  if (objects.workloads.empty()) return {};
  const Ownership ownership(objects);
  Expander expander(objects, specs);
  std::vector<Pod> pods;
  std::vector<Origin> origins;
  for (std::size_t i = 0; i < objects.workloads.size(); ++i) {
    const Workload& workload = objects.workloads[i];
    const Origin& origin = objects.workload_origins[i];
    auto checked = CheckSelector(workload);
    if (checked && pods.size() + static_cast<std::size_t>(workload.replicas) > kMaxExpandedPods) {
      checked = Fail("spec.replicas: the workloads stand for too many pods");
    }
    if (!checked) {
      const std::string& file = objects.SourceOf(origin);
      return std::unexpected(checked.error().Within(Describe(workload)).Within(file));
    }
    if (workload.suspended || ownership.Controls(workload)) continue;
    expander.Expand(workload, pods);
    origins.resize(pods.size(), origin);
  }
  if (!pods.empty()) Merge(std::move(pods), origins, objects);
  return {};
}

}  // namespace berth::simulate
