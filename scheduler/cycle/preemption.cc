#include "scheduler/cycle/preemption.h"

#include <algorithm>
#include <span>

#include "scheduler/cycle/room_dry_run.h"
#include "scheduler/cycle/scheduling_cycle.h"
#include "scheduler/cycle/victims.h"
#include "scheduler/cycle/what_if.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::NodeStatus;
using framework::ProfileRuntime;

namespace {

constexpr std::string_view kNoVictims = "No preemption victims found for incoming pod";

NodeStatus Unresolvable(std::string_view reason) {
  return {Code::kUnschedulableAndUnresolvable, {reason}};
}

// The nodes from which taking pods away may help.
NodeMask PotentialNodes(const cluster::Cluster& cluster, const Diagnosis& diagnosis) {
  NodeMask potential(cluster.nodes.rows());
  if (diagnosis.prefilter.code == Code::kUnschedulable) return cluster.nodes.alive();
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      if (status.code == Code::kUnschedulable) potential.Or(nodes);
    }
  }
  return potential;
}

// Whether preemption cannot help on the node, as far as the diagnosis knows.
bool IsUnresolvable(const Diagnosis& diagnosis, NodeIndex node) {
  Code code =
      diagnosis.prefilter.ok() ? Code::kUnschedulableAndUnresolvable : diagnosis.prefilter.code;
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      if (nodes.Test(node)) code = status.code;
    }
  }
  return code == Code::kUnschedulableAndUnresolvable;
}

bool HasLeavingVictim(const cluster::Cluster& cluster, NodeIndex node, std::int32_t priority) {
  return std::ranges::any_of(cluster.PodsOn(node), [&](cluster::PodIndex index) {
    const api::Pod& pod = cluster.pod(index);
    return pod.Priority() < priority && pod.meta.deletion_timestamp &&
           pod.status.preempted_by_scheduler;
  });
}

// Why the pod may not preempt; empty if it may.
std::string_view Ineligible(const cluster::Cluster& cluster, const api::Pod& pod,
                            const Diagnosis& diagnosis) {
  if (pod.spec->preemption_policy == api::PreemptionPolicy::kNever) {
    return "not eligible due to preemptionPolicy=Never.";
  }
  const auto nominated = cluster.nodes.Find(cluster.nominated.NodeOf(pod));
  if (!nominated || IsUnresolvable(diagnosis, *nominated)) return "";
  if (!HasLeavingVictim(cluster, *nominated, pod.Priority())) return "";
  return "not eligible due to a terminating pod on the nominated node.";
}

std::vector<Victim> LowerPods(const cluster::Cluster& cluster, NodeIndex node,
                              std::int32_t priority) {
  std::vector<Victim> lower;
  for (const cluster::PodIndex index : cluster.PodsOn(node)) {
    const api::Pod& pod = cluster.pod(index);
    if (pod.Priority() < priority) lower.push_back(VictimOf(index, pod));
  }
  return lower;
}

// Tries one node after the other without its pods of lower priority.
class DryRun {
 public:
  // With `room`, nodes that it knows are decided by arithmetic.
  DryRun(cluster::Cluster& cluster, std::int32_t priority, WhatIf& what_if, RankedPods& ranked,
         const std::optional<RoomDryRun>& room)
      : cluster_(cluster), priority_(priority), what_if_(what_if), ranked_(ranked), room_(room) {}

  // Whether there is something to be had on the node; if not, why is remembered.
  void Try(NodeIndex node);

  std::size_t found() const { return clean_.size() + violating_.size(); }
  bool found_clean() const { return !clean_.empty(); }
  // Those that violate no budget first.
  std::vector<Candidate> TakeCandidates();
  // "0/3 nodes are available: ..."
  std::string Message() const;
  const std::string& error() const { return error_; }

 private:
  // The same by arithmetic; false if that does not do.
  bool TryByRoom(NodeIndex node);
  // Puts back, of the suspended pods, those that may stay; the others are victims.
  void Reprieve(std::span<const Victim> pods, Candidate& candidate);
  Candidate ChooseVictims(std::vector<Victim> lower, NodeIndex node);
  void Refuse(NodeIndex node, const NodeStatus& status);

  cluster::Cluster& cluster_;
  std::int32_t priority_;
  WhatIf& what_if_;
  RankedPods& ranked_;
  const std::optional<RoomDryRun>& room_;
  std::vector<Candidate> clean_;
  std::vector<Candidate> violating_;
  framework::Rejections rejections_;
  std::size_t rejected_ = 0;
  std::string error_;
};

void DryRun::Refuse(NodeIndex node, const NodeStatus& status) {
  if (status.code == Code::kError) {
    if (error_.empty()) error_ = status.reasons.empty() ? "" : std::string(status.reasons[0]);
    return;
  }
  rejections_.Add(node, status, cluster_.nodes.rows());
  ++rejected_;
}

void DryRun::Reprieve(std::span<const Victim> pods, Candidate& candidate) {
  for (const Victim& victim : pods) {
    what_if_.Resume(victim.index);
    if (what_if_.Filter(candidate.node).ok()) continue;
    what_if_.Suspend(victim.index);
    candidate.victims.push_back(victim);
  }
}

Candidate DryRun::ChooseVictims(std::vector<Victim> lower, NodeIndex node) {
  SortByImportance(lower);
  const auto [violating, others] = SplitByBudgets(lower, cluster_.disruption_budgets);
  Candidate candidate{node, {}, 0};
  Reprieve(violating, candidate);
  candidate.budgets_violated = candidate.victims.size();
  for (Victim& victim : candidate.victims) victim.violates_budget = true;
  Reprieve(others, candidate);
  if (!violating.empty() && !others.empty()) SortByImportance(candidate.victims);
  return candidate;
}

bool DryRun::TryByRoom(NodeIndex node) {
  if (!room_ || !room_->Knows(node)) return false;
  const auto lower = ranked_.Below(cluster_, node, priority_);
  if (lower.empty()) {
    Refuse(node, Unresolvable(kNoVictims));
    return true;
  }
  auto victims = room_->ChooseVictims(node, lower);
  // Words, and what cannot happen, are left to the plugins.
  if (!victims || victims->empty()) return false;
  clean_.push_back({node, *std::move(victims), 0});
  return true;
}

void DryRun::Try(NodeIndex node) {
  if (TryByRoom(node)) return;
  std::vector<Victim> lower = LowerPods(cluster_, node, priority_);
  if (lower.empty()) return Refuse(node, Unresolvable(kNoVictims));
  const auto ports = cluster_.host_ports.Used(node);
  for (const Victim& victim : lower) what_if_.Suspend(victim.index);
  const NodeVerdict verdict = what_if_.Filter(node);
  Candidate candidate{node, {}, 0};
  if (verdict.ok()) {
    candidate = ChooseVictims(std::move(lower), node);
  } else {
    candidate.victims = std::move(lower);
  }
  for (const Victim& victim : candidate.victims) what_if_.Resume(victim.index);
  cluster_.host_ports.Restore(node, ports);
  if (!verdict.ok()) return Refuse(node, verdict.status);
  if (candidate.victims.empty()) {
    if (error_.empty()) {
      error_ = "expected at least one victim pod on node \"" + cluster_.nodes.Name(node) + "\"";
    }
    return;
  }
  (candidate.budgets_violated == 0 ? clean_ : violating_).push_back(std::move(candidate));
}

std::vector<Candidate> DryRun::TakeCandidates() {
  std::vector<Candidate> all = std::move(clean_);
  std::ranges::move(violating_, std::back_inserter(all));
  return all;
}

std::string DryRun::Message() const {
  Diagnosis diagnosis;
  diagnosis.all_nodes = cluster_.nodes.node_count();
  diagnosis.rejected.push_back({"", rejections_});
  diagnosis.rejected_count = rejected_;
  diagnosis.absent = {Code::kUnschedulableAndUnresolvable,
                      {"Preemption is not helpful for scheduling"}};
  return diagnosis.Message();
}

void TryNodes(std::span<const NodeIndex> nodes, std::size_t offset, std::size_t wanted,
              DryRun& dry_run) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    dry_run.Try(nodes[(offset + i) % nodes.size()]);
    if (dry_run.found_clean() && dry_run.found() >= wanted) return;
  }
}

PostFilterResult Refused(std::string message) {
  PostFilterResult refused;
  refused.message = "preemption: " + std::move(message);
  return refused;
}

std::string Joined(const std::vector<std::string>& reasons) {
  std::string joined;
  for (const auto& reason : reasons) {
    if (!joined.empty()) joined += ", ";
    joined += reason;
  }
  return joined;
}

// Whether PreFilter ended before it came to the plugin, so that it knows nothing of the pod.
bool WasNotReached(const ActivePlugin& active, const ProfileRuntime& profile,
                   const Diagnosis& diagnosis) {
  if (diagnosis.prefilter.code != Code::kUnschedulableAndUnresolvable) return false;
  for (const ActivePlugin& other : profile.At(ExtensionPoint::kPreFilter)) {
    if (other.slot == active.slot) return false;
    if (other.plugin->Name() == diagnosis.prefilter_plugin) return true;
  }
  return false;
}

NodeMask RejectedBy(const framework::Plugin& plugin, const Diagnosis& diagnosis, std::size_t rows) {
  NodeMask rejected(rows);
  for (const auto& [name, rejections] : diagnosis.rejected) {
    if (name != plugin.Name()) continue;
    for (const auto& [status, nodes] : rejections.groups()) rejected.Or(nodes);
  }
  return rejected;
}

}  // namespace

PostFilterResult SchedulingAlgorithm::Preempt(const config::DefaultPreemptionArgs& args,
                                              ProfileRuntime& profile,
                                              const cluster::PodClass& pod_class,
                                              const api::Pod& pod, const Diagnosis& diagnosis) {
  if (const auto why = Ineligible(cluster_, pod, diagnosis); !why.empty()) {
    return Refused(std::string(why));
  }
  const NodeMask potential = PotentialNodes(cluster_, diagnosis);
  std::vector<NodeIndex> nodes;
  const auto& order = cluster_.order.rows();
  for (std::size_t position = 0; position < order.size(); ++position) {
    if (potential.Test(order[position])) nodes.push_back(order[position]);
  }
  Cycle cycle(cluster_, profile, pod_class, masks_);
  RunPreFilter(cycle);
  WhatIf what_if(cycle.context, profile, cycle.plan, cycle.skipped_filters, &pod);
  const auto room =
      RoomDryRun::Make(cycle.context, profile, cycle.plan, cycle.skipped_filters, potential);
  DryRun dry_run(cluster_, pod_class.priority(), what_if, ranked_pods_, room);
  if (!nodes.empty()) {
    TryNodes(nodes, random_.Below(nodes.size()), CandidatesToFind(args, nodes.size()), dry_run);
  }
  std::vector<Candidate> candidates = dry_run.TakeCandidates();
  if (candidates.empty()) {
    PostFilterResult refused =
        Refused(dry_run.error().empty() ? dry_run.Message() : dry_run.error());
    refused.clears_nomination = dry_run.error().empty();
    return refused;
  }
  const std::string refusal = AskExtendersToPreempt(pod, candidates);
  if (!refusal.empty()) return Refused(refusal);
  const Candidate& best = PickCandidate(candidates);
  PostFilterResult result;
  result.node = best.node;
  for (const Victim& victim : best.victims) {
    result.victims.push_back(victim.index);
    if (victim.violates_budget) result.violating.push_back(victim.index);
  }
  return result;
}

PostFilterResult SchedulingAlgorithm::PostFilter(ProfileRuntime& profile,
                                                 const cluster::PodClass& pod_class,
                                                 const api::Pod& pod, const Diagnosis& diagnosis,
                                                 bool carry_out) {
  const framework::PodContext context{cluster_, pod_class};
  PostFilterResult result;
  bool gave_up = false;
  std::vector<framework::ApiWrite> writes;
  std::vector<std::string> reasons;
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kPostFilter)) {
    if (const auto* args = active.plugin->PreemptsWith()) {
      result = Preempt(*args, profile, pod_class, pod, diagnosis);
      result.gave_up = gave_up;
      result.writes = writes;
      if (result.node) return result;
      reasons.push_back(result.message);
    } else if (WasNotReached(active, profile, diagnosis)) {
      result.message = "not found";
      return result;
    } else {
      const NodeMask rejected = RejectedBy(*active.plugin, diagnosis, cluster_.nodes.rows());
      const auto& state = profile.PlanFor(context).states[active.slot];
      auto outcome = active.plugin->PostFilter(
          context, {state == nullptr ? nullptr : &state->state(), rejected, carry_out});
      result.gave_up = gave_up |= outcome.gave_up;
      writes.insert(writes.end(), std::make_move_iterator(outcome.writes.begin()),
                    std::make_move_iterator(outcome.writes.end()));
      reasons.insert(reasons.end(), outcome.status.reasons.begin(), outcome.status.reasons.end());
    }
  }
  result.message = Joined(reasons);
  result.writes = std::move(writes);
  return result;
}

}  // namespace berth::cycle
