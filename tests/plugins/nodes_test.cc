// The plugins that look at what a node is: name, cordon, taints, labels, images, ports.
#include <gmock/gmock.h>

#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using api::TaintEffect;
using api::TolerationOperator;
using framework::Code;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Require;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::int64_t kMib = std::int64_t{1} << 20;

PodBuilder Pod() { return PodBuilder("pod"); }

TEST(NodeName, KeepsTheNamedNode) {
  PluginHarness name("NodeName");
  name.AddNode(NodeBuilder("a"));
  name.AddNode(NodeBuilder("b"));
  EXPECT_THAT(name.Passing(Pod()), ElementsAre("a", "b"));
  PodBuilder pod = Pod();
  pod.pod().node_name = "b";
  EXPECT_THAT(name.Passing(pod), ElementsAre("b"));
  EXPECT_EQ(name.Explain(pod, "a"),
            "UnschedulableAndUnresolvable: node(s) didn't match the requested node name");
  pod.pod().node_name = "c";
  EXPECT_THAT(name.Passing(pod), IsEmpty());
}

TEST(NodeUnschedulable, KeepsCordonedNodesForThoseWhoTolerateIt) {
  PluginHarness cordon("NodeUnschedulable");
  cordon.AddNode(NodeBuilder("cordoned").Cordoned());
  cordon.AddNode(NodeBuilder("open"));
  EXPECT_THAT(cordon.Passing(Pod()), ElementsAre("open"));
  EXPECT_EQ(cordon.Explain(Pod(), "cordoned"),
            "UnschedulableAndUnresolvable: node(s) were unschedulable");
  const PodBuilder tolerant = Pod().Tolerate({"", TolerationOperator::kExists, "", {}});
  EXPECT_THAT(cordon.Passing(tolerant), ElementsAre("cordoned", "open"));
  const PodBuilder other_effect =
      Pod().Tolerate({"node.kubernetes.io/unschedulable", TolerationOperator::kExists, "",
                      TaintEffect::kNoExecute});
  EXPECT_THAT(cordon.Passing(other_effect), ElementsAre("open"));
}

TEST(TaintToleration, WantsEveryHardTaintTolerated) {
  PluginHarness taints("TaintToleration");
  taints.AddNode(NodeBuilder("clean"));
  taints.AddNode(NodeBuilder("soft").Taint("a", "1", TaintEffect::kPreferNoSchedule));
  taints.AddNode(NodeBuilder("hard").Taint("a", "1", TaintEffect::kNoSchedule));
  taints.AddNode(NodeBuilder("both")
                     .Taint("a", "1", TaintEffect::kNoSchedule)
                     .Taint("b", "", TaintEffect::kNoExecute));
  EXPECT_THAT(taints.Passing(Pod()), ElementsAre("clean", "soft"));
  EXPECT_EQ(taints.Explain(Pod(), "hard"),
            "UnschedulableAndUnresolvable: node(s) had untolerated taint(s)");
  const auto passing = [&](api::Toleration toleration) {
    return taints.Passing(Pod().Tolerate(std::move(toleration)));
  };
  EXPECT_THAT(passing({"a", TolerationOperator::kEqual, "1", {}}),
              ElementsAre("clean", "hard", "soft"));
  EXPECT_THAT(passing({"a", TolerationOperator::kEqual, "2", {}}), ElementsAre("clean", "soft"));
  EXPECT_THAT(passing({"a", TolerationOperator::kExists, "", TaintEffect::kNoExecute}),
              ElementsAre("clean", "soft"));
  EXPECT_THAT(passing({"", TolerationOperator::kExists, "", {}}),
              ElementsAre("both", "clean", "hard", "soft"));
  EXPECT_THAT(passing({"a", TolerationOperator::kGt, "0", {}}), ElementsAre("clean", "soft"));
}

config::FeatureGates Comparing() {
  config::FeatureGates gates;
  gates.Set(config::Gate::kTaintTolerationComparisonOperators, true);
  return gates;
}

TEST(TaintToleration, ComparesNumbersOnlyBehindItsGate) {
  PluginHarness plain("TaintToleration");
  PluginHarness comparing("TaintToleration", {}, Comparing());
  for (PluginHarness* taints : {&plain, &comparing}) {
    for (const char* value : {"4", "5", "6", "05", "+4", "x", ""}) {
      taints->AddNode(
          NodeBuilder("n" + std::string(value)).Taint("level", value, TaintEffect::kNoSchedule));
    }
  }
  const PodBuilder less = Pod().Tolerate({"level", TolerationOperator::kLt, "5", {}});
  const PodBuilder greater = Pod().Tolerate({"level", TolerationOperator::kGt, "5", {}});
  const PodBuilder unclear = Pod().Tolerate({"level", TolerationOperator::kLt, "05", {}});
  EXPECT_THAT(plain.Passing(less), IsEmpty());
  EXPECT_THAT(comparing.Passing(less), ElementsAre("n4"));
  EXPECT_THAT(comparing.Passing(greater), ElementsAre("n6"));
  EXPECT_THAT(comparing.Passing(unclear), IsEmpty());
}

TEST(TaintToleration, SoftTaintsAreComparedAsWell) {
  PluginHarness taints("TaintToleration", {}, Comparing());
  taints.AddNode(NodeBuilder("low").Taint("level", "4", TaintEffect::kPreferNoSchedule));
  taints.AddNode(NodeBuilder("high").Taint("level", "6", TaintEffect::kPreferNoSchedule));
  EXPECT_THAT(taints.RawScores(Pod().Tolerate({"level", TolerationOperator::kLt, "5", {}})),
              ElementsAre(Pair("high", 1), Pair("low", 0)));
}

TEST(TaintToleration, PrefersNodesWithFewSoftTaints) {
  PluginHarness taints("TaintToleration");
  NodeBuilder three("three");
  for (const auto* key : {"a", "b", "c"}) three.Taint(key, "", TaintEffect::kPreferNoSchedule);
  taints.AddNode(NodeBuilder("none"));
  taints.AddNode(NodeBuilder("one").Taint("a", "", TaintEffect::kPreferNoSchedule));
  taints.AddNode(three);
  EXPECT_THAT(taints.RawScores(Pod()),
              ElementsAre(Pair("none", 0), Pair("one", 1), Pair("three", 3)));
  EXPECT_THAT(taints.Scores(Pod()),
              ElementsAre(Pair("none", 100), Pair("one", 67), Pair("three", 0)));
  // A toleration for another effect does not count against soft taints.
  const PodBuilder hard_only =
      Pod().Tolerate({"a", TolerationOperator::kExists, "", TaintEffect::kNoSchedule});
  EXPECT_EQ(taints.RawScores(hard_only).at("one"), 1);
  const PodBuilder all = Pod().Tolerate({"", TolerationOperator::kExists, "", {}});
  EXPECT_THAT(taints.Scores(all),
              ElementsAre(Pair("none", 100), Pair("one", 100), Pair("three", 100)));
}

TEST(NodeAffinity, SkipsPodsWithoutRequirements) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("n"));
  EXPECT_EQ(affinity.PreFilter(Pod()).status.code, Code::kSkip);
  PodBuilder empty_selector = Pod();
  empty_selector.spec().node_selector.emplace();
  EXPECT_TRUE(affinity.PreFilter(empty_selector).status.ok());
  EXPECT_THAT(affinity.Passing(empty_selector), ElementsAre("n"));
}

TEST(NodeAffinity, MatchesEveryOperator) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("five").Label("size", "5"));
  affinity.AddNode(NodeBuilder("nine").Label("size", "9"));
  affinity.AddNode(NodeBuilder("none"));
  affinity.AddNode(NodeBuilder("text").Label("size", "big"));
  const auto passing = [&](SelectorOperator op, std::vector<std::string> values) {
    return affinity.Passing(Pod().RequireNodes({{Require("size", op, std::move(values))}, {}}));
  };
  EXPECT_THAT(passing(SelectorOperator::kIn, {"5", "big"}), ElementsAre("five", "text"));
  EXPECT_THAT(passing(SelectorOperator::kNotIn, {"5"}), ElementsAre("nine", "none", "text"));
  EXPECT_THAT(passing(SelectorOperator::kExists, {}), ElementsAre("five", "nine", "text"));
  EXPECT_THAT(passing(SelectorOperator::kDoesNotExist, {}), ElementsAre("none"));
  EXPECT_THAT(passing(SelectorOperator::kGt, {"5"}), ElementsAre("nine"));
  EXPECT_THAT(passing(SelectorOperator::kLt, {"9"}), ElementsAre("five"));
  EXPECT_THAT(passing(SelectorOperator::kGt, {"x"}), IsEmpty());
}

TEST(NodeAffinity, TakesAnyTermAndAllOfItsRequirements) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("a").Label("disk", "ssd").Zone("1"));
  affinity.AddNode(NodeBuilder("b").Label("disk", "hdd").Zone("1"));
  affinity.AddNode(NodeBuilder("c").Zone("2"));
  const api::Requirement ssd = Require("disk", SelectorOperator::kIn, {"ssd"});
  const api::Requirement zone =
      Require("topology.kubernetes.io/zone", SelectorOperator::kIn, {"1"});
  const api::Requirement no_disk = Require("disk", SelectorOperator::kDoesNotExist);
  EXPECT_THAT(affinity.Passing(Pod().RequireNodes({{ssd, zone}, {}}).RequireNodes({{no_disk}, {}})),
              ElementsAre("a", "c"));
  EXPECT_THAT(affinity.Passing(Pod().RequireNodes({})), IsEmpty());
  EXPECT_THAT(affinity.Passing(Pod().NodeSelector("disk", "hdd").RequireNodes({{zone}, {}})),
              ElementsAre("b"));
  EXPECT_EQ(affinity.Explain(Pod().NodeSelector("disk", "hdd"), "a"),
            "UnschedulableAndUnresolvable: node(s) didn't match Pod's node affinity/selector");
}

TEST(NodeAffinity, NarrowsToNamedNodes) {
  PluginHarness affinity("NodeAffinity");
  for (const auto* name : {"a", "b", "c"}) affinity.AddNode(NodeBuilder(name));
  const auto named = [](const std::string& name) {
    return api::NodeSelectorTerm{{}, {Require("metadata.name", SelectorOperator::kIn, {name})}};
  };
  EXPECT_THAT(affinity.Passing(Pod().RequireNodes(named("b")).RequireNodes(named("c"))),
              ElementsAre("b", "c"));
  // A term that names no node leaves all of them in.
  const auto any = affinity.PreFilter(
      Pod()
          .RequireNodes(named("b"))
          .RequireNodes({{Require("kubernetes.io/hostname", SelectorOperator::kExists)}, {}}));
  EXPECT_FALSE(any.nodes);
  api::NodeSelectorTerm contradiction = named("a");
  contradiction.match_fields.push_back(named("b").match_fields.front());
  const auto rejected = affinity.PreFilter(Pod().RequireNodes(contradiction));
  EXPECT_EQ(rejected.status.code, Code::kUnschedulableAndUnresolvable);
  EXPECT_EQ(rejected.status.Message(), "pod affinity terms conflict");
}

TEST(NodeAffinity, ScoresTheWeightsThatMatch) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("a").Label("disk", "ssd").Label("fast", "yes"));
  affinity.AddNode(NodeBuilder("b").Label("disk", "ssd"));
  affinity.AddNode(NodeBuilder("c"));
  const PodBuilder pod = Pod()
                             .PreferNodes(10, {{Require("disk", SelectorOperator::kExists)}, {}})
                             .PreferNodes(20, {{Require("fast", SelectorOperator::kExists)}, {}})
                             .PreferNodes(50, {});
  EXPECT_THAT(affinity.RawScores(pod), ElementsAre(Pair("a", 30), Pair("b", 10), Pair("c", 0)));
  EXPECT_THAT(affinity.Scores(pod), ElementsAre(Pair("a", 100), Pair("b", 33), Pair("c", 0)));
  EXPECT_EQ(affinity.PreScore(Pod()).code, Code::kSkip);
  EXPECT_EQ(
      affinity.PreScore(Pod().PreferNodes(1, {{Require("a", SelectorOperator::kGt, {"x"})}, {}}))
          .code,
      Code::kError);
}

TEST(NodeAffinity, AddedAffinityIsToldApart) {
  config::NodeAffinityArgs args;
  args.added_affinity.emplace();
  args.added_affinity->required = {{{{Require("disk", SelectorOperator::kExists)}, {}}}};
  args.added_affinity->preferred = {{5, {{Require("fast", SelectorOperator::kExists)}, {}}}};
  PluginHarness affinity("NodeAffinity", args);
  affinity.AddNode(NodeBuilder("a").Label("disk", "ssd").Label("fast", "yes"));
  affinity.AddNode(NodeBuilder("b"));
  EXPECT_THAT(affinity.Passing(Pod()), ElementsAre("a"));
  EXPECT_EQ(affinity.Explain(Pod(), "b"),
            "UnschedulableAndUnresolvable: node(s) didn't match scheduler-enforced node affinity");
  EXPECT_THAT(affinity.RawScores(Pod()), ElementsAre(Pair("a", 5), Pair("b", 0)));
}

TEST(NodePorts, ConflictsByAddressProtocolAndNumber) {
  PluginHarness ports("NodePorts");
  ports.AddNode(NodeBuilder("any"));
  ports.AddNode(NodeBuilder("free"));
  ports.AddNode(NodeBuilder("one"));
  ports.Place(PodBuilder("x").HostPort(80), "any");
  ports.Place(PodBuilder("y").HostPort(80, "TCP", "10.0.0.1"), "one");
  EXPECT_EQ(ports.PreFilter(Pod()).status.code, Code::kSkip);
  EXPECT_THAT(ports.Passing(Pod().HostPort(80)), ElementsAre("free"));
  EXPECT_THAT(ports.Passing(Pod().HostPort(80, "TCP", "10.0.0.2")), ElementsAre("free", "one"));
  EXPECT_THAT(ports.Passing(Pod().HostPort(80, "UDP")), ElementsAre("any", "free", "one"));
  EXPECT_THAT(ports.Passing(Pod().HostPort(81)), ElementsAre("any", "free", "one"));
  EXPECT_EQ(ports.Explain(Pod().HostPort(80), "one"),
            "Unschedulable: node(s) didn't have free ports for the requested pod ports");
}

TEST(NodePorts, CountsSidecarsButNoOtherInitContainers) {
  PluginHarness ports("NodePorts");
  ports.AddNode(NodeBuilder("n"));
  ports.Place(PodBuilder("x").HostPort(80), "n");
  PodBuilder pod = Pod();
  pod.spec().init_containers.emplace_back().ports = {{80, 80, "", ""}};
  EXPECT_THAT(ports.Passing(pod), ElementsAre("n"));
  pod.spec().init_containers.front().restart_always = true;
  EXPECT_THAT(ports.Passing(pod), IsEmpty());
}

TEST(ImageLocality, ScalesBySpreadAndNumberOfContainers) {
  PluginHarness images("ImageLocality");
  for (int i = 0; i < 10; ++i) {
    NodeBuilder node("n" + std::to_string(i));
    if (i < 3) node.Image("app:v1", 300 * kMib);
    images.AddNode(node);
  }
  PodBuilder pod = Pod();
  pod.spec().containers.front().image = "app:v1";
  EXPECT_EQ(images.RawScores(pod).at("n0"), 6);
  EXPECT_EQ(images.RawScores(pod).at("n9"), 0);
  pod.spec().containers.emplace_back().image = "other";  // the range grows, the sum does not
  EXPECT_EQ(images.RawScores(pod).at("n0"), 3);
}

TEST(ImageLocality, AddsTheTagThatIsMissing) {
  PluginHarness images("ImageLocality");
  images.AddNode(NodeBuilder("n").Image("host:5000/app:latest", 1000 * kMib));
  PodBuilder pod = Pod();
  pod.spec().containers.front().image = "host:5000/app";
  EXPECT_EQ(images.RawScores(pod).at("n"), 100);
  pod.spec().containers.front().image = "host:5000/app:v2";
  // An image that no node has: nothing to score.
  EXPECT_EQ(images.PreScore(pod).code, Code::kSkip);
}

TEST(SchedulingGates, HoldsBackPodsWithGates) {
  PluginHarness gates("SchedulingGates");
  PodBuilder pod = Pod();
  EXPECT_TRUE(gates.plugin().PreEnqueue(*pod.Build()).ok());
  pod.spec().scheduling_gates = {"b", "a"};
  const auto status = gates.plugin().PreEnqueue(*pod.Build());
  EXPECT_EQ(status.code, Code::kUnschedulableAndUnresolvable);
  EXPECT_EQ(status.Message(), "waiting for scheduling gates: [b a]");
}

TEST(PrioritySort, PutsHighPriorityThenEarlyArrivalFirst) {
  PluginHarness sort("PrioritySort");
  PodBuilder high = Pod();
  high.spec().priority = 10;
  const auto important = high.Build();
  const auto plain = Pod().Build();
  EXPECT_TRUE(sort.plugin().Less({important.get(), 2}, {plain.get(), 1}));
  EXPECT_FALSE(sort.plugin().Less({plain.get(), 1}, {important.get(), 2}));
  EXPECT_TRUE(sort.plugin().Less({plain.get(), 1}, {plain.get(), 2}));
  EXPECT_FALSE(sort.plugin().Less({plain.get(), 2}, {plain.get(), 2}));
}

}  // namespace
}  // namespace berth::plugins
