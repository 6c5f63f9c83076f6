// Which events may let a pod in that its affinity has kept out.
//
// The terms are looked at as kube-scheduler 1.36 does here, which is less close than its filter: a
// namespace selector takes the namespaces that have no labels, and a pod helps where it matches all
// terms of a kind at once, anti-affinity too.
#include <algorithm>
#include <vector>

#include "plugins/interpodaffinity/inter_pod_affinity.h"
#include "scheduler/api/selector_match.h"

namespace berth::plugins {
namespace {

using framework::EventResource;
using framework::Hint;
using framework::Versions;

using Terms = std::vector<api::PodAffinityTerm>;

const Terms kNoTerms;

const Terms& AffinityTerms(const api::Pod& pod) {
  const auto& affinity = pod.spec->affinity;
  return affinity && affinity->pod_affinity ? affinity->pod_affinity->required : kNoTerms;
}
const Terms& AntiAffinityTerms(const api::Pod& pod) {
  const auto& affinity = pod.spec->affinity;
  return affinity && affinity->pod_anti_affinity ? affinity->pod_anti_affinity->required : kNoTerms;
}

bool TakesNamespace(const api::PodAffinityTerm& term, const api::Pod& owner,
                    const std::string& name) {
  if (term.namespaces.empty() && !term.namespace_selector) {
    return name == owner.meta.namespace_name;
  }
  return std::ranges::find(term.namespaces, name) != term.namespaces.end() ||
         api::Matches(term.namespace_selector, {});
}

// Whether the pod matches all terms, of which there is at least one.
bool MatchesAll(const Terms& terms, const api::Pod& owner, const api::Pod& pod) {
  return !terms.empty() && std::ranges::all_of(terms, [&](const api::PodAffinityTerm& term) {
    return TakesNamespace(term, owner, pod.meta.namespace_name) &&
           api::Matches(term.label_selector, pod.meta.labels);
  });
}

bool IsElsewhere(const api::Pod* version) {
  return version != nullptr && !framework::HoldsRoom(*version);
}

Hint HintOfPod(const api::Pod& pod, const Versions<api::Pod>& changed) {
  if (changed.IsUpdate() && framework::IsSamePod(*changed.after, pod)) return Hint::kQueue;
  if (IsElsewhere(changed.before) || IsElsewhere(changed.after)) return Hint::kSkip;
  const Terms& affinity = AffinityTerms(pod);
  const Terms& anti = AntiAffinityTerms(pod);
  const auto attracts = [&](const api::Pod* other) {
    return other != nullptr && MatchesAll(affinity, pod, *other);
  };
  const auto repels = [&](const api::Pod* other) {
    return other != nullptr && MatchesAll(anti, pod, *other);
  };
  if (!attracts(changed.before) && attracts(changed.after)) return Hint::kQueue;
  if (repels(changed.before) && !repels(changed.after)) return Hint::kQueue;
  const bool gone = changed.after == nullptr;
  return framework::QueueIf(gone &&
                            MatchesAll(AntiAffinityTerms(*changed.before), *changed.before, pod));
}

// What a node's label is now, if it is another one than before.
bool IsNewValue(const Versions<api::Node>& node, const std::string& key) {
  const auto* now = node.after->meta.labels.Find(key);
  if (now == nullptr) return false;
  const auto* then = node.before == nullptr ? nullptr : node.before->meta.labels.Find(key);
  return then == nullptr || *then != *now;
}

// The node has left its domain, for another one or for none.
bool HasLeftDomain(const Versions<api::Node>& node, const std::string& key) {
  const auto* then = node.before->meta.labels.Find(key);
  if (then == nullptr) return false;
  const auto* now = node.after->meta.labels.Find(key);
  return now == nullptr || *then != *now;
}

Hint HintOfNode(const api::Pod& pod, const Versions<api::Node>& node) {
  if (node.after == nullptr) return Hint::kSkip;
  const bool attracted = std::ranges::any_of(
      AffinityTerms(pod), [&](const auto& term) { return IsNewValue(node, term.topology_key); });
  if (attracted) return Hint::kQueue;
  const Terms& anti = AntiAffinityTerms(pod);
  if (node.before == nullptr) return framework::QueueIf(!anti.empty());
  return framework::QueueIf(std::ranges::any_of(
      anti, [&](const auto& term) { return HasLeftDomain(node, term.topology_key); }));
}

}  // namespace

std::vector<framework::EventRegistration> InterPodAffinity::EventsToRegister() const {
  return {
      {{EventResource::kPod, framework::kAdd | framework::kDelete | framework::kUpdatePodLabel}},
      {{EventResource::kNode, framework::kAdd | framework::kUpdateNodeLabel}}};
}

base::Result<Hint> InterPodAffinity::QueueingHint(const framework::PodContext&, const api::Pod& pod,
                                                  const framework::ObjectChange& change) const {
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const auto changed, framework::VersionsOf<api::Pod>(change));
    return HintOfPod(pod, changed);
  }
  BERTH_ASSIGN(const auto node, framework::VersionsOf<api::Node>(change));
  return HintOfNode(pod, node);
}

}  // namespace berth::plugins
