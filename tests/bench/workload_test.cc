// Reading and expanding workload files.
#include "bench/workloads/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/workloads/expand.h"
#include "bench/workloads/scenario.h"

namespace berth::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The least that a workload needs, and more lines.
std::string With(const std::string& lines) {
  return "description: a test\nnodes:\n- {}\narrivals:\n- count: 2\n" + lines;
}

std::string ErrorOf(const std::string& text, const Parameters& parameters = {}) {
  const auto workload = ParseWorkload(text, "folder/test.yaml", parameters);
  return workload ? "" : workload.error().message();
}

Workload Read(const std::string& text, const Parameters& parameters = {}) {
  auto workload = ParseWorkload(text, "folder/test.yaml", parameters);
  EXPECT_TRUE(workload.has_value()) << workload.error().message();
  return workload ? *std::move(workload) : Workload{};
}

Scenario Made(const std::string& text, const ExpandOptions& options) {
  auto scenario = MakeScenario(Read(text), options);
  EXPECT_TRUE(scenario.has_value()) << scenario.error().message();
  return scenario ? *std::move(scenario) : Scenario{};
}

std::vector<std::string> NamesOf(const std::vector<std::shared_ptr<const api::Pod>>& pods) {
  std::vector<std::string> names;
  for (const auto& pod : pods) names.push_back(pod->meta.name);
  return names;
}

TEST(WorkloadReader, TellsFileAndFieldOfWhatIsUnknown) {
  EXPECT_EQ(ErrorOf(With("pods: []\n")), "folder/test.yaml: pods: unknown field");
  EXPECT_EQ(ErrorOf(With("  request: {cpu: 1}\n")),
            "folder/test.yaml: arrivals[0].request: unknown field");
  EXPECT_EQ(ErrorOf(With("  spec: {affinity: {podAntiAfinity: {}}}\n")),
            "folder/test.yaml: arrivals[0].spec.affinity.podAntiAfinity: unknown field");
  EXPECT_EQ(
      ErrorOf(With("  spec: {topologySpreadConstraints: [{maxSkew: 1, toplogyKey: zone}]}\n")),
      "folder/test.yaml: arrivals[0].spec.topologySpreadConstraints[0].toplogyKey: unknown field");
}

TEST(WorkloadReader, TellsWhatHasTheWrongType) {
  EXPECT_EQ(ErrorOf(With("sizes: many\n")),
            "folder/test.yaml: sizes: must be a list, but is a string");
  EXPECT_THAT(ErrorOf(With("  count: lots\n")), HasSubstr("duplicate"));
  EXPECT_THAT(ErrorOf("description: x\nnodes: [{count: lots}]\narrivals: [{}]\n"),
              HasSubstr("nodes[0].count: must be an integer or a parameter of this file"));
  EXPECT_THAT(ErrorOf(With("  labels: {app: 5}\n")),
              HasSubstr("arrivals[0].labels.app: must be a string, but is an integer"));
  EXPECT_THAT(ErrorOf(With("  requests: {cpu: [1]}\n")),
              HasSubstr("arrivals[0].requests.cpu: must be a string, but is a list"));
  EXPECT_THAT(ErrorOf(With("  spec: {tolerations: {key: a}}\n")),
              HasSubstr("arrivals[0].spec.tolerations: must be a list, but is a map"));
}

TEST(WorkloadReader, TellsWhatIsMissing) {
  EXPECT_EQ(ErrorOf("nodes: [{}]\narrivals: [{}]\n"),
            "folder/test.yaml: description: Required value");
  EXPECT_EQ(ErrorOf("description: x\narrivals: [{}]\n"), "folder/test.yaml: nodes: Required value");
  EXPECT_EQ(ErrorOf("description: x\nnodes: [{}]\n"), "folder/test.yaml: arrivals: Required value");
  EXPECT_THAT(ErrorOf(With("services: [{name: a}]\n")),
              HasSubstr("services[0].selector: Required"));
  EXPECT_THAT(ErrorOf("description: [\n"), StartsWith("folder/test.yaml: "));
}

TEST(WorkloadReader, TellsNumbersOutOfRange) {
  EXPECT_THAT(ErrorOf("description: x\nnodes: [{count: -1}]\narrivals: [{}]\n"),
              HasSubstr("nodes[0].count: Invalid value: -1"));
  EXPECT_THAT(ErrorOf("description: x\nnodes: [{count: {perNode: -1}}]\narrivals: [{}]\n"),
              HasSubstr("nodes[0].count.perNode: must be from 0"));
  EXPECT_THAT(ErrorOf(With("sizes: [0]\n")), HasSubstr("sizes: Invalid value: 0"));
  EXPECT_THAT(ErrorOf(With("operations: [{do: delete-pod, every: 0}]\n")),
              HasSubstr("operations[0].every: Invalid value: 0"));
  EXPECT_THAT(ErrorOf(With("order: sorted\n")), HasSubstr("order: Unsupported value: \"sorted\""));
}

TEST(WorkloadReader, TellsValuesThatAreNoRule) {
  EXPECT_THAT(ErrorOf(With("  values: {a: {}}\n")), HasSubstr("arrivals[0].values.a: must be one"));
  EXPECT_THAT(ErrorOf(With("  values: {a: {cycle: [x], from: 1}}\n")),
              HasSubstr("arrivals[0].values.a: "));
  EXPECT_THAT(ErrorOf(With("  values: {a: {cycle: []}}\n")), HasSubstr("must not be empty"));
  EXPECT_THAT(ErrorOf(With("  values: {a: {between: [2, 1]}}\n")), HasSubstr("the smaller one"));
  EXPECT_THAT(ErrorOf(With("  values: {a: {choice: ['\"']}}\n")), HasSubstr("must be without"));
  EXPECT_THAT(ErrorOf(With("  values: {index: {from: 1}}\n")), HasSubstr("this name is taken"));
}

TEST(WorkloadReader, TellsPlaceholdersWithoutAValue) {
  EXPECT_EQ(ErrorOf(With("  labels: {app: <app>}\n")),
            "folder/test.yaml: arrivals[0]: there is no value for <app>");
  EXPECT_THAT(ErrorOf(With("  labels: {app: <app}\n")), HasSubstr("a '<' without a '>'"));
}

TEST(WorkloadReader, TellsGroupsWhoseObjectsWouldHaveOneName) {
  EXPECT_EQ(ErrorOf(With("- count: 1\n")),
            "folder/test.yaml: arrivals[1].name: Duplicate value: \"pod\"");
  EXPECT_THAT(ErrorOf(With("running: [{name: pod}]\n")), HasSubstr("Duplicate value: \"pod\""));
  EXPECT_THAT(ErrorOf(With("- name: A_b\n")), HasSubstr("arrivals[1].name: Invalid value"));
}

TEST(WorkloadReader, TellsOperationsThatMakeNoSense) {
  EXPECT_THAT(ErrorOf(With("operations: [{do: add-node}]\n")), HasSubstr("operations[0].node"));
  EXPECT_THAT(ErrorOf(With("operations: [{do: delete-pod, node: {}}]\n")),
              HasSubstr("operations[0].node"));
  EXPECT_THAT(ErrorOf(With("operations: [{do: explode}]\n")), HasSubstr("operations[0].do"));
}

TEST(WorkloadReader, LeavesWhatValuesMeanToTheDecoder) {
  const auto scenario = MakeScenario(Read(With("  requests: {cpu: much}\n")), {.nodes = 1});
  ASSERT_FALSE(scenario.has_value());
  EXPECT_THAT(scenario.error().message(), HasSubstr("test: Pod default/pod-00000: "));
}

TEST(WorkloadReader, CannotReadWhatIsNotThere) {
  EXPECT_FALSE(ReadWorkload("/nonexistent/x.yaml").has_value());
  EXPECT_FALSE(ListWorkloads("/nonexistent").has_value());
}

TEST(WorkloadReader, TakesParametersFromTheCallerBeforeThoseOfTheFile) {
  const std::string text = With("- {name: more, count: many}\nparameters: {many: 3}\n");
  EXPECT_EQ(Read(text).arrivals[1].count.For(10), 3);
  EXPECT_EQ(Read(text, {{"many", 5}}).arrivals[1].count.For(10), 5);
  EXPECT_EQ(ErrorOf(text, {{"few", 5}}), "folder/test.yaml: parameters: there is no few");
}

TEST(WorkloadCount, IsRoundedAndBounded) {
  Count count;
  count.per_node = 0.25;
  count.at_least = 2;
  count.at_most = 100;
  EXPECT_EQ(count.For(10), 3);
  EXPECT_EQ(count.For(1), 2);
  EXPECT_EQ(count.For(10'000), 100);
  Count fixed;
  fixed.fixed = 7;
  EXPECT_EQ(fixed.For(10'000), 7);
}

TEST(WorkloadExpansion, IsTheSameForTheSameSeed) {
  const auto workload =
      Read(With("  values: {a: {choice: [u, v, w]}}\n  labels: {a: <a>}\n"
                "- name: more\n  count: 30\norder: shuffled\n"));
  const auto text = [&](std::uint64_t seed) {
    return Expand(workload, {.nodes = 5, .seed = seed}).cluster;
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(WorkloadExpansion, FillsPlaceholders) {
  const auto scenario =
      Made(With("  values: {a: {cycle: [u, v]}, b: {from: 5, step: 4, modulo: 6}}\n"
                "  labels: {all: <name>.<index>.<a>.<b>}\n"),
           {.nodes = 1});
  ASSERT_EQ(scenario.arrivals.size(), 2u);
  EXPECT_EQ(*scenario.arrivals[0]->meta.labels.Find("all"), "pod-00000.0.u.5");
  EXPECT_EQ(*scenario.arrivals[1]->meta.labels.Find("all"), "pod-00001.1.v.9");
}

TEST(WorkloadExpansion, DrawsNumbersWithinTheirBounds) {
  const auto scenario = Made(
      "description: x\nnodes: [{}]\narrivals:\n- count: 200\n"
      "  values: {n: {between: [3, 5]}}\n  labels: {n: n<n>}\n",
      {.nodes = 1});
  std::map<std::string, int> seen;
  for (const auto& pod : scenario.arrivals) ++seen[*pod->meta.labels.Find("n")];
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_TRUE(seen.contains("n3") && seen.contains("n5"));
}

TEST(WorkloadExpansion, PlacesRunningPodsInTurn) {
  const auto scenario = Made(With("running: [{count: 5}]\n"), {.nodes = 3});
  std::vector<std::string> nodes;
  for (const auto& pod : scenario.running) nodes.push_back(pod->node_name);
  EXPECT_THAT(nodes,
              ElementsAre("node-00000", "node-00001", "node-00002", "node-00000", "node-00001"));
}

constexpr const char* kTwoDeployments =
    "description: x\nnodes: [{}]\narrivals:\n- {name: app, count: 2, replicas: 2}\n";

TEST(WorkloadExpansion, MakesThePodsOfDeployments) {
  const auto scenario = Made(kTwoDeployments, {.nodes = 1});
  EXPECT_THAT(NamesOf(scenario.arrivals),
              ElementsAre("app-00000-0", "app-00000-1", "app-00001-0", "app-00001-1"));
  ASSERT_NE(scenario.arrivals[2]->meta.Controller(), nullptr);
  EXPECT_EQ(scenario.arrivals[2]->meta.Controller()->name, "app-00001");
  EXPECT_EQ(scenario.objects.replica_sets.size(), 2u);
}

TEST(WorkloadExpansion, LeavesDeploymentsWholeWhereAsked) {
  const auto expansion =
      Expand(Read(kTwoDeployments), {.nodes = 1, .deployments = Deployments::kWhole});
  EXPECT_THAT(expansion.cluster, HasSubstr(R"("kind":"Deployment")"));
  EXPECT_THAT(expansion.cluster, HasSubstr(R"("replicas":2,)"));
  EXPECT_EQ(Made(kTwoDeployments, {.nodes = 1, .deployments = Deployments::kWhole}).arrivals.size(),
            4u);
}

TEST(WorkloadExpansion, OrdersArrivals) {
  const std::string groups = std::string(kTwoDeployments) + "- {name: x, count: 1}\norder: ";
  EXPECT_THAT(NamesOf(Made(groups + "in-turn\n", {.nodes = 1}).arrivals),
              ElementsAre("app-00000-0", "app-00001-0", "x-00000", "app-00000-1", "app-00001-1"));
  auto shuffled = NamesOf(Made(groups + "shuffled\n", {.nodes = 1}).arrivals);
  std::ranges::sort(shuffled);
  EXPECT_THAT(shuffled,
              ElementsAre("app-00000-0", "app-00000-1", "app-00001-0", "app-00001-1", "x-00000"));
}

TEST(WorkloadExpansion, SchedulesOperations) {
  const auto expansion = Expand(Read("description: x\nnodes: [{}]\narrivals: [{count: 5}]\n"
                                     "operations:\n- {do: add-node, every: 2, node: {}}\n"
                                     "- {do: delete-pod, every: 4}\n"
                                     "- {do: remove-node, every: 4}\n"),
                                {.nodes = 3});
  const auto& operations = expansion.operations;
  ASSERT_EQ(operations.size(), 4u);
  EXPECT_EQ(operations[0].name, "added-node-00000");
  EXPECT_EQ(operations[0].before_arrival, 2);
  EXPECT_EQ(operations[1].name, "added-node-00001");
  EXPECT_THAT(operations[2].name, StartsWith("default/pod-0000"));
  EXPECT_EQ(operations[3].kind, OperationRule::Kind::kRemoveNode);
  EXPECT_THAT(expansion.added_nodes, HasSubstr("added-node-00001"));
}

}  // namespace
}  // namespace berth::bench
