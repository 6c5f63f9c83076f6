#include "tests/support/naive_rules.h"

#include <algorithm>
#include <ranges>

#include "scheduler/api/selector_match.h"
#include "scheduler/cluster/pod_requests.h"

namespace berth::support {
namespace {

using api::TaintEffect;
using api::TolerationOperator;

bool ToleratesTaint(const api::Toleration& toleration, const api::Taint& taint) {
  const bool effect = toleration.effect == TaintEffect::kNone || toleration.effect == taint.effect;
  const bool key = toleration.key.empty() || toleration.key == taint.key;
  const bool value =
      toleration.op == TolerationOperator::kExists ||
      (toleration.op == TolerationOperator::kEqual && toleration.value == taint.value);
  return effect && key && value;
}

bool ToleratesTaint(const api::PodSpec& spec, const api::Taint& taint) {
  return std::ranges::any_of(
      spec.tolerations, [&](const auto& toleration) { return ToleratesTaint(toleration, taint); });
}

bool ToleratesCordon(const api::PodSpec& spec) {
  return ToleratesTaint(spec, {"node.kubernetes.io/unschedulable", "", TaintEffect::kNoSchedule});
}

std::vector<api::ContainerPort> HostPorts(const api::PodSpec& spec) {
  std::vector<api::ContainerPort> ports;
  const auto add = [&](const api::Container& container) {
    for (auto port : container.ports) {
      if (port.host_port <= 0) continue;
      if (port.host_ip.empty()) port.host_ip = "0.0.0.0";
      if (port.protocol.empty()) port.protocol = "TCP";
      ports.push_back(port);
    }
  };
  for (const auto& container : spec.init_containers) {
    if (container.restart_always) add(container);
  }
  for (const auto& container : spec.containers) add(container);
  return ports;
}

bool PortsConflict(const api::ContainerPort& a, const api::ContainerPort& b) {
  const bool same_address =
      a.host_ip == b.host_ip || a.host_ip == "0.0.0.0" || b.host_ip == "0.0.0.0";
  return same_address && a.protocol == b.protocol && a.host_port == b.host_port;
}

const std::vector<api::PodAffinityTerm>& RequiredTerms(
    const std::optional<api::PodAffinity>& side) {
  static const std::vector<api::PodAffinityTerm> none;
  return side ? side->required : none;
}

const std::vector<api::PodAffinityTerm>& AffinityTerms(const api::Pod& pod) {
  static const std::optional<api::PodAffinity> none;
  return RequiredTerms(pod.spec->affinity ? pod.spec->affinity->pod_affinity : none);
}

const std::vector<api::PodAffinityTerm>& AntiAffinityTerms(const api::Pod& pod) {
  static const std::optional<api::PodAffinity> none;
  return RequiredTerms(pod.spec->affinity ? pod.spec->affinity->pod_anti_affinity : none);
}

std::vector<const api::TopologySpreadConstraint*> HardConstraints(const api::Pod& pod) {
  std::vector<const api::TopologySpreadConstraint*> hard;
  for (const auto& constraint : pod.spec->topology_spread_constraints) {
    if (constraint.when_unsatisfiable == api::UnsatisfiableAction::kDoNotSchedule) {
      hard.push_back(&constraint);
    }
  }
  return hard;
}

// labelSelector with the pod's own values of matchLabelKeys.
std::optional<api::LabelSelector> SelectorOf(const api::TopologySpreadConstraint& constraint,
                                             const api::Pod& pod) {
  auto selector = constraint.label_selector;
  if (!selector) return selector;
  for (const auto& key : constraint.match_label_keys) {
    const auto* value = pod.meta.labels.Find(key);
    if (value == nullptr) continue;
    selector->match_expressions.push_back({key, api::SelectorOperator::kIn, {*value}});
  }
  return selector;
}

bool HasAllKeys(const api::Node& node,
                const std::vector<const api::TopologySpreadConstraint*>& constraints) {
  return std::ranges::all_of(constraints, [&](const auto* constraint) {
    return node.meta.labels.Contains(constraint->topology_key);
  });
}

}  // namespace

bool ToleratesNode(const api::PodSpec& spec, const api::Node& node) {
  return std::ranges::all_of(node.taints, [&](const api::Taint& taint) {
    return taint.effect == TaintEffect::kPreferNoSchedule || ToleratesTaint(spec, taint);
  });
}

bool SelectsNode(const api::PodSpec& spec, const api::Node& node) {
  if (spec.node_selector && !api::MatchesMap(*spec.node_selector, node.meta.labels)) return false;
  if (!spec.affinity || !spec.affinity->node_affinity) return true;
  const auto& required = spec.affinity->node_affinity->required;
  return !required || api::Matches(*required, node.meta.labels, node.meta.name);
}

NaiveRules::NaiveRules(const Scene& scene, const api::Pod& pod) : scene_(scene), pod_(pod) {
  CountSpread();
  CountAffinity();
}

bool NaiveRules::Includes(const api::TopologySpreadConstraint& constraint,
                          const api::Node& node) const {
  using api::NodeInclusionPolicy;
  if (constraint.node_affinity_policy.value_or(NodeInclusionPolicy::kHonor) ==
          NodeInclusionPolicy::kHonor &&
      !SelectsNode(*pod_.spec, node)) {
    return false;
  }
  return constraint.node_taints_policy.value_or(NodeInclusionPolicy::kIgnore) ==
             NodeInclusionPolicy::kIgnore ||
         ToleratesNode(*pod_.spec, node);
}

void NaiveRules::CountSpread() {
  const auto hard = HardConstraints(pod_);
  for (const auto* constraint : hard) {
    HardConstraint& counted = constraints_.emplace_back(HardConstraint{constraint, {}, 0, 0});
    const auto selector = SelectorOf(*constraint, pod_);
    counted.self = api::Matches(selector, pod_.meta.labels) ? 1 : 0;
    const auto domain = [&](const api::Node& node) {
      return HasAllKeys(node, hard) && Includes(*constraint, node)
                 ? node.meta.labels.Find(constraint->topology_key)
                 : nullptr;
    };
    for (const auto* node : scene_.nodes) {
      if (const auto* value = domain(*node)) counted.pods[*value];
    }
    const bool counts_none = selector && selector->empty();
    for (const auto& [other, node] : scene_.pods) {
      const auto* value = domain(*node);
      if (value == nullptr || counts_none || other->meta.deletion_timestamp ||
          other->meta.namespace_name != pod_.meta.namespace_name) {
        continue;
      }
      if (api::Matches(selector, other->meta.labels)) ++counted.pods[*value];
    }
    if (static_cast<int>(counted.pods.size()) < constraint->min_domains.value_or(1)) continue;
    counted.fewest = std::ranges::min(counted.pods | std::views::values);
  }
}

bool NaiveRules::KeepsSpread(const api::Node& node) const {
  return std::ranges::all_of(constraints_, [&](const HardConstraint& counted) {
    const auto* value = node.meta.labels.Find(counted.constraint->topology_key);
    if (value == nullptr) return false;
    const auto it = counted.pods.find(*value);
    const int pods = it == counted.pods.end() ? 0 : it->second;
    return pods + counted.self - counted.fewest <= counted.constraint->max_skew;
  });
}

// The namespaces that the selector takes are added by name; then the selector is held against no
// labels at all, so that one which takes those takes every namespace.
bool NaiveRules::MatchesOwnTerm(const api::PodAffinityTerm& term, const api::Pod& other) const {
  const std::string& name = other.meta.namespace_name;
  bool in_namespace = std::ranges::find(term.namespaces, name) != term.namespaces.end();
  if (term.namespaces.empty() && !term.namespace_selector) {
    in_namespace = name == pod_.meta.namespace_name;
  }
  if (term.namespace_selector) {
    const auto known = scene_.namespaces.find(name);
    in_namespace |= api::Matches(*term.namespace_selector, {});
    in_namespace |=
        known != scene_.namespaces.end() && api::Matches(*term.namespace_selector, known->second);
  }
  return in_namespace && api::Matches(term.label_selector, other.meta.labels);
}

bool NaiveRules::TermOfOtherMatches(const api::PodAffinityTerm& term, const api::Pod& owner) const {
  const std::string& name = pod_.meta.namespace_name;
  bool in_namespace = std::ranges::find(term.namespaces, name) != term.namespaces.end();
  if (term.namespaces.empty() && !term.namespace_selector) {
    in_namespace = name == owner.meta.namespace_name;
  }
  if (term.namespace_selector) {
    const auto known = scene_.namespaces.find(name);
    const api::StringMap labels =
        known == scene_.namespaces.end() ? api::StringMap() : known->second;
    in_namespace |= api::Matches(*term.namespace_selector, labels);
  }
  return in_namespace && api::Matches(term.label_selector, pod_.meta.labels);
}

void NaiveRules::CountAffinity() {
  const auto& affinity = AffinityTerms(pod_);
  const auto& anti_affinity = AntiAffinityTerms(pod_);
  affinity_.resize(affinity.size());
  anti_affinity_.resize(anti_affinity.size());
  const auto count = [](const api::Node& node, const std::string& key, Counts& counts) {
    if (const auto* value = node.meta.labels.Find(key)) ++counts[*value];
  };
  for (const auto& [other, node] : scene_.pods) {
    const bool matches_all = std::ranges::all_of(
        affinity, [&, pod = other](const auto& term) { return MatchesOwnTerm(term, *pod); });
    for (std::size_t i = 0; i < affinity.size() && matches_all; ++i) {
      count(*node, affinity[i].topology_key, affinity_[i]);
    }
    for (std::size_t i = 0; i < anti_affinity.size(); ++i) {
      if (!MatchesOwnTerm(anti_affinity[i], *other)) continue;
      count(*node, anti_affinity[i].topology_key, anti_affinity_[i]);
    }
    for (const auto& term : AntiAffinityTerms(*other)) {
      if (!TermOfOtherMatches(term, *other)) continue;
      count(*node, term.topology_key, existing_anti_affinity_[term.topology_key]);
    }
  }
  is_first_of_its_kind_ =
      std::ranges::all_of(affinity_, [](const Counts& counts) { return counts.empty(); }) &&
      std::ranges::all_of(affinity, [&](const auto& term) { return MatchesOwnTerm(term, pod_); });
}

bool NaiveRules::KeepsAffinity(const api::Node& node) const {
  const auto holds = [&](const std::string& key, const Counts& counts) {
    const auto* value = node.meta.labels.Find(key);
    return value != nullptr && counts.contains(*value);
  };
  const auto& affinity = AffinityTerms(pod_);
  for (std::size_t i = 0; i < affinity.size(); ++i) {
    const std::string& key = affinity[i].topology_key;
    if (!node.meta.labels.Contains(key)) return false;
    if (!is_first_of_its_kind_ && !holds(key, affinity_[i])) return false;
  }
  const auto& anti_affinity = AntiAffinityTerms(pod_);
  for (std::size_t i = 0; i < anti_affinity.size(); ++i) {
    if (holds(anti_affinity[i].topology_key, anti_affinity_[i])) return false;
  }
  return std::ranges::none_of(existing_anti_affinity_,
                              [&](const auto& entry) { return holds(entry.first, entry.second); });
}

bool NaiveRules::HasRoom(const api::Node& node) const {
  std::map<std::string, __int128> used;
  std::int64_t pods = 0;
  for (const auto& [other, on] : scene_.pods) {
    if (on != &node) continue;
    ++pods;
    for (const auto& [name, quantity] : cluster::PodRequests(*other->spec, &other->status, {})) {
      used[name] += quantity.nanos();
    }
  }
  const auto* allowed = node.allocatable.Find("pods");
  if (allowed == nullptr || pods >= allowed->Value()) return false;
  for (const auto& [name, wanted] : cluster::PodRequests(*pod_.spec, nullptr, {})) {
    const auto* allocatable = node.allocatable.Find(name);
    const __int128 capacity = allocatable == nullptr ? 0 : allocatable->nanos();
    if (wanted.nanos() > 0 && used[name] + wanted.nanos() > capacity) return false;
  }
  return true;
}

bool NaiveRules::HasFreePorts(const api::Node& node) const {
  const auto wanted = HostPorts(*pod_.spec);
  for (const auto& [other, on] : scene_.pods) {
    if (on != &node) continue;
    for (const auto& taken : HostPorts(*other->spec)) {
      const auto conflicts = [&](const auto& port) { return PortsConflict(port, taken); };
      if (std::ranges::any_of(wanted, conflicts)) return false;
    }
  }
  return true;
}

// ---- Volumes ----

namespace {

bool IsForOnePod(const api::PersistentVolumeClaim& claim) {
  return std::ranges::find(claim.spec.access_modes, "ReadWriteOncePod") !=
         claim.spec.access_modes.end();
}

bool DeclaresFeatures(const api::PodSpec& spec, const api::Node& node) {
  const auto declares = [&](const char* feature) {
    return std::ranges::find(node.declared_features, feature) != node.declared_features.end();
  };
  const bool restarts = spec.restart_all_containers_rule;
  const bool mapped = spec.host_network && spec.host_users == false;
  return (!restarts || declares("RestartAllContainersOnContainerExits")) &&
         (!mapped || declares("UserNamespacesHostNetworkSupport"));
}

// A volume's affinity asks for labels; names in it do not count.
bool Reaches(const api::PersistentVolume& volume, const api::Node& node) {
  if (!volume.node_affinity) return true;
  return std::ranges::any_of(volume.node_affinity->terms, [&](const api::NodeSelectorTerm& term) {
    if (term.match_expressions.empty()) return !term.match_fields.empty();
    return std::ranges::all_of(term.match_expressions, [&](const api::Requirement& requirement) {
      return api::Matches(requirement, node.meta.labels);
    });
  });
}

// Whether the claim can have the volume, as far as the node does not matter.
bool Suits(const api::PersistentVolume& volume, const api::PersistentVolumeClaim& claim) {
  const bool has_modes = std::ranges::all_of(claim.spec.access_modes, [&](const auto& mode) {
    return std::ranges::find(volume.access_modes, mode) != volume.access_modes.end();
  });
  return !volume.claim_ref && volume.phase == "Available" && has_modes &&
         volume.capacity >= claim.spec.request &&
         volume.storage_class_name == claim.StorageClassName();
}

bool IsReserved(const api::PersistentVolume& volume, const api::PersistentVolumeClaim& claim) {
  return volume.claim_ref && volume.claim_ref->name == claim.meta.name &&
         volume.claim_ref->namespace_name == claim.meta.namespace_name &&
         volume.capacity >= claim.spec.request &&
         volume.storage_class_name == claim.StorageClassName();
}

}  // namespace

std::vector<const api::PersistentVolumeClaim*> NaiveRules::ClaimsOf(const api::Pod& pod) const {
  std::vector<const api::PersistentVolumeClaim*> claims;
  for (const auto& volume : pod.spec->volumes) {
    if (volume.kind != api::VolumeKind::kPersistentVolumeClaim) continue;
    const auto it = scene_.claims.find(pod.meta.namespace_name + "/" + volume.source);
    if (it != scene_.claims.end()) claims.push_back(&it->second);
  }
  return claims;
}

const api::PersistentVolume* NaiveRules::VolumeOf(const api::PersistentVolumeClaim& claim) const {
  const auto it = scene_.volumes.find(claim.spec.volume_name);
  return it == scene_.volumes.end() ? nullptr : &it->second;
}

std::string NaiveRules::RejectedBy() const {
  for (const auto& volume : pod_.spec->volumes) {
    const bool is_claim = volume.kind == api::VolumeKind::kPersistentVolumeClaim;
    if (is_claim && !scene_.claims.contains(pod_.meta.namespace_name + "/" + volume.source)) {
      return "VolumeRestrictions";
    }
  }
  for (const auto* claim : ClaimsOf(pod_)) {
    if (claim->IsBound() && VolumeOf(*claim) == nullptr) return "VolumeZone";
  }
  return "";
}

bool NaiveRules::SharesVolumes(const api::Node& node) const {
  const auto claims = ClaimsOf(pod_);
  for (const auto& [other, on] : scene_.pods) {
    for (const auto* claim : ClaimsOf(*other)) {
      if (IsForOnePod(*claim) && std::ranges::find(claims, claim) != claims.end()) return false;
    }
    if (on != &node) continue;
    for (const auto& theirs : other->spec->volumes) {
      for (const auto& own : pod_.spec->volumes) {
        if (own.kind == api::VolumeKind::kPersistentVolumeClaim || own.kind != theirs.kind ||
            own.source != theirs.source) {
          continue;
        }
        const bool can_share = own.kind == api::VolumeKind::kGcePersistentDisk;
        if (!can_share || !own.read_only || !theirs.read_only) return false;
      }
    }
  }
  return true;
}

// Of the one CSI driver that random clusters have. Its disks of other kinds have no limit.
std::set<std::string> NaiveRules::HandlesOf(const api::Pod& pod) const {
  std::set<std::string> handles;
  for (const auto* claim : ClaimsOf(pod)) {
    const auto* volume = VolumeOf(*claim);
    if (volume != nullptr) {
      if (volume->source) handles.insert(volume->source->source);
    } else if (!scene_.classes.at(claim->StorageClassName()).provisioner.empty()) {
      handles.insert("claim " + claim->meta.namespace_name + "/" + claim->meta.name);
    }
  }
  return handles;
}

bool NaiveRules::StaysBelowLimit(const api::Node& node) const {
  const auto csi_node = scene_.csi_nodes.find(node.meta.name);
  if (csi_node == scene_.csi_nodes.end()) return true;
  const auto& limit = csi_node->second.drivers.front().allocatable_count;
  std::set<std::string> attached;
  for (const auto& [other, on] : scene_.pods) {
    if (on == &node) attached.merge(HandlesOf(*other));
  }
  const std::size_t before = attached.size();
  attached.merge(HandlesOf(pod_));
  return !limit || attached.size() == before || attached.size() <= static_cast<std::size_t>(*limit);
}

bool NaiveRules::CanProvision(const api::PersistentVolumeClaim& claim,
                              const api::Node& node) const {
  const api::StorageClass& storage_class = scene_.classes.at(claim.StorageClassName());
  if (storage_class.provisioner.empty()) return false;
  const auto& topologies = storage_class.allowed_topologies;
  return std::ranges::any_of(topologies, [&](const api::TopologyTerm& term) {
    return std::ranges::all_of(term, [&](const api::TopologyRequirement& requirement) {
      const auto* value = node.meta.labels.Find(requirement.key);
      return value != nullptr &&
             std::ranges::find(requirement.values, *value) != requirement.values.end();
    });
  });
}

bool NaiveRules::FindsVolumes(const api::Node& node) const {
  std::vector<const api::PersistentVolumeClaim*> unbound;
  for (const auto* claim : ClaimsOf(pod_)) {
    if (claim->IsBound()) {
      if (!Reaches(*VolumeOf(*claim), node)) return false;
    } else if (const auto* selected = claim->meta.annotations.Find(api::kSelectedNode)) {
      if (*selected != node.meta.name || !CanProvision(*claim, node)) return false;
    } else {
      unbound.push_back(claim);
    }
  }
  std::ranges::stable_sort(
      unbound, [](const auto* a, const auto* b) { return a->spec.request < b->spec.request; });
  std::set<std::string> taken;
  for (const auto* claim : unbound) {
    const api::PersistentVolume* reserved = nullptr;
    const api::PersistentVolume* best = nullptr;
    const auto keep_smaller = [](const auto*& kept, const api::PersistentVolume& volume) {
      if (kept == nullptr || volume.capacity < kept->capacity) kept = &volume;
    };
    for (const auto& [name, volume] : scene_.volumes) {
      if (taken.contains(name)) continue;
      if (IsReserved(volume, *claim)) keep_smaller(reserved, volume);
      if (!Suits(volume, *claim) || !Reaches(volume, node)) continue;
      keep_smaller(best, volume);
    }
    if (reserved != nullptr) best = Reaches(*reserved, node) ? reserved : nullptr;
    if (best != nullptr) {
      taken.insert(best->meta.name);
    } else if (!CanProvision(*claim, node)) {
      return false;
    }
  }
  return true;
}

bool NaiveRules::IsInZoneOfVolumes(const api::Node& node) const {
  const char* key = "topology.kubernetes.io/zone";
  const auto* zone = node.meta.labels.Find(key);
  return zone == nullptr || std::ranges::all_of(ClaimsOf(pod_), [&](const auto* claim) {
           const auto* volume = VolumeOf(*claim);
           const auto* zones = volume == nullptr ? nullptr : volume->meta.labels.Find(key);
           return zones == nullptr || *zones == *zone || zones->starts_with(*zone + "__") ||
                  zones->ends_with("__" + *zone);
         });
}

std::vector<std::string> NaiveRules::BrokenBy(const api::Node& node) const {
  std::vector<std::string> broken;
  const auto hold = [&](bool holds, const char* plugin) {
    if (!holds) broken.emplace_back(plugin);
  };
  hold(!node.unschedulable || ToleratesCordon(*pod_.spec), "NodeUnschedulable");
  hold(ToleratesNode(*pod_.spec, node), "TaintToleration");
  hold(SelectsNode(*pod_.spec, node), "NodeAffinity");
  hold(HasFreePorts(node), "NodePorts");
  hold(HasRoom(node), "NodeResourcesFit");
  hold(SharesVolumes(node), "VolumeRestrictions");
  hold(StaysBelowLimit(node), "NodeVolumeLimits");
  hold(FindsVolumes(node), "VolumeBinding");
  hold(IsInZoneOfVolumes(node), "VolumeZone");
  hold(KeepsSpread(node), "PodTopologySpread");
  hold(KeepsAffinity(node), "InterPodAffinity");
  hold(DeclaresFeatures(*pod_.spec, node), "NodeDeclaredFeatures");
  return broken;
}

}  // namespace berth::support
