// An explanation says what a simulation decides: over recorded clusters, pod by pod.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/explain/explain.h"
#include "scheduler/explain/json_output.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"

namespace berth::explain {
namespace {

using nlohmann::json;

constexpr std::size_t kPodsPerRecording = 12;

api::ClusterObjects Read(const std::string& path) {
  const auto executor = base::MakeExecutor(1);
  auto objects = simulate::ReadInput({path}, simulate::InputFormat::kKubernetes, *executor);
  EXPECT_TRUE(objects) << objects.error().message();
  return objects ? *std::move(objects) : api::ClusterObjects();
}

std::unique_ptr<simulate::Simulation> Simulate(api::ClusterObjects objects,
                                               simulate::SimulationOptions options) {
  options.preemption = simulate::PreemptionMode::kReport;
  auto simulation = simulate::Simulation::Make(std::move(objects), config::DefaultConfiguration(),
                                               plugins::MakeRegistry(), std::move(options));
  EXPECT_TRUE(simulation);
  return *std::move(simulation);
}

std::vector<std::string> PendingKeys(const api::ClusterObjects& objects) {
  std::vector<std::string> keys;
  for (const api::Pod& pod : objects.pods) {
    const bool waits =
        pod.node_name.empty() && pod.spec->scheduling_gates.empty() && !pod.meta.deletion_timestamp;
    if (waits) keys.push_back(pod.Key());
  }
  return keys;
}

// The decision of a simulation in which no other pod waits.
json DecidedAlone(api::ClusterObjects objects, const std::string& key) {
  std::vector<api::Pod> kept;
  for (auto& pod : objects.pods) {
    if (!pod.node_name.empty() || pod.Key() == key) kept.push_back(std::move(pod));
  }
  objects.pods = std::move(kept);
  std::string decided;
  simulate::SimulationOptions options;
  options.detail = true;
  options.write_decision = [&](std::string_view line) { decided = line; };
  const auto simulation = Simulate(std::move(objects), std::move(options));
  while (simulation->done() < simulation->pending_count()) simulation->Step();
  return json::parse(decided);
}

// The explanation in the words of a decision line.
json AsDecision(const Explanation& out) {
  json line = {{"pod", out.pod}};
  if (!out.error.empty()) {
    line["error"] = out.error;
    return line;
  }
  if (out.choice) line["chosen"] = out.choice->node;
  if (!out.message.empty()) line["message"] = out.message;
  json nodes = json::object();
  for (const auto& scored : out.ranking) {
    json scores = json::object();
    for (const auto& score : scored.scores) scores[score.plugin] = score.weighted;
    nodes[scored.node] = {{"scores", scores}, {"total", scored.total}};
  }
  for (const auto& [verdict, names, remedies] : out.rejected) {
    for (const auto& name : names) {
      nodes[name] = {{"code", std::string(framework::Name(verdict.code))},
                     {"plugin", verdict.plugin},
                     {"reasons", verdict.reasons}};
    }
  }
  line["nodes"] = nodes;
  if (!out.preemption) return line;
  if (!out.preemption->message.empty()) line["postFilter"] = out.preemption->message;
  if (out.preemption->node.empty()) return line;
  json victims = json::array();
  for (const auto& victim : out.preemption->victims) victims.push_back(victim.pod);
  line["nominated"] = json::array({out.preemption->node});
  line["victims"] = {{out.preemption->node, victims}};
  return line;
}

// Of a decision line what both say. A line leaves out nodes that PreFilter plugins narrowed away.
json Comparable(json line, const json& other) {
  for (const char* field :
       {"feasible", "best", "bestCount", "prefilter", "prefilterPlugin", "prefilterCode"}) {
    line.erase(field);
  }
  if (line.contains("nodes") && other.contains("nodes")) {
    const json all = line["nodes"];
    for (const auto& [node, said] : all.items()) {
      const bool narrowed = said.contains("reasons") && !said["reasons"].empty() &&
                            said["reasons"][0].get<std::string>().contains("satisfy plugin(s)");
      if (narrowed) line["nodes"].erase(node);
    }
  }
  return line;
}

class Agreement : public ::testing::TestWithParam<std::string> {};

TEST_P(Agreement, ExplainsWhatASimulationDecides) {
  const auto objects = Read(std::string(BERTH_RECORDINGS) + "/" + GetParam() + ".cluster.json.gz");
  const auto keys = PendingKeys(objects);
  const auto simulation = Simulate(objects, {});
  const std::size_t stride = std::max<std::size_t>(keys.size() / kPodsPerRecording, 1);
  for (std::size_t i = 0; i < keys.size(); i += stride) {
    const auto pod = simulation->FindPending(keys[i]);
    if (pod == nullptr) continue;  // for another scheduler
    const Explanation out =
        Explain({pod, {}, {}, {}}, simulation->cluster(), *simulation->ProfileOf(*pod));
    const json decided = DecidedAlone(objects, keys[i]);
    if (decided.contains("code")) continue;  // held back
    const json ours = AsDecision(out);
    EXPECT_EQ(Comparable(ours, decided), Comparable(decided, ours)) << keys[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Agreement,
                         ::testing::Values("podaffinity-1", "nodeaffinity-1", "resources-1",
                                           "spread-1", "mixed-1", "taints-1", "ports-1",
                                           "volumes-matching-1", "dra-1", "devices-1",
                                           "volumes-affinity-1", "features-1", "preempt-1"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// Every pod that runs, taken off its node and put back again.
TEST_P(Agreement, LeavesTheClusterAsItWas) {
  const auto objects = Read(std::string(BERTH_RECORDINGS) + "/" + GetParam() + ".cluster.json.gz");
  const auto simulation = Simulate(objects, {});
  cluster::Cluster& cluster = simulation->cluster();
  const auto pod = simulation->FindPending(PendingKeys(objects).front());
  ASSERT_NE(pod, nullptr);
  const auto ask = [&] {
    return JsonOutput(Explain({pod, {}, {}, {}}, cluster, *simulation->ProfileOf(*pod)), 0);
  };
  const std::string before = ask();
  const std::size_t pods = cluster.pod_count();
  for (cluster::NodeIndex node = 0; node < cluster.nodes.rows(); ++node) {
    const auto running_there = cluster.PodsOn(node);  // a copy: each goes and comes back
    for (const auto index : running_there) {
      const auto running = cluster.SharedPod(index);
      const Explanation out =
          Explain({running, index, {}, {}}, cluster, *simulation->ProfileOf(*pod));
      ASSERT_TRUE(out.current);
      EXPECT_EQ(out.current->node, cluster.nodes.Name(node));
    }
  }
  EXPECT_EQ(cluster.pod_count(), pods);
  EXPECT_EQ(ask(), before);
}

// What is asked of a person's patience: a tenth of a second on the recorded cluster. The bound of
// the test leaves room for slow builds and busy machines; the longest time is in its result.
// How long the longest takes is recorded, not judged.
TEST(DemoCluster, EveryNodeIsAccountedFor) {
  const auto simulation = Simulate(Read(BERTH_DEMO_CLUSTER), {});
  const auto objects = Read(BERTH_DEMO_CLUSTER);
  const auto keys = PendingKeys(objects);
  std::chrono::nanoseconds longest{0};
  for (std::size_t i = 0; i < keys.size(); i += 97) {
    const auto pod = simulation->FindPending(keys[i]);
    ASSERT_NE(pod, nullptr) << keys[i];
    const auto begin = std::chrono::steady_clock::now();
    const Explanation out =
        Explain({pod, {}, 0, {}}, simulation->cluster(), *simulation->ProfileOf(*pod));
    longest = std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - begin);
    std::size_t told = out.ranking.size();
    for (const auto& group : out.rejected) told += group.nodes.size();
    EXPECT_EQ(told, 1000u) << keys[i];
    EXPECT_EQ(out.choice.has_value(), out.message.empty()) << keys[i];
  }
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  RecordProperty("longestMilliseconds", static_cast<int>(milliseconds));
}

}  // namespace
}  // namespace berth::explain
