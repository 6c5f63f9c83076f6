#include "scheduler/cluster/pod_class.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"
#include "scheduler/cluster/pod_requests.h"

namespace berth::cluster {
namespace {

std::int64_t ValueOrZero(const api::ResourceList& list, std::string_view name, bool milli) {
  const auto* quantity = list.Find(name);
  if (quantity == nullptr) return 0;
  return milli ? quantity->MilliValue() : quantity->Value();
}

bool IsClaimant(const api::Pod& pod) {
  return !pod.spec->resource_claims.empty() || !pod.status.extended_resource_claim.empty();
}

void AppendClassKey(const api::Pod& pod, Symbol namespace_name, LabelSetId labels,
                    std::string_view node_name, std::string& key) {
  base::AppendKey(key, node_name);
  base::AppendKey(key, reinterpret_cast<std::uintptr_t>(pod.spec.get()));
  base::AppendKey(key, namespace_name);
  base::AppendKey(key, labels);
  if (const auto* owner = pod.meta.Controller()) {
    base::AppendKey(key, owner->api_version);
    base::AppendKey(key, owner->kind);
    base::AppendKey(key, owner->name);
  }
  // Annotations are not in the specification. Only pods with GPUs have any that are read.
  if (!pod.meta.annotations.empty()) {
    if (const auto gpu = GpuRequestOf(pod.meta.annotations)) {
      base::AppendKey(key, std::string_view("gpu"));
      base::AppendKey(key, gpu->devices);
      base::AppendKey(key, gpu->milli);
      base::AppendKey(key, gpu->malformed);
    }
  }
  if (IsClaimant(pod) || HasEphemeralVolumes(*pod.spec)) {
    base::AppendKey(key, pod.meta.name);
    base::AppendKey(key, pod.meta.uid);
    base::AppendKey(key, pod.status.extended_resource_claim);
    for (const auto& claim : pod.status.resource_claims) {
      base::AppendKey(key, claim.name);
      base::AppendKey(key, claim.resource_claim_name.value_or(""));
    }
  }
}

// Whether every container names cpu and memory, so that no default is ever needed.
bool NamesCpuAndMemory(const std::vector<api::Container>& containers) {
  return std::ranges::all_of(containers, [](const api::Container& container) {
    const auto& requests = container.resources.requests;
    return requests.Contains("cpu") && requests.Contains("memory");
  });
}

NodeUsage UsageWithDefaults(const api::ResourceList& exact, const api::ResourceList& defaulted,
                            ResourceNames& resources) {
  NodeUsage usage;
  usage.requested = ToVector(exact, resources);
  usage.non_zero_milli_cpu = ValueOrZero(defaulted, "cpu", true);
  usage.non_zero_memory = ValueOrZero(defaulted, "memory", false);
  return usage;
}

}  // namespace

NodeUsage UsageOf(const api::PodSpec& spec, const api::PodStatus* status,
                  ResourceNames& resources) {
  const api::ResourceList exact = PodRequests(spec, status, {});
  PodRequestsOptions options;
  // With pod-level requests the defaults step in only for what is named nowhere.
  const bool pod_level = HasPodLevelRequests(spec);
  options.default_cpu = !pod_level || !exact.Contains("cpu");
  options.default_memory = !pod_level || !exact.Contains("memory");
  return UsageWithDefaults(exact, PodRequests(spec, status, options), resources);
}

std::vector<HostPort> HostPortsOf(const api::PodSpec& spec, base::Interner& symbols) {
  std::vector<HostPort> ports;
  const auto add = [&](const api::Container& container) {
    for (const auto& port : container.ports) {
      if (port.host_port <= 0) continue;
      ports.push_back({symbols.Intern(port.host_ip.empty() ? "0.0.0.0" : port.host_ip),
                       symbols.Intern(port.protocol.empty() ? "TCP" : port.protocol),
                       port.host_port});
    }
  };
  for (const auto& container : spec.init_containers) {
    if (container.restart_always) add(container);
  }
  for (const auto& container : spec.containers) add(container);
  return ports;
}

bool Conflict(const HostPort& a, const HostPort& b, Symbol any_ip) {
  return a.port == b.port && a.protocol == b.protocol &&
         (a.ip == b.ip || a.ip == any_ip || b.ip == any_ip);
}

PodMatcher CompilePodMatcher(const api::PodAffinityTerm& term, Symbol own_namespace,
                             base::Interner& symbols) {
  PodMatcher matcher;
  for (const auto& name : term.namespaces) matcher.namespaces.push_back(symbols.Intern(name));
  if (term.namespaces.empty() && !term.namespace_selector) {
    matcher.namespaces.push_back(own_namespace);
  }
  std::ranges::sort(matcher.namespaces);
  if (term.namespace_selector) {
    matcher.all_namespaces = term.namespace_selector->empty();
    matcher.namespace_selector = CompiledSelector::Compile(term.namespace_selector, symbols);
  }
  matcher.selector = CompiledSelector::Compile(term.label_selector, symbols);
  return matcher;
}

const PodClass& PodClasses::Get(const api::Pod& pod, std::string_view node_name) {
  const Symbol namespace_name = symbols_.Intern(pod.meta.namespace_name);
  const LabelSetId labels = label_sets_.Intern(pod.meta.labels);
  key_.clear();
  AppendClassKey(pod, namespace_name, labels, node_name, key_);
  const auto id = keys_.Intern(key_);
  if (id == classes_.size()) {
    classes_.push_back(Compile(pod, namespace_name, labels));
    classes_.back().id = id;
    classes_.back().node_name = node_name;
    asked_.push_back(0);
  }
  ++asked_[id];
  ++all_asked_;
  return classes_[id];
}

void PodClasses::CompileRequests(PodClass& pod_class) {
  const api::PodSpec& spec = *pod_class.spec;
  const api::ResourceList exact = PodRequests(spec, nullptr, {});
  pod_class.requests = ToVector(exact, resources_);
  if (!HasPodLevelRequests(spec) && NamesCpuAndMemory(spec.containers) &&
      NamesCpuAndMemory(spec.init_containers)) {
    // The usual pod: all three ways to count come to the same.
    pod_class.scored_requests = pod_class.requests;
    pod_class.usage = {pod_class.requests, pod_class.requests[kCpu], pod_class.requests[kMemory]};
    return;
  }
  pod_class.scored_requests = ToVector(
      PodRequests(spec, nullptr, {.pod_level = false, .default_cpu = true, .default_memory = true}),
      resources_);
  pod_class.usage = UsageOf(spec, nullptr, resources_);
}

PodClass PodClasses::Compile(const api::Pod& pod, Symbol namespace_name, LabelSetId labels) {
  PodClass pod_class;
  pod_class.spec = pod.spec;
  pod_class.namespace_name = namespace_name;
  pod_class.labels = labels;
  if (const auto* owner = pod.meta.Controller()) pod_class.controller = *owner;
  if (IsClaimant(pod)) {
    pod_class.claimant = std::make_shared<const Claimant>(
        pod.meta.name, pod.meta.uid.empty() ? pod.Key() : pod.meta.uid, pod.status.resource_claims,
        pod.status.extended_resource_claim);
  }
  CompileRequests(pod_class);
  const auto annotated = GpuRequestOf(pod.meta.annotations);
  pod_class.gpu = annotated ? *annotated : GpuRequestOf(pod_class.requests, resources_);
  pod_class.host_ports = HostPortsOf(*pod_class.spec, symbols_);
  CompileCarriedTerms(pod_class);
  pod_class.volumes = CompileVolumes(pod, storage_, symbols_);
  return pod_class;
}

void PodClasses::Carry(PodClass& pod_class, const api::PodAffinityTerm& term, TermRole role,
                       std::int64_t weight) {
  AffinityTerm carried;
  carried.matcher = CompilePodMatcher(term, pod_class.namespace_name, symbols_);
  carried.topology_key = symbols_.Intern(term.topology_key);
  pod_class.carried_terms.push_back({terms_.Intern(std::move(carried)), role, weight});
}

void PodClasses::CompileCarriedTerms(PodClass& pod_class) {
  if (!pod_class.spec->affinity) return;
  const api::Affinity& affinity = *pod_class.spec->affinity;
  if (affinity.pod_affinity) {
    for (const auto& term : affinity.pod_affinity->required) {
      Carry(pod_class, term, TermRole::kRequiredAffinity, 1);
    }
    for (const auto& term : affinity.pod_affinity->preferred) {
      Carry(pod_class, term.term, TermRole::kPreferred, term.weight);
    }
  }
  if (affinity.pod_anti_affinity) {
    for (const auto& term : affinity.pod_anti_affinity->required) {
      Carry(pod_class, term, TermRole::kRequiredAntiAffinity, 1);
    }
    for (const auto& term : affinity.pod_anti_affinity->preferred) {
      Carry(pod_class, term.term, TermRole::kPreferred, -std::int64_t{term.weight});
    }
  }
}

}  // namespace berth::cluster
