// Pods with the same scheduling-relevant specification, compiled once.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/affinity_terms.h"
#include "scheduler/cluster/gpu_request.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_volumes.h"

namespace berth::cluster {

using PodClassId = std::uint32_t;

// A host port that a pod wants or holds, with the defaults filled in.
struct HostPort {
  Symbol ip;        // "0.0.0.0" where none is named
  Symbol protocol;  // "TCP" where none is named
  std::int32_t port;
  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

// Who a pod with resource claims is: claims are made for, and reserved for, one pod.
struct Claimant {
  std::string pod_name;
  std::string pod_uid;  // namespace/name where the pod has none
  std::vector<api::PodResourceClaimStatus> claims;
  std::string extended_claim;  // made for its extended resources; mostly empty
};

// What every pod of a class has in common: specification, namespace, labels and controller; where
// volumes or claims are made for the pod itself, its name and uid too. Immutable once made.
struct PodClass {
  PodClassId id = 0;
  GpuRequest gpu;  // by the pod's annotations, or else by its resources
  std::shared_ptr<const api::PodSpec> spec;
  Symbol namespace_name = base::kNoSymbol;
  LabelSetId labels = kNoLabels;
  api::OwnerReference controller;  // its kind is empty where there is none
  // spec.nodeName of a pod that is asked about as if it were pending; empty for all others.
  std::string node_name;
  // Set for a pod with resource claims, which is a class of its own.
  std::shared_ptr<const Claimant> claimant;

  ResourceVector requests;  // for the filter: pod-level resources honoured
  // For scoring free resources: spec.resources is not looked at, and containers that name no cpu or
  // no memory count with the defaults.
  ResourceVector scored_requests;
  NodeUsage usage;  // what such a pod takes of its node while its status says nothing else
  std::vector<HostPort> host_ports;
  std::vector<CarriedTerm> carried_terms;     // its affinity terms, as later pods see them
  std::shared_ptr<const PodVolumes> volumes;  // null: none that scheduling looks at

  std::int32_t priority() const { return spec->priority.value_or(0); }
};

// What a pod takes of its node, by its specification and (unless null) its status.
NodeUsage UsageOf(const api::PodSpec& spec, const api::PodStatus* status, ResourceNames& resources);

// The host ports of sidecars, then those of regular containers.
std::vector<HostPort> HostPortsOf(const api::PodSpec& spec, base::Interner& symbols);
// Whether pods with the one and the other can not be on one node: same protocol and number, and the
// same address or either of them 0.0.0.0.
bool Conflict(const HostPort& a, const HostPort& b, Symbol any_ip);

// The matcher of a term of a pod in `own_namespace`, with the namespace selector kept as a
// selector.
PodMatcher CompilePodMatcher(const api::PodAffinityTerm& term, Symbol own_namespace,
                             base::Interner& symbols);

// Finds or makes the class of a pod. Not thread-safe.
class PodClasses {
 public:
  PodClasses(base::Interner& symbols, ResourceNames& resources, LabelSets& label_sets,
             AffinityTerms& terms, Storage& storage)
      : symbols_(symbols),
        resources_(resources),
        label_sets_(label_sets),
        terms_(terms),
        storage_(storage) {}

  // The class of a pod to place, or of one that is on a node already: there spec.nodeName says
  // nothing about what the pod is. The reference stays valid.
  const PodClass& ClassOfPending(const api::Pod& pod) { return Get(pod, pod.node_name); }
  const PodClass& ClassOfPlaced(const api::Pod& pod) { return Get(pod, ""); }
  std::size_t size() const { return classes_.size(); }

  // How many pods of the class have been asked about: where several wait, it pays to keep what is
  // computed for one.
  std::uint32_t PodsAsked(const PodClass& pod_class) const { return asked_[pod_class.id]; }
  // About pods of any class.
  std::uint64_t all_asked() const { return all_asked_; }

  // Calls visit(PodClass) for every class, in the order in which they came.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const PodClass& pod_class : classes_) visit(pod_class);
  }

 private:
  const PodClass& Get(const api::Pod& pod, std::string_view node_name);
  PodClass Compile(const api::Pod& pod, Symbol namespace_name, LabelSetId labels);
  void CompileRequests(PodClass& pod_class);
  void CompileCarriedTerms(PodClass& pod_class);
  void Carry(PodClass& pod_class, const api::PodAffinityTerm& term, TermRole role,
             std::int64_t weight);

  base::Interner& symbols_;
  ResourceNames& resources_;
  LabelSets& label_sets_;
  AffinityTerms& terms_;
  Storage& storage_;
  base::Interner keys_;
  std::string key_;  // scratch
  std::deque<PodClass> classes_;
  std::vector<std::uint32_t> asked_;  // by class
  std::uint64_t all_asked_ = 0;
};

}  // namespace berth::cluster
