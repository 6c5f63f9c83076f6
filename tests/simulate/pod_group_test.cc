// Groups of pods: all members placed or none, and what is said of it.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "plugins/registry.h"
#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/simulation.h"

namespace berth::simulate {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const config::GateSettings kGangs = {{"GenericWorkload", true}, {"GangScheduling", true}};

std::string Node(const std::string& name, int cpu) {
  return "---\nkind: Node\nmetadata: {name: '" + name +
         "'}\nstatus: {allocatable: {cpu: " + std::to_string(cpu) + ", memory: 8Gi, pods: 20}}\n";
}

std::string Gang(const std::string& name, int min_count) {
  return "---\napiVersion: scheduling.k8s.io/v1alpha2\nkind: PodGroup\nmetadata: {name: " + name +
         "}\nspec: {schedulingPolicy: {gang: {minCount: " + std::to_string(min_count) + "}}}\n";
}

// A pod that asks for whole cpus.
std::string Pod(const std::string& name, const std::string& group, int cpu = 1, int priority = 0,
                const std::string& scheduler = "default-scheduler") {
  return "---\nkind: Pod\nmetadata: {name: " + name + "}\nspec: {" +
         (group.empty() ? "" : "schedulingGroup: {podGroupName: " + group + "}, ") +
         "priority: " + std::to_string(priority) + ", schedulerName: " + scheduler +
         ", containers: [{name: c, resources: {requests: {cpu: " + std::to_string(cpu) + "}}}]}\n";
}

std::string Pods(const std::string& prefix, const std::string& group, int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += Pod(prefix + std::to_string(i), group);
  return text;
}

struct Outcome {
  std::string error;                         // the input was refused
  std::map<std::string, std::string> nodes;  // of placed pods, by pod
  std::map<std::string, std::string> messages;
  std::map<std::string, json> lines;
  std::vector<std::string> order;  // of the lines
  std::int64_t gated = 0;
  std::int64_t not_tried = 0;
};

struct How {
  config::GateSettings gates = kGangs;
  std::string config = {};
  PreemptionMode preemption = PreemptionMode::kOff;
};

Outcome Simulate(const std::string& yaml, const How& how = {}) {
  Outcome outcome;
  const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  EXPECT_TRUE(reader.ReadYaml(yaml, "f"));
  api::ClusterObjects objects = reader.Take();
  EXPECT_TRUE(api::ApplyDefaults(objects, reader.specs()));
  const auto config = how.config.empty() ? config::DefaultConfiguration(how.gates)
                                         : config::LoadText(how.config, "config", how.gates);
  SimulationOptions options;
  options.preemption = how.preemption;
  options.write_decision = [&](std::string_view line) {
    const json decision = json::parse(line);
    outcome.lines[decision["pod"]] = decision;
    outcome.order.push_back(decision["pod"]);
  };
  auto simulation =
      Simulation::Make(std::move(objects), *config, plugins::MakeRegistry(), std::move(options));
  if (!simulation) {
    outcome.error = simulation.error().message();
    return outcome;
  }
  while ((*simulation)->done() < (*simulation)->pending_count()) (*simulation)->Step();
  const Summary summary = (*simulation)->TakeSummary(false);
  for (const auto& placement : summary.placements) outcome.nodes[placement.pod] = placement.node;
  for (const auto& failure : summary.failures) outcome.messages[failure.pod] = failure.message;
  outcome.gated = summary.counts.gated;
  outcome.not_tried = summary.counts.not_tried;
  return outcome;
}

const char* const kUnschedulable = "pod group is unschedulable";
const char* const kNoRoom = "0/1 nodes are available: 1 Insufficient cpu.";

TEST(PodGroup, AGangThatFitsIsPlaced) {
  const Outcome outcome = Simulate(Node("n", 3) + Gang("g", 3) + Pods("p", "g", 3));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n"), Pair("p3", "n")));
  EXPECT_EQ(outcome.lines.at("default/p1")["chosen"], "n");
  EXPECT_EQ(outcome.lines.at("default/p1")["podGroup"],
            json::parse(R"({"name":"default/g","condition":{
              "type":"PodGroupScheduled","status":"True","reason":"Scheduled"}})"));
  EXPECT_EQ(outcome.not_tried, 0);
}

TEST(PodGroup, OfAGangThatDoesNotFitNobodyIsPlaced) {
  const Outcome outcome = Simulate(Node("n", 2) + Gang("g", 3) + Pods("p", "g", 3));
  EXPECT_THAT(outcome.nodes, IsEmpty());
  EXPECT_THAT(outcome.messages, ElementsAre(Pair("p1", kUnschedulable), Pair("p2", kUnschedulable),
                                            Pair("p3", kNoRoom)));
  const json& line = outcome.lines.at("default/p1");
  EXPECT_FALSE(line.contains("chosen"));
  EXPECT_EQ(line["message"], kUnschedulable);
  EXPECT_EQ(line["podGroup"]["condition"],
            json::parse(R"({"type":"PodGroupScheduled","status":"False","reason":"Unschedulable",
              "message":"pod group is unschedulable"})"));
}

TEST(PodGroup, MinCountOfThemIsEnough) {
  const Outcome outcome = Simulate(Node("n", 2) + Gang("g", 2) + Pods("p", "g", 3));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n")));
  EXPECT_THAT(outcome.messages, ElementsAre(Pair("p3", kNoRoom)));
}

TEST(PodGroup, OfTwoGangsTheFirstGetsTheRoom) {
  const Outcome outcome = Simulate(Node("n", 3) + Gang("a", 2) + Gang("b", 2) + Pod("a1", "a") +
                                   Pod("b1", "b") + Pod("a2", "a") + Pod("b2", "b"));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("a1", "n"), Pair("a2", "n")));
  EXPECT_THAT(outcome.messages, ElementsAre(Pair("b1", kUnschedulable), Pair("b2", kNoRoom)));
}

TEST(PodGroup, APodBetweenTheMembersComesAfterThem) {
  const Outcome outcome =
      Simulate(Node("n", 2) + Gang("g", 2) + Pod("g1", "g") + Pod("single", "") + Pod("g2", "g"));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("g1", "n"), Pair("g2", "n")));
  EXPECT_THAT(outcome.order, ElementsAre("default/g1", "default/g2", "default/single"));
}

TEST(PodGroup, WaitsForMembersThatAreMissing) {
  const Outcome outcome = Simulate(Node("n", 9) + Gang("g", 3) + Pods("p", "g", 2));
  EXPECT_THAT(outcome.nodes, IsEmpty());
  EXPECT_EQ(outcome.gated, 2);
  EXPECT_EQ(outcome.messages.at("p1"),
            "waiting for minCount pods from a gang to appear in scheduling queue");
}

TEST(PodGroup, MembersThatRunCount) {
  std::string running = Pod("r", "g");
  running.replace(running.find("spec: {"), 7, "spec: {nodeName: 'n', ");
  const Outcome outcome = Simulate(Node("n", 3) + Gang("g", 3) + running + Pods("p", "g", 2));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n")));
}

TEST(PodGroup, WaitsForAGroupThatIsMissing) {
  const Outcome outcome = Simulate(Node("n", 9) + Pods("p", "g", 2));
  EXPECT_EQ(outcome.gated, 2);
  EXPECT_EQ(outcome.messages.at("p1"),
            "waiting for pods's pod group \"g\" to appear in scheduling queue");
}

TEST(PodGroup, MembersOfTwoSchedulersAreAnError) {
  const std::string config =
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
      "profiles: [{schedulerName: default-scheduler}, {schedulerName: other}]\n";
  const Outcome outcome =
      Simulate(Node("n", 9) + Gang("g", 2) + Pod("a", "g") + Pod("b", "g", 1, 0, "other"),
               {.config = config});
  EXPECT_THAT(outcome.nodes, IsEmpty());
  EXPECT_EQ(outcome.messages.at("a"),
            "all pods in a single pod group should have the same .spec.schedulerName set, got: "
            "[default-scheduler other]");
}

TEST(PodGroup, MembersGoByPriority) {
  const Outcome outcome = Simulate(Node("n", 2) + Gang("g", 2) + Pod("low", "g", 1, 1) +
                                   Pod("first", "g", 1, 5) + Pod("second", "g", 1, 5));
  EXPECT_THAT(outcome.order, ElementsAre("default/first", "default/second", "default/low"));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("first", "n"), Pair("second", "n")));
}

TEST(PodGroup, ABasicGroupIsPlacedAsFarAsItFits) {
  std::string group = Gang("g", 1);
  group.replace(group.find("gang: {minCount: 1}"), 19, "basic: {}");
  const Outcome outcome = Simulate(Node("n", 2) + group + Pods("p", "g", 3));
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n")));
}

TEST(PodGroup, WithoutTheGatesMembersArePlainPods) {
  const std::string yaml = Node("n", 2) + Gang("g", 3) + Pods("p", "g", 3);
  const Outcome outcome = Simulate(yaml, {.gates = {}});
  EXPECT_THAT(outcome.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n")));
  EXPECT_FALSE(outcome.lines.at("default/p1").contains("podGroup"));
  const Outcome workload_only = Simulate(yaml, {.gates = {{"GenericWorkload", true}}});
  EXPECT_THAT(workload_only.nodes, ElementsAre(Pair("p1", "n"), Pair("p2", "n")));
}

// A failed gang leaves no trace: what comes after it is decided as if it had never been.
TEST(PodGroup, WhatIsPutBackLeavesNoTrace) {
  std::string nodes;
  for (int i = 0; i < 6; ++i) nodes += Node("n" + std::to_string(i), 2 + i % 3);
  std::string singles;
  for (int i = 0; i < 12; ++i) singles += Pod("s" + std::to_string(i), "", 1 + i % 2);
  const Outcome plain = Simulate(nodes + singles);
  const Outcome after = Simulate(nodes + Gang("g", 40) + Pods("p", "g", 40) + singles);
  EXPECT_EQ(after.nodes, plain.nodes);
  for (const auto& [pod, line] : plain.lines) EXPECT_EQ(after.lines.at(pod), line) << pod;
}

TEST(PodGroup, VictimsLeaveForAGangAndItIsTriedAgain) {
  std::string victim = Pod("victim", "", 2);
  victim.replace(victim.find("spec: {"), 7, "spec: {nodeName: 'n', ");
  const std::string yaml =
      Node("n", 3) + victim + Gang("g", 2) + Pod("a", "g", 1, 9) + Pod("b", "g", 1, 9);
  const Outcome applied = Simulate(yaml, {.preemption = PreemptionMode::kApply});
  EXPECT_THAT(applied.nodes, ElementsAre(Pair("a", "n"), Pair("b", "n")));
  const Outcome reported = Simulate(yaml, {.preemption = PreemptionMode::kReport});
  EXPECT_THAT(reported.nodes, IsEmpty());
  EXPECT_EQ(reported.messages.at("a"), "pod group is waiting for preemption to complete");
  EXPECT_EQ(reported.lines.at("default/b")["nominated"], json::array({"n"}));
}

TEST(PodGroup, AnObjectThatIsNotValidIsRefusedWhereItCounts) {
  const auto broken = [](const std::string& spec) {
    return "---\napiVersion: scheduling.k8s.io/v1alpha2\nkind: PodGroup\nmetadata: {name: g}\n"
           "spec: " +
           spec + "\n";
  };
  EXPECT_EQ(Simulate(broken("{schedulingPolicy: {gang: {}}}")).error,
            "PodGroup default/g: spec.schedulingPolicy.gang.minCount: is missing");
  EXPECT_EQ(Simulate(broken("{schedulingPolicy: {gang: {minCount: 0}}}")).error,
            "PodGroup default/g: spec.schedulingPolicy.gang.minCount: must be greater than 0");
  EXPECT_EQ(Simulate(broken("{}")).error,
            "PodGroup default/g: spec.schedulingPolicy: must have exactly one of basic and gang");
  EXPECT_THAT(Simulate(broken("{schedulingPolicy: {gang: {minCount: x}}}")).error,
              ::testing::HasSubstr("spec.schedulingPolicy.gang.minCount"));
  EXPECT_THAT(Simulate(broken("{schedulingConstraints: {topology: [{key: zone}]}}")).error,
              ::testing::HasSubstr("needs the feature gate TopologyAwareWorkloadScheduling"));
  EXPECT_EQ(Simulate(broken("{schedulingPolicy: {gang: {minCount: x}}}"), {.gates = {}}).error, "");
}

}  // namespace
}  // namespace berth::simulate
