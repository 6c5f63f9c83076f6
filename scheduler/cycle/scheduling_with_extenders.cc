// The part of a cycle that extenders have: after the filters of the plugins and after their scores.
#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/base/wrapping.h"
#include "scheduler/cycle/scheduling_cycle.h"
#include "scoring/select.h"

namespace berth::cycle {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;

namespace {

// kube-scheduler stretches the 0..10 of extenders to the 0..100 of plugins.
constexpr std::int64_t kStretch = 10;

void LogIgnored(const Extender& extender, const api::Pod& pod, const base::Error& error) {
  base::log::Error(error.message(),
                   "Skipping extender as it returned error and has ignorable flag set",
                   {{"extender", extender.Name()}, {"pod", pod.Key()}});
}

// What an extender said of nodes that it does not want; the later word counts.
void NoteRefusals(const cluster::NodeTable& nodes, const std::map<std::string, std::string>& said,
                  Code code, ExtenderOutcome& outcome) {
  if (outcome.refusals == nullptr) {
    outcome.refusals = std::make_shared<std::map<NodeIndex, ExtenderOutcome::Refusal>>();
  }
  for (const auto& [name, reason] : said) {
    if (const auto row = nodes.Find(name)) (*outcome.refusals)[*row] = {code, reason};
  }
}

void DropRepeated(std::vector<ExtenderNode>& nodes, std::size_t rows) {
  NodeMask known(rows);
  std::erase_if(nodes, [&](const ExtenderNode& node) {
    const bool repeated = known.Test(node.row);
    known.Set(node.row);
    return repeated;
  });
}

// Asked all at once, since each may take its time.
std::vector<base::Result<std::vector<HostScore>>> AskForScores(
    std::span<Extender* const> extenders, const api::Pod& pod, const cluster::Cluster& cluster,
    std::span<const ExtenderNode> nodes) {
  std::vector<std::future<base::Result<std::vector<HostScore>>>> coming;
  for (Extender* extender : extenders) {
    const auto policy = extender == extenders.back() ? std::launch::deferred : std::launch::async;
    coming.push_back(
        std::async(policy, [&, extender] { return extender->Prioritize(pod, cluster, nodes); }));
  }
  std::vector<base::Result<std::vector<HostScore>>> answers;
  // The last one on this thread, while the others are under way.
  if (!coming.empty()) coming.back().wait();
  for (auto& answer : coming) answers.push_back(answer.get());
  return answers;
}

std::size_t CountOf(const framework::Rejections& rejections) {
  std::size_t count = 0;
  for (const auto& [status, nodes] : rejections.groups()) count += nodes.Count();
  return count;
}

framework::Rejections Without(const NodeMask& nodes, const framework::Rejections& rejections) {
  framework::Rejections left;
  for (const auto& [status, of_group] : rejections.groups()) {
    NodeMask others = of_group;
    others.AndNot(nodes);
    left.Add(std::move(others), status);
  }
  return left;
}

// The candidate with the victims that the extenders have left or put in their place.
Candidate CandidateOf(const Candidate& old, const ExtenderVictims& victims,
                      const cluster::Cluster& cluster) {
  Candidate candidate{
      old.node, {}, static_cast<std::size_t>(std::max<std::int64_t>(victims.budgets_violated, 0))};
  for (const cluster::PodIndex index : victims.pods) {
    const auto known = std::ranges::find(old.victims, index, &Victim::index);
    candidate.victims.push_back(known != old.victims.end() ? *known
                                                           : VictimOf(index, cluster.pod(index)));
  }
  return candidate;
}

}  // namespace

bool SchedulingAlgorithm::HasInterestedExtender(const api::Pod* pod) const {
  if (options_.extenders == nullptr || pod == nullptr) return false;
  return std::ranges::any_of(*options_.extenders,
                             [&](const auto& extender) { return extender->IsInterested(*pod); });
}

std::vector<ExtenderNode> SchedulingAlgorithm::FeasibleInOrder(const Cycle& cycle) const {
  std::vector<ExtenderNode> nodes;
  nodes.reserve(cycle.feasible_count);
  const auto& order = cluster_.order.rows();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const NodeIndex row = order[(cycle.start + i) % order.size()];
    if (cycle.Feasible().Test(row)) nodes.push_back({row, nullptr});
  }
  return nodes;
}

std::string SchedulingAlgorithm::FilterByExtenders(const api::Pod& pod,
                                                   std::vector<ExtenderNode>& nodes) {
  const std::size_t before = nodes.size();
  NodeMask refused(cluster_.nodes.rows());
  for (const ExtenderNode& node : nodes) refused.Set(node.row);
  for (const auto& extender : *options_.extenders) {
    if (nodes.empty()) break;
    if (!extender->IsInterested(pod) || !extender->IsFilter()) continue;
    auto result = extender->Filter(pod, cluster_, nodes);
    if (!result && !extender->IsIgnorable()) return result.error().message();
    if (!result) {
      LogIgnored(*extender, pod, result.error());
      continue;
    }
    NoteRefusals(cluster_.nodes, result->failed, Code::kUnschedulable, extended_);
    NoteRefusals(cluster_.nodes, result->unresolvable, Code::kUnschedulableAndUnresolvable,
                 extended_);
    nodes = std::move(result->nodes);
    DropRepeated(nodes, cluster_.nodes.rows());
  }
  for (const ExtenderNode& node : nodes) refused.Clear(node.row);
  extended_.refused = std::move(refused);
  extended_.dropped_nodes = nodes.size() != before;
  extended_.nodes = nodes;
  return "";
}

bool SchedulingAlgorithm::TakeNominatedNodeWithExtenders(Cycle& cycle) {
  if (!TakeNominatedNode(cycle)) return false;
  std::vector<ExtenderNode> nodes = {{cycle.feasible.First(), nullptr}};
  const std::string error = FilterByExtenders(*cycle.pod, nodes);
  extended_.by_nomination = error.empty() && !nodes.empty();
  if (extended_.by_nomination) return true;
  if (!error.empty()) {
    base::log::Error(error, "Evaluation failed on nominated node", {{"pod", cycle.pod->Key()}});
  }
  // Only the reasons stay: all nodes are looked at anew.
  extended_.dropped_nodes = false;
  extended_.refused = {};
  extended_.nodes.clear();
  return false;
}

void SchedulingAlgorithm::KeepOnly(std::span<const ExtenderNode> nodes, Cycle& cycle) {
  cycle.feasible.Resize(cluster_.nodes.rows());
  cycle.feasible.ClearAll();
  for (const ExtenderNode& node : nodes) cycle.feasible.Set(node.row);
  cycle.feasible_is_steady = false;
  cycle.feasible_count = nodes.size();
}

std::string SchedulingAlgorithm::ScoreForExtenders(std::span<const ExtenderNode> nodes,
                                                   Cycle& cycle) {
  cycle.asks_extenders = cycle.needs_totals = true;
  const bool returned =
      std::ranges::any_of(nodes, [](const ExtenderNode& node) { return node.returned != nullptr; });
  if (returned) {
    cycle.steady = nullptr;
    return ScoreReturnedNodes(nodes, cycle);
  }
  return cycle.steady == nullptr ? ScoreAll(cycle) : ScoreChanging(cycle);
}

void SchedulingAlgorithm::PrioritizeByExtenders(const api::Pod& pod,
                                                std::span<const ExtenderNode> nodes) {
  std::vector<Extender*> asked;
  bool draws_all = false;
  for (const auto& extender : *options_.extenders) {
    if (!extender->IsInterested(pod)) continue;
    // One that does not score gives every node 0, and that is a score.
    draws_all |= !extender->IsPrioritizer();
    if (extender->IsPrioritizer()) asked.push_back(extender.get());
  }
  const auto answers = AskForScores(asked, pod, cluster_, nodes);
  scoring::Column<std::int64_t> added(cluster_.nodes.rows());
  added.Fill(0);
  NodeMask scored(cluster_.nodes.rows());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i]) {
      base::log::Error(
          answers[i].error().message(),
          "Failed to run extender's priority function. No score given by this priority function.",
          {{"extender", asked[i]->Name()}, {"pod", pod.Key()}});
      continue;
    }
    ExtenderScores& own = extended_.scores.emplace_back();
    own.extender = asked[i];
    own.scores.Resize(cluster_.nodes.rows());
    own.scores.Fill(0);
    const std::int64_t weight = base::WrapMul(asked[i]->Weight(), kStretch);
    for (const HostScore& score : *answers[i]) {
      const auto row = cluster_.nodes.Find(score.host);
      if (!row) continue;
      own.scores[*row] = base::WrapAdd(own.scores[*row], score.score);
      added[*row] = base::WrapAdd(added[*row], base::WrapMul(score.score, weight));
      scored.Set(*row);
    }
  }
  for (const ExtenderNode& node : nodes) {
    extended_.added.push_back(added[node.row]);
    const bool draws = draws_all || scored.Test(node.row);
    // As Go's rand.Int: never below 0.
    extended_.lots.push_back(draws ? random_.Next() >> 1 : 0);
  }
}

// The first in the pre-order of kube-scheduler's heap among those with the highest total and, of
// these, the highest lot.
NodeIndex SchedulingAlgorithm::ChooseAmong(std::span<const ExtenderNode> nodes, Cycle& cycle) {
  const auto key = [&](std::size_t i) {
    return std::pair(totals_[nodes[i].row], extended_.lots[i]);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const bool better = key(i) > key(best);
    if (better || (key(i) == key(best) && scoring::HeapPreorderLess(i, best))) best = i;
  }
  cycle.highest = totals_[nodes[best].row];
  cycle.best.Resize(cluster_.nodes.rows());
  cycle.best.ClearAll();
  for (const ExtenderNode& node : nodes) {
    if (totals_[node.row] == cycle.highest) cycle.best.Set(node.row);
  }
  if (options_.tie_break == TieBreak::kKube) return nodes[best].row;
  return tie_breaker_.Choose(cycle.best, cycle.feasible, cluster_.order, cycle.start);
}

void SchedulingAlgorithm::ChooseWithExtenders(Cycle& cycle, StageTimer& timer, Decision& decision) {
  const api::Pod& pod = *cycle.pod;
  std::vector<ExtenderNode> nodes = FeasibleInOrder(cycle);
  decision.error = FilterByExtenders(pod, nodes);
  timer.Restart();
  decision.feasible = nodes.size();
  if (decision.error.empty() && nodes.empty()) return;
  KeepOnly(nodes, cycle);
  if (decision.error.empty() && nodes.size() > 1) {
    decision.error = ScoreForExtenders(nodes, cycle);
    timer.Done(config::ExtensionPoint::kScore,
               decision.error.empty() ? Code::kSuccess : Code::kError);
  }
  if (!decision.error.empty()) {
    decision.outcome = Outcome::kError;
    return;
  }
  decision.outcome = Outcome::kChosen;
  decision.node = nodes.front().row;
  decision.best_count = 1;
  if (nodes.size() == 1) return;
  PrioritizeByExtenders(pod, nodes);
  const std::int64_t* totals = Totals(cycle);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeIndex row = nodes[i].row;
    totals_[row] = base::WrapAdd(base::WrapAdd(totals[row], cycle.bias), extended_.added[i]);
  }
  decision.node = ChooseAmong(nodes, cycle);
  decision.total = cycle.highest;
  decision.best_count = cycle.best.Count();
}

void SchedulingAlgorithm::AskExtenders(framework::ProfileRuntime& profile,
                                       const cluster::PodClass& pod, const api::Pod& itself) {
  if (!HasInterestedExtender(&itself)) return;
  const std::size_t start = next_start_;
  (void)Schedule(profile, pod, &itself);
  next_start_ = start;
}

// ---- What they said, for a diagnosis ----

void SchedulingAlgorithm::AddExtenderRejections(Diagnosis& diagnosis) const {
  diagnosis.extenders_dropped_nodes = extended_.dropped_nodes;
  if (extended_.refusals == nullptr) return;
  diagnosis.word_owners.push_back(extended_.refusals);
  framework::Rejections refused;
  NodeMask nodes(cluster_.nodes.rows());
  for (const auto& [row, refusal] : *extended_.refusals) {
    refused.Add(row, {refusal.code, {refusal.reason}}, cluster_.nodes.rows());
    nodes.Set(row);
  }
  // What plugins have said of the same nodes counts no longer.
  for (auto& [plugin, rejections] : diagnosis.rejected) {
    const std::size_t before = CountOf(rejections);
    rejections = Without(nodes, rejections);
    diagnosis.rejected_count -= before - CountOf(rejections);
  }
  diagnosis.rejected_count += nodes.Count();
  diagnosis.rejected.push_back({"", std::move(refused)});
}

void SchedulingAlgorithm::AddExtenderScores(Cycle& cycle) {
  for (const auto& [extender, scores] : extended_.scores) {
    PluginScores& detail = cycle.detail->emplace_back();
    detail.plugin = extender->Name();
    detail.weight = base::WrapMul(extender->Weight(), kStretch);
    detail.raw = detail.normalized = detail.scores = scores;
    cycle.feasible.ForEach([&](NodeIndex row) {
      detail.scores[row] = base::WrapMul(scores[row], detail.weight);
      totals_[row] = base::WrapAdd(totals_[row], detail.scores[row]);
    });
  }
  std::int64_t highest = std::numeric_limits<std::int64_t>::min();
  cycle.feasible.ForEach([&](NodeIndex row) { highest = std::max(highest, totals_[row]); });
  cycle.best = cycle.feasible;
  cycle.feasible.ForEach([&](NodeIndex row) {
    if (totals_[row] != highest) cycle.best.Clear(row);
  });
}

// ---- Preemption ----

std::string SchedulingAlgorithm::AskExtendersToPreempt(const api::Pod& pod,
                                                       std::vector<Candidate>& candidates) {
  if (options_.extenders == nullptr) return "";
  ExtenderVictimsByNode victims;
  for (const Candidate& candidate : candidates) {
    ExtenderVictims& on_node = victims[cluster_.nodes.Name(candidate.node)];
    for (const Victim& victim : candidate.victims) on_node.pods.push_back(victim.index);
    on_node.budgets_violated = static_cast<std::int64_t>(candidate.budgets_violated);
  }
  bool asked = false;
  for (const auto& extender : *options_.extenders) {
    if (!extender->SupportsPreemption() || !extender->IsInterested(pod)) continue;
    auto answer = extender->Preempt(pod, cluster_, victims);
    if (!answer && !extender->IsIgnorable()) return answer.error().message();
    if (!answer) {
      LogIgnored(*extender, pod, answer.error());
      continue;
    }
    asked = true;
    victims = *std::move(answer);
    if (extender->IsIgnorable()) {
      std::erase_if(victims, [](const auto& entry) { return entry.second.pods.empty(); });
    }
    for (const auto& [node, on_node] : victims) {
      if (on_node.pods.empty()) return "expected at least one victim pod on node \"" + node + "\"";
    }
    if (victims.empty()) break;
  }
  if (!asked) return "";
  std::vector<Candidate> left;
  for (Candidate& old : candidates) {
    const auto it = victims.find(cluster_.nodes.Name(old.node));
    if (it == victims.end()) continue;
    left.push_back(CandidateOf(old, it->second, cluster_));
    victims.erase(it);
  }
  // Nodes that only an extender thought of.
  for (const auto& [name, on_node] : victims) {
    left.push_back(CandidateOf({*cluster_.nodes.Find(name), {}, 0}, on_node, cluster_));
  }
  candidates = std::move(left);
  return candidates.empty() ? "no candidate node for preemption" : "";
}

}  // namespace berth::cycle
