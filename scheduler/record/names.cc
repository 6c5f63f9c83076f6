#include "scheduler/record/names.h"

#include <algorithm>
#include <span>

#include "scheduler/api/gpu_names.h"

namespace berth::record {
namespace {

using enum TextKind;

// By TextKind.
constexpr std::array<std::string_view, static_cast<std::size_t>(kNames)> kPrefixes = {
    "",       "node",   "namespace", "pod",       "claim",     "volume", "mount",
    "handle", "class",  "driver",    "priority",  "runtime",   "group",  "devices",
    "owner",  "object", "kind",      "container", "scheduler", "gate",   "uid",
    "key",    "value",  "resource",  "image",     "address"};

constexpr std::string_view kNamespaces[] = {"default", "kube-system", "kube-public",
                                            "kube-node-lease"};
constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr std::string_view kNamespaceName = "kubernetes.io/metadata.name";
constexpr std::string_view kZones[] = {
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
};
constexpr std::string_view kPublicValues[] = {
    "kubernetes.io/os",        "kubernetes.io/arch",  "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch", api::kGpuProductLabel, api::kGpuModelLabel,
};
constexpr std::string_view kLabelKeys[] = {
    "topology.gke.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.cinder.csi.openstack.org/zone",
    "topology.disk.csi.azure.com/zone",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/out-of-service",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
};
constexpr std::string_view kResources[] = {"cpu",
                                           "memory",
                                           "storage",
                                           "ephemeral-storage",
                                           "pods",
                                           api::kGpuResource,
                                           "amd.com/gpu",
                                           "gpu.intel.com/i915",
                                           api::kGpuMilliResource};
constexpr std::string_view kHugePages = "hugepages-";
constexpr std::string_view kDrivers[] = {"ebs.csi.aws.com",
                                         "pd.csi.storage.gke.io",
                                         "cinder.csi.openstack.org",
                                         "disk.csi.azure.com",
                                         "file.csi.azure.com",
                                         "csi.vsphere.vmware.com",
                                         "pxd.portworx.com",
                                         "kubernetes.io/aws-ebs",
                                         "kubernetes.io/gce-pd",
                                         "kubernetes.io/cinder",
                                         "kubernetes.io/azure-disk",
                                         "kubernetes.io/azure-file",
                                         "kubernetes.io/vsphere-volume",
                                         "kubernetes.io/portworx-volume",
                                         "kubernetes.io/no-provisioner"};
constexpr std::string_view kPriorityClasses[] = {"system-node-critical", "system-cluster-critical"};
constexpr std::string_view kSchedulers[] = {"default-scheduler"};
constexpr std::string_view kOwnerKinds[] = {
    "v1",          "apps/v1",    "batch/v1",  "ReplicaSet", "ReplicationController",
    "StatefulSet", "Deployment", "DaemonSet", "Job",        "CronJob",
    "Pod",         "Node"};
constexpr std::string_view kAddresses[] = {"0.0.0.0", "::", "127.0.0.1"};
constexpr std::string_view kValues[] = {"true", "false"};

// Between the zones of a volume.
constexpr std::string_view kZoneSeparator = "__";

bool Has(std::span<const std::string_view> list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool IsWellKnownKey(std::string_view key) {
  return Has(kLabelKeys, key) || Has(kZones, key) || Has(kPublicValues, key) || key == kHostname ||
         key == kNamespaceName;
}

bool IsWellKnown(TextKind kind, std::string_view text) {
  switch (kind) {
    case kKept:
      return true;
    case kNamespace:
      return Has(kNamespaces, text);
    case kLabelKey:
      return IsWellKnownKey(text);
    case kLabelValue:
      return Has(kValues, text);
    case kResource:
      return Has(kResources, text) || text.starts_with(kHugePages);
    case kDriver:
      return Has(kDrivers, text);
    case kPriorityClass:
      return Has(kPriorityClasses, text);
    case kScheduler:
      return Has(kSchedulers, text);
    case kOwnerKind:
      return Has(kOwnerKinds, text);
    case kAddress:
      return Has(kAddresses, text);
    default:
      return false;
  }
}

bool IsInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What a scheduler counts as its own, as an extended resource, or as neither, by its domain.
std::string DomainOf(std::string_view resource) {
  if (resource.find("kubernetes.io/") != std::string_view::npos) return "kubernetes.io/";
  return resource.find('/') == std::string_view::npos ? "" : "example.com/";
}

}  // namespace

Names::Names(KeyedHash hash, std::vector<std::string> keep)
    : hash_(std::move(hash)),
      keep_(std::make_move_iterator(keep.begin()), std::make_move_iterator(keep.end())) {}

base::Result<void> Names::AddClaim(const std::string& name, NameParts parts) {
  const auto [known, is_new] = claims_.emplace(name, parts);
  if (is_new || known->second == parts) return {};
  return base::Fail("the claim \"" + name + "\" is called after two different pods");
}

bool Names::IsKept(std::string_view text) const {
  const auto slash = text.find('/');
  return keep_.contains(text) ||
         (slash != std::string_view::npos && keep_.contains(text.substr(0, slash + 1)));
}

bool Names::Stays(TextKind kind, std::string_view text) const {
  return IsWellKnown(kind, text) || IsKept(text);
}

void Names::Finish() {
  finished_ = true;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    Replacements& all = replacements_[kind];
    const std::size_t width = std::to_string(all.size()).size();
    std::size_t rank = 0;
    for (auto& [text, replacement] : all) {
      std::string number = std::to_string(rank++);
      number.insert(0, width - number.size(), '0');
      if (static_cast<TextKind>(kind) == kResource) replacement = DomainOf(text);
      replacement.append(kPrefixes[kind]).append("-").append(number).append("-");
      replacement += hash_.Of(text);
    }
  }
}

std::string Names::Of(TextKind kind, std::string_view text) {
  if (Stays(kind, text)) return std::string(text);
  if (kind == kClaim) {
    if (const auto made = claims_.find(text); made != claims_.end()) {
      std::string joined;
      for (const auto& [part_kind, part] : made->second) {
        joined += (joined.empty() ? "" : "-") + Of(part_kind, part);
      }
      return joined;
    }
  }
  Replacements& all = replacements_[static_cast<std::size_t>(kind)];
  const auto found = all.find(text);
  if (found != all.end()) return found->second;
  // What was not seen before has no rank; nothing of it may show.
  if (finished_)
    return std::string(kPrefixes[static_cast<std::size_t>(kind)]) + "-" + hash_.Of(text);
  all.emplace(text, "");
  return std::string(text);
}

std::string Names::ValueOf(std::string_view key, std::string_view value) {
  if (key == kHostname) return Of(kNode, value);
  if (key == kNamespaceName) return Of(kNamespace, value);
  if (Has(kPublicValues, key)) return std::string(value);
  if (compared_.contains(key) && IsInteger(value) && finished_) return std::string(value);
  return Of(kLabelValue, value);
}

// Volumes that are in several zones have them in one value.
std::string Names::LabelValue(std::string_view key, std::string_view value) {
  if (!Has(kZones, key)) return ValueOf(key, value);
  std::string joined;
  while (true) {
    const auto end = value.find(kZoneSeparator);
    const std::string_view zone = value.substr(0, end);
    if (!zone.empty()) joined += ValueOf(key, zone);
    if (end == std::string_view::npos) return joined;
    joined += kZoneSeparator;
    value.remove_prefix(end + kZoneSeparator.size());
  }
}

}  // namespace berth::record
