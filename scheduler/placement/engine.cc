#include "scheduler/placement/engine.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "scheduler/base/executor.h"
#include "scheduler/base/text.h"
#include "scheduler/explain/explain.h"
#include "scheduler/explain/find_pod.h"
#include "scheduler/explain/json_output.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"

namespace berth::placement {

using api::ClusterObjects;
using simulate::Simulation;

namespace {

constexpr const char* kPodsName = "pods";

std::unexpected<Failure> Invalid(const base::Error& error) {
  return Refuse(FailureKind::kInvalid, error.message());
}

std::string Shown(const std::string& name) {
  constexpr std::size_t kMost = 80;
  return base::Printable(std::string_view(name).substr(0, kMost));
}

cycle::AlgorithmOptions AlgorithmOf(const config::Configuration& config) {
  return {.percentage_of_nodes_to_score = config.percentage_of_nodes_to_score};
}

void DropPending(ClusterObjects& objects) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < objects.pods.size(); ++i) {
    if (objects.pods[i].node_name.empty()) continue;
    if (kept != i) {
      objects.pods[kept] = std::move(objects.pods[i]);
      objects.pod_origins[kept] = objects.pod_origins[i];
    }
    ++kept;
  }
  objects.pods.resize(kept);
  objects.pod_origins.resize(kept);
}

// The objects with the pods that the question is about as those that wait.
Outcome<ClusterObjects> ObjectsFor(const ClusterObjects& objects, std::string_view pods) {
  ClusterObjects asked = objects;
  if (pods.empty()) return asked;
  DropPending(asked);
  // A few pods: not worth threads.
  const auto executor = base::MakeExecutor(1);
  const simulate::InputText text{kPodsName, std::string(pods)};
  auto read = simulate::ReadTexts({&text, 1}, std::move(asked), *executor);
  if (!read) return Invalid(read.error());
  return *std::move(read);
}

std::string TextOf(const nlohmann::json& line, const char* field) {
  const auto it = line.find(field);
  return it == line.end() || !it->is_string() ? "" : it->get<std::string>();
}

// From the line of a decision, which is ours and therefore right.
Decided DecidedOf(std::string_view text) {
  const auto line = nlohmann::json::parse(text, nullptr, false);
  Decided decided;
  decided.json = text;
  decided.pod = TextOf(line, "pod");
  decided.node = TextOf(line, "chosen");
  decided.message = TextOf(line, "message");
  if (decided.message.empty()) decided.message = TextOf(line, "error");
  if (const auto it = line.find("feasible"); it != line.end()) {
    decided.feasible = it->get<std::uint64_t>();
  }
  return decided;
}

// By namespace/name.
std::map<std::string, std::string> NodesOfPods(const cluster::Cluster& cluster) {
  std::map<std::string, std::string> nodes;
  cluster.nodes.alive().ForEach([&](cluster::NodeIndex row) {
    for (const cluster::PodIndex pod : cluster.PodsOn(row)) {
      nodes[cluster.pod(pod).Key()] = cluster.nodes.Name(row);
    }
  });
  return nodes;
}

// Pods are where the cluster has them; those that wait again are not, and those that were never
// part of the snapshot wait nowhere.
ClusterObjects After(const ClusterObjects& before, ClusterObjects asked,
                     const cluster::Cluster& cluster) {
  const auto nodes = NodesOfPods(cluster);
  std::set<std::string> waiting;
  for (const api::Pod& pod : before.pods) {
    if (pod.node_name.empty()) waiting.insert(pod.Key());
  }
  ClusterObjects after = std::move(asked);
  std::vector<api::Pod> pods;
  std::vector<api::Origin> origins;
  std::set<std::string> known;
  const auto take = [&](api::Pod pod, const api::Origin& origin) {
    const std::string key = pod.Key();
    const auto node = nodes.find(key);
    if (node == nodes.end() && !waiting.contains(key)) return;
    if (!known.insert(key).second) return;
    pod.node_name = node == nodes.end() ? "" : node->second;
    pods.push_back(std::move(pod));
    origins.push_back(origin);
  };
  for (std::size_t i = 0; i < after.pods.size(); ++i) {
    take(std::move(after.pods[i]), after.pod_origins[i]);
  }
  for (std::size_t i = 0; i < before.pods.size(); ++i) {
    if (before.pods[i].node_name.empty()) take(before.pods[i], before.pod_origins[i]);
  }
  after.pods = std::move(pods);
  after.pod_origins = std::move(origins);
  return after;
}

std::optional<cluster::PodIndex> FindRunning(const cluster::Cluster& cluster,
                                             const std::string& node, const std::string& key) {
  const auto row = cluster.nodes.Find(node);
  if (!row) return std::nullopt;
  for (const cluster::PodIndex index : cluster.PodsOn(*row)) {
    if (cluster.pod(index).Key() == key) return index;
  }
  return std::nullopt;
}

}  // namespace

base::Result<Engine> Engine::Make(config::Configuration config, framework::Registry registry) {
  Engine engine(std::move(config), std::move(registry));
  BERTH_TRY(Simulation::Make({}, engine.config_, engine.registry_, {}));
  return engine;
}

Outcome<ClusterObjects> Engine::Place(const ClusterObjects& objects, const PlaceQuestion& question,
                                      const std::function<bool(const Decided&)>& decided) const {
  BERTH_ASSIGN(ClusterObjects asked, ObjectsFor(objects, question.pods));
  std::vector<std::string> lines;
  simulate::SimulationOptions options;
  options.algorithm = AlgorithmOf(config_);
  options.preemption =
      question.preempt ? simulate::PreemptionMode::kApply : simulate::PreemptionMode::kOff;
  options.write_decision = [&](std::string_view line) { lines.emplace_back(line); };
  const auto simulation = Simulation::Make(asked, config_, registry_, std::move(options));
  if (!simulation) return Invalid(simulation.error());
  while ((*simulation)->done() < (*simulation)->pending_count()) {
    (*simulation)->Step();
    for (const std::string& line : lines) {
      if (!decided(DecidedOf(line))) return Refuse(FailureKind::kCancelled, "nobody waits");
    }
    lines.clear();
  }
  return After(objects, std::move(asked), (*simulation)->cluster());
}

Outcome<std::string> Engine::Explain(const ClusterObjects& objects,
                                     const ExplainQuestion& asked) const {
  const auto name = explain::ParsePodName(asked.pod);
  if (!name) return Invalid(name.error().Within("pod"));
  const auto found = explain::FindPod(objects, *name);
  if (!found) return Refuse(FailureKind::kNotFound, found.error().message());
  const api::Pod& pod = **found;
  const std::string key = pod.Key();

  simulate::SimulationOptions options;
  options.algorithm = AlgorithmOf(config_);
  options.preemption = simulate::PreemptionMode::kReport;  // nominated pods count
  const auto simulation = Simulation::Make(objects, config_, registry_, options);
  if (!simulation) return Invalid(simulation.error());
  cluster::Cluster& cluster = (*simulation)->cluster();
  explain::Question question;
  question.algorithm = options.algorithm;
  if (!pod.node_name.empty()) question.running = FindRunning(cluster, pod.node_name, key);
  question.pod =
      question.running ? cluster.SharedPod(*question.running) : (*simulation)->FindPending(key);
  auto* profile = question.pod == nullptr ? nullptr : (*simulation)->ProfileOf(*question.pod);
  if (profile == nullptr) {
    return Refuse(FailureKind::kInvalid, "pod " + key + " is for the scheduler \"" +
                                             Shown(pod.spec->scheduler_name) +
                                             "\", which is no profile of the configuration");
  }
  if (!asked.node.empty()) {
    question.node = cluster.nodes.Find(asked.node);
    if (!question.node) {
      return Refuse(FailureKind::kNotFound, "there is no node \"" + Shown(asked.node) + "\"");
    }
  }
  return explain::JsonOutput(explain::Explain(question, cluster, *profile), asked.top);
}

}  // namespace berth::placement
