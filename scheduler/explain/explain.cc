#include "scheduler/explain/explain.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/base/text.h"

namespace berth::explain {
namespace {

using cluster::Cluster;
using config::ExtensionPoint;
using cycle::Outcome;
using framework::NodeIndex;
using framework::NodeMask;
using framework::ProfileRuntime;

// Takes a running pod off its node for a while.
class TakenOff {
 public:
  TakenOff(Cluster& cluster, std::optional<cluster::PodIndex> running) : cluster_(cluster) {
    if (!running) return;
    pod_ = cluster.SharedPod(*running);
    node_ = cluster.NodeOf(*running);
    ports_ = cluster.host_ports.Used(node_);
    cluster.RemovePod(*running);
  }
  TakenOff(const TakenOff&) = delete;
  TakenOff& operator=(const TakenOff&) = delete;
  ~TakenOff() {
    if (pod_ == nullptr) return;
    cluster_.AddPod(std::move(pod_), node_);
    // A set: whoever goes frees a port, even where somebody else holds it too.
    cluster_.host_ports.Restore(node_, std::move(ports_));
  }

 private:
  Cluster& cluster_;
  std::shared_ptr<const api::Pod> pod_;
  NodeIndex node_ = 0;
  std::vector<cluster::HostPort> ports_;
};

std::shared_ptr<const api::Pod> AsPending(const std::shared_ptr<const api::Pod>& pod) {
  if (pod->node_name.empty()) return pod;
  auto pending = std::make_shared<api::Pod>(*pod);
  pending->node_name.clear();
  return pending;
}

// Takes a nomination away for a while, so that the other nodes are looked at as well.
class WithoutNomination {
 public:
  WithoutNomination(Cluster& cluster, std::shared_ptr<const api::Pod> pod,
                    const cluster::PodClass& pod_class)
      : cluster_(cluster),
        nominated_{std::move(pod), &pod_class},
        node_(cluster.nominated.NodeOf(*nominated_.pod)) {
    cluster_.nominated.Remove(*nominated_.pod);
  }
  WithoutNomination(const WithoutNomination&) = delete;
  WithoutNomination& operator=(const WithoutNomination&) = delete;
  ~WithoutNomination() {
    if (!node_.empty()) cluster_.nominated.Set(nominated_, node_);
  }

 private:
  Cluster& cluster_;
  cluster::NominatedPod nominated_;
  std::string node_;
};

Verdict VerdictOf(std::string_view plugin, const framework::Status& status) {
  return {std::string(plugin), status.code, status.reasons};
}

Verdict VerdictOf(std::string_view plugin, const framework::NodeStatus& status) {
  return {std::string(plugin), status.code, {status.reasons.begin(), status.reasons.end()}};
}

class Explainer {
 public:
  Explainer(const Question& question, Cluster& cluster, ProfileRuntime& profile)
      : question_(question),
        cluster_(cluster),
        profile_(profile),
        pod_(AsPending(question.pod)),
        pod_class_(cluster.classes.ClassOfPending(*pod_)),
        algorithm_(cluster, question.algorithm) {}

  Explanation Run() {
    Introduce();
    cluster_.BeginCycle();
    LookAround();
    const cycle::Decision decision = algorithm_.Schedule(profile_, pod_class_, pod_.get());
    TellDecision(decision);
    TellCurrent();
    if (decision.outcome == Outcome::kUnschedulable) TellPreemption();
    return std::move(out_);
  }

 private:
  std::vector<std::string> Names(const NodeMask& nodes) const {
    std::vector<std::string> names;
    nodes.ForEach([&](NodeIndex node) { names.push_back(cluster_.nodes.Name(node)); });
    return names;
  }

  void Introduce() {
    out_.pod = pod_->Key();
    out_.priority = pod_class_.priority();
    out_.scheduler_name = profile_.profile().scheduler_name;
    out_.nominated_node = cluster_.nominated.NodeOf(*pod_);
    out_.is_leaving = pod_->meta.deletion_timestamp.has_value();
    out_.nodes = cluster_.nodes.node_count();
    const auto own = profile_.profile().percentage_of_nodes_to_score;
    out_.percentage_of_nodes_to_score =
        own ? own : question_.algorithm.percentage_of_nodes_to_score;
    for (const auto& gate : profile_.At(ExtensionPoint::kPreEnqueue)) {
      const auto status = gate.plugin->PreEnqueueIn(cluster_, *pod_);
      if (status.ok()) continue;
      out_.held_back = VerdictOf(gate.plugin->Name(), status);
      break;
    }
  }

  // Everything that changes nothing: all nodes, whatever the pod's own nomination.
  void LookAround() {
    const WithoutNomination without(cluster_, pod_, pod_class_);
    algorithm_.AskExtenders(profile_, pod_class_, *pod_);
    diagnosis_ = algorithm_.Diagnose(profile_, pod_class_, pod_.get());
    if (!diagnosis_.prefilter.ok()) {
      out_.prefilter = VerdictOf(diagnosis_.prefilter_plugin, diagnosis_.prefilter);
    }
    // Now, since plugins may forget words in a later PreFilter.
    message_ = diagnosis_.Message();
    TellRejections();
    scores_ =
        algorithm_.ExplainScores(profile_, pod_class_, pod_.get(), {.sampled = true, .also = {}});
    feasible_ = out_.percentage_of_nodes_to_score
                    ? algorithm_.ExplainScores(profile_, pod_class_, pod_.get()).feasible
                    : scores_.feasible;
    feasible_.Resize(cluster_.nodes.rows());
    out_.feasible = feasible_.Count();
    TellAbsent();
    TellRemedies();
    TellScores();
    if (question_.node) TellNode(*question_.node);
  }

  // ---- Scores ----

  ScoredNode ScoresOf(const cycle::Scores& scores, NodeIndex node) const {
    ScoredNode scored{cluster_.nodes.Name(node), 1, scores.totals[node], {}};
    scores.feasible.ForEach([&](NodeIndex other) {
      if (scores.totals[other] > scored.total) ++scored.rank;
    });
    AddPluginScores(scores, node, scored);
    return scored;
  }

  static void AddPluginScores(const cycle::Scores& scores, NodeIndex node, ScoredNode& scored) {
    for (const auto& plugin : scores.plugins) {
      scored.scores.push_back({std::string(plugin.plugin), plugin.raw[node],
                               plugin.normalized[node], plugin.scores[node]});
    }
  }

  void TellScores() {
    out_.scored = scores_.feasible.Count();
    for (const auto& active : profile_.At(ExtensionPoint::kScore)) {
      const auto name = active.plugin->Name();
      const bool scores = std::ranges::any_of(
          scores_.plugins, [&](const auto& plugin) { return plugin.plugin == name; });
      out_.scorers.push_back({std::string(name), active.weight, out_.scored > 0 && !scores});
    }
    TellExtenders();
    scores_.feasible.ForEach([&](NodeIndex node) { ranked_.push_back(node); });
    std::ranges::stable_sort(
        ranked_, [&](NodeIndex a, NodeIndex b) { return scores_.totals[a] > scores_.totals[b]; });
    std::size_t rank = 1;
    for (std::size_t i = 0; i < ranked_.size(); ++i) {
      const std::int64_t total = scores_.totals[ranked_[i]];
      if (i > 0 && total != out_.ranking.back().total) rank = i + 1;
      out_.ranking.push_back({cluster_.nodes.Name(ranked_[i]), rank, total, {}});
      AddPluginScores(scores_, ranked_[i], out_.ranking.back());
    }
  }

  // Those that have given scores come behind the plugins.
  void TellExtenders() {
    if (question_.algorithm.extenders == nullptr) return;
    for (const auto& extender : *question_.algorithm.extenders) {
      for (const auto& scores : scores_.plugins) {
        if (scores.plugin != extender->Name()) continue;
        out_.scorers.push_back({std::string(scores.plugin), scores.weight, false});
      }
    }
  }

  void TellDecision(const cycle::Decision& decision) {
    if (decision.outcome == Outcome::kError) out_.error = decision.error;
    if (decision.outcome == Outcome::kUnschedulable) out_.message = message_;
    if (decision.outcome != Outcome::kChosen) return;
    Choice& choice = out_.choice.emplace();
    choice.node = cluster_.nodes.Name(decision.node);
    const bool scored = scores_.feasible.size() > 0 && scores_.feasible.Test(decision.node);
    choice.total = scored ? scores_.totals[decision.node] : 0;
    if (decision.by_nomination) {
      choice.by = DecidedBy::kNomination;
    } else if (decision.feasible == 1) {
      choice.by = DecidedBy::kOnlyNode;
    } else if (decision.best_count > 1) {
      choice.by = DecidedBy::kTie;
      choice.tied = Names(scores_.best);
    } else {
      TellMargin(choice);
    }
  }

  void TellMargin(Choice& choice) const {
    const ScoredNode& best = out_.ranking.front();
    const ScoredNode& next = choice.runner_up.emplace(out_.ranking[1]);
    for (std::size_t i = 0; i < best.scores.size(); ++i) {
      const std::int64_t margin = best.scores[i].weighted - next.scores[i].weighted;
      if (margin != 0) choice.margins.emplace_back(best.scores[i].plugin, margin);
    }
    std::ranges::stable_sort(choice.margins, [](const auto& a, const auto& b) {
      return std::abs(a.second) > std::abs(b.second);
    });
  }

  // ---- Rejected nodes ----

  struct Group {
    Verdict verdict;
    NodeMask nodes;
  };

  void TellRejections() {
    rejected_.Resize(cluster_.nodes.rows());
    for (const auto& [plugin, rejections] : diagnosis_.rejected) {
      for (const auto& [status, nodes] : rejections.groups()) {
        // Of extenders it is not known which one it was.
        groups_.push_back(
            {VerdictOf(plugin.empty() ? cycle::kExtenderRejector : plugin, status), nodes});
        rejected_.Or(nodes);
      }
    }
  }

  // Nodes that were not looked at, since PreFilter plugins leave others only.
  // So are those that an extender has left out of its answer without a word.
  void TellAbsent() {
    if (diagnosis_.absent_plugin.empty() && !diagnosis_.extenders_dropped_nodes) return;
    NodeMask absent = cluster_.nodes.alive();
    absent.AndNot(rejected_);
    absent.AndNot(feasible_);
    if (!absent.Any()) return;
    if (!diagnosis_.absent_plugin.empty()) {
      groups_.push_back(
          {VerdictOf(diagnosis_.absent_plugin, diagnosis_.absent), std::move(absent)});
      return;
    }
    groups_.push_back({{std::string(cycle::kExtenderRejector), framework::Code::kUnschedulable, {}},
                       std::move(absent)});
  }

  void TellRemedies() {
    std::ranges::stable_sort(
        groups_, [](const Group& a, const Group& b) { return a.nodes.Count() > b.nodes.Count(); });
    for (const Group& group : groups_) {
      out_.rejected.push_back({group.verdict, Names(group.nodes), {}});
      auto& remedies = out_.rejected.back().remedies;
      remedies = RemediesFor(group.verdict.plugin, group.nodes);
      AddNominated(group, remedies);
    }
  }

  std::vector<Remedy> RemediesFor(std::string_view plugin, const NodeMask& nodes) {
    std::vector<Remedy> remedies;
    for (auto& remedy : algorithm_.Advise(profile_, pod_class_, plugin, nodes)) {
      remedies.push_back({std::move(remedy.obstacles), Names(remedy.nodes)});
    }
    return remedies;
  }

  std::vector<std::string> NominatedBefore(NodeIndex node) const {
    std::vector<std::string> pods;
    cluster_.nominated.ForEachBefore(
        cluster_.nodes.Name(node), pod_.get(), pod_class_.priority(),
        [&](const cluster::NominatedPod& nominated) { pods.push_back(nominated.pod->Key()); });
    return pods;
  }

  // Nodes that are rejected for the sake of pods that are nominated to them.
  void AddNominated(const Group& group, std::vector<Remedy>& remedies) {
    constexpr std::size_t kFew = 3;
    for (const auto& [name, pods] : cluster_.nominated.by_node()) {
      const auto node = cluster_.nodes.Find(name);
      if (!node || !group.nodes.Test(*node)) continue;
      auto before = NominatedBefore(*node);
      if (before.empty()) continue;
      const auto inspection = algorithm_.Inspect(profile_, pod_class_, pod_.get(), *node);
      const bool fits = std::ranges::all_of(inspection.filters, [&](const auto& filter) {
        return filter.plugin != group.verdict.plugin || filter.status.ok();
      });
      if (!fits) continue;
      framework::Obstacle kept{
          "room is kept for pods nominated to the node: " + base::ListFew(before, kFew),
          "",
          {{"nominatedPods", std::move(before)}}};
      remedies.push_back({{std::move(kept)}, {name}});
    }
  }

  // ---- Single nodes ----

  void TellNode(NodeIndex node) {
    NodeReport& report = out_.node.emplace();
    report.node = cluster_.nodes.Name(node);
    report.feasible = feasible_.Test(node);
    const auto inspection = algorithm_.Inspect(profile_, pod_class_, pod_.get(), node);
    report.narrowed_by = inspection.narrowed_by;
    NodeMask alone(cluster_.nodes.rows());
    alone.Set(node);
    for (const auto& filter : inspection.filters) {
      auto& verdict = report.filters.emplace_back();
      verdict.verdict = VerdictOf(filter.plugin, filter.status);
      verdict.skipped = filter.skipped;
      if (!filter.status.ok()) verdict.remedies = RemediesFor(filter.plugin, alone);
    }
    if (!inspection.with_nominated.status.ok()) {
      const auto& nominated = inspection.with_nominated;
      report.with_nominated = VerdictOf(nominated.plugin, nominated.status);
    }
    if (out_.prefilter) return;
    const bool scored = scores_.feasible.size() > 0 && scores_.feasible.Test(node);
    report.sampled_out = report.feasible && !scored;
    const auto with_it =
        algorithm_.ExplainScores(profile_, pod_class_, pod_.get(), {.sampled = true, .also = node});
    if (with_it.feasible.size() > 0) report.scores = ScoresOf(with_it, node);
  }

  void TellCurrent() {
    if (question_.pod->node_name.empty()) return;
    CurrentNode& current = out_.current.emplace();
    current.node = question_.pod->node_name;
    const auto node = cluster_.nodes.Find(current.node);
    if (!node) return;
    if (scores_.feasible.size() > 0 && scores_.feasible.Test(*node)) {
      current.scores = ScoresOf(scores_, *node);
      return;
    }
    current.sampled_out = feasible_.Test(*node);
    for (const Group& group : groups_) {
      if (group.nodes.Test(*node)) current.rejection = group.verdict;
    }
    if (out_.prefilter) current.rejection = *out_.prefilter;
  }

  // ---- Preemption ----

  void TellPreemption() {
    if (diagnosis_.all_nodes == 0 || profile_.At(ExtensionPoint::kPostFilter).empty()) return;
    const auto result = algorithm_.PostFilter(profile_, pod_class_, *pod_, diagnosis_);
    Preemption& preemption = out_.preemption.emplace();
    preemption.message = result.message;
    if (!result.node) return;
    preemption.node = cluster_.nodes.Name(*result.node);
    for (const cluster::PodIndex index : result.victims) {
      const api::Pod& victim = cluster_.pod(index);
      const bool violates = std::ranges::find(result.violating, index) != result.violating.end();
      preemption.victims.push_back({victim.Key(), victim.Priority(), violates});
    }
  }

  const Question& question_;
  Cluster& cluster_;
  ProfileRuntime& profile_;
  std::shared_ptr<const api::Pod> pod_;
  const cluster::PodClass& pod_class_;
  cycle::SchedulingAlgorithm algorithm_;

  cycle::Diagnosis diagnosis_;
  std::string message_;
  cycle::Scores scores_;
  NodeMask feasible_;
  NodeMask rejected_;
  std::vector<Group> groups_;
  std::vector<NodeIndex> ranked_;
  Explanation out_;
};

}  // namespace

Explanation Explain(const Question& question, Cluster& cluster, ProfileRuntime& profile) {
  const TakenOff taken_off(cluster, question.running);
  return Explainer(question, cluster, profile).Run();
}

}  // namespace berth::explain
