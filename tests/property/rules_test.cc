// What the engine decides against the rules told from the objects alone.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "plugins/registry.h"
#include "tests/property/world.h"
#include "tests/support/seed.h"

namespace berth::property {
namespace {

using cluster::NodeIndex;
using ::testing::IsEmpty;

constexpr std::uint64_t kSequences = 100;
constexpr int kSteps = 40;

// Runs sequences of random changes and decisions, and shows every decided pod to `visit`.
template <typename Visit>
void ForEachDecision(Visit visit) {
  base::Random seeds(support::TestSeed());
  for (std::uint64_t i = 0; i < kSequences; ++i) {
    WorldOptions options;
    options.seed = seeds.Next();
    options.nodes = 1 + seeds.Below(i % 10 == 0 ? 80 : 20);
    options.profile = DefaultProfile();
    SCOPED_TRACE(support::SeedNote() + ", sequence " + std::to_string(i));
    World world(std::move(options));
    world.Steps(kSteps, [&](const DecidedPod& decided) { visit(world, decided); });
    if (::testing::Test::HasFailure()) return;
  }
}

class Rules : public support::RandomTest {};

// By row: the plugin that rejected the node first.
std::map<NodeIndex, std::string> Rejections(const cycle::Diagnosis& diagnosis) {
  std::map<NodeIndex, std::string> rejections;
  diagnosis.ForEachRejected([&](framework::NodeIndex node, std::string_view plugin,
                                const framework::NodeStatus&) { rejections[node] = plugin; });
  return rejections;
}

TEST_F(Rules, NodesAreFeasibleAndRejectedAsTheObjectsSay) {
  ForEachDecision([](World& world, const DecidedPod& decided) {
    const support::Scene scene = world.Scene();
    const support::NaiveRules rules(scene, decided.pod);
    const auto rejections = Rejections(decided.diagnosis);
    EXPECT_EQ(decided.diagnosis.prefilter_plugin, rules.RejectedBy());
    if (!rules.RejectedBy().empty()) return;
    for (const api::Node* node : scene.nodes) {
      const NodeIndex row = *world.cluster().nodes.Find(node->meta.name);
      const auto broken = rules.BrokenBy(*node);
      SCOPED_TRACE(decided.pod.Key() + " on " + node->meta.name);
      const bool feasible = decided.scores.feasible.size() > 0 && decided.scores.feasible.Test(row);
      EXPECT_EQ(feasible, broken.empty()) << (broken.empty() ? "" : broken.front());
      if (broken.empty()) continue;
      const auto rejection = rejections.find(row);
      if (rejection != rejections.end()) {
        EXPECT_EQ(rejection->second, broken.front());
      } else {  // PreFilter narrowed it away
        EXPECT_THAT(broken, ::testing::Contains("NodeAffinity"));
      }
    }
  });
}

TEST_F(Rules, NoPlacementBreaksARule) {
  ForEachDecision([](World& world, const DecidedPod& decided) {
    ASSERT_NE(decided.decision.outcome, cycle::Outcome::kError) << decided.decision.error;
    if (decided.decision.outcome != cycle::Outcome::kChosen) return;
    const support::Scene scene = world.Scene();
    const support::NaiveRules rules(scene, decided.pod);
    EXPECT_THAT(rules.BrokenBy(world.cluster().nodes.node(decided.decision.node)), IsEmpty());
  });
}

// Filter and Explain are two readings of one rule.
void ExpectExplainAgrees(const framework::Plugin& plugin, const framework::PodContext& context) {
  const auto state = plugin.NewState(context);
  const auto prefilter = plugin.PreFilter(context, *state);
  if (!prefilter.status.ok()) return;
  framework::NodeMask nodes = context.nodes().alive();
  plugin.Filter(context, *state, nodes);
  context.nodes().alive().ForEach([&](NodeIndex row) {
    const auto status = plugin.Explain(context, *state, row);
    EXPECT_EQ(status.ok(), nodes.Test(row)) << plugin.Name() << " on " << context.nodes().Name(row);
    EXPECT_EQ(status.ok(), status.reasons.empty()) << plugin.Name();
  });

  framework::NodeMask rejected = context.nodes().alive();
  rejected.AndNot(nodes);
  const auto rejections = plugin.ExplainAll(context, *state, rejected);
  for (const auto& group : rejections.groups()) {
    EXPECT_TRUE(group.nodes.Any()) << plugin.Name();
    group.nodes.ForEach([&](NodeIndex row) {
      EXPECT_TRUE(rejected.Test(row)) << plugin.Name() << " on " << context.nodes().Name(row);
      rejected.Clear(row);
      EXPECT_EQ(group.status, plugin.Explain(context, *state, row)) << plugin.Name();
    });
  }
  EXPECT_FALSE(rejected.Any()) << plugin.Name();
}

TEST_F(Rules, ExplainSaysSuccessWhereFilterLeavesTheNode) {
  const auto profile = DefaultProfile();
  const auto runtime = MakeRuntime(profile, framework::ColumnCaching::kOff);
  ForEachDecision([&](World& world, const DecidedPod& decided) {
    const framework::PodContext context{world.cluster(), decided.pod_class};
    for (const auto& active : runtime->At(config::ExtensionPoint::kFilter)) {
      ExpectExplainAgrees(*active.plugin, context);
    }
  });
}

// Score and ScoreNodes are two readings of one rule.
void ExpectScoreNodesAgrees(const framework::Plugin& plugin, const framework::PodContext& context) {
  const auto state = plugin.NewState(context);
  plugin.PreFilter(context, *state);
  const framework::NodeMask& nodes = context.nodes().alive();
  if (!plugin.PreScore(context, *state, nodes).ok()) return;
  scoring::Column<std::int64_t> scores(nodes.size());
  plugin.Score(context, *state, nodes, {scores.data(), nodes.word_count() * scoring::kRowsPerWord});
  std::vector<NodeIndex> rows;
  nodes.ForEach([&](NodeIndex row) { rows.push_back(row); });
  std::vector<std::int64_t> few(rows.size());
  plugin.ScoreNodes(context, *state, rows, few);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(few[i], scores[rows[i]]) << plugin.Name() << " on " << context.nodes().Name(rows[i]);
  }
}

TEST_F(Rules, ScoreNodesIsWhatScoreWrites) {
  const auto profile = DefaultProfile();
  const auto runtime = MakeRuntime(profile, framework::ColumnCaching::kOff);
  ForEachDecision([&](World& world, const DecidedPod& decided) {
    const framework::PodContext context{world.cluster(), decided.pod_class};
    for (const auto& active : runtime->At(config::ExtensionPoint::kScore)) {
      ExpectScoreNodesAgrees(*active.plugin, context);
    }
  });
}

// Scores by plugin and node name. What images are worth depends on the history of a cluster.
using ScoresByName = std::map<std::string, std::map<std::string, std::int64_t>>;
ScoresByName WithoutHistory(const cycle::Scores& scores, const cluster::Cluster& cluster) {
  ScoresByName by_name;
  for (const auto& plugin : scores.plugins) {
    if (plugin.plugin == "ImageLocality") continue;
    scores.feasible.ForEach([&](NodeIndex row) {
      by_name[std::string(plugin.plugin)][cluster.nodes.Name(row)] = plugin.scores[row];
    });
  }
  return by_name;
}

TEST_F(Rules, CountersEqualThoseOfAClusterWithoutHistory) {
  const auto profile = DefaultProfile();
  ForEachDecision([&](World& world, const DecidedPod& decided) {
    const auto rebuilt = world.Rebuilt();
    const auto runtime = MakeRuntime(profile, framework::ColumnCaching::kOff);
    cycle::SchedulingAlgorithm algorithm(*rebuilt, {});
    const auto& pod_class = rebuilt->classes.ClassOfPending(decided.pod);
    const auto decision = algorithm.Schedule(*runtime, pod_class);
    const auto scores = algorithm.ExplainScores(*runtime, pod_class);
    EXPECT_EQ(WithoutHistory(decided.scores, world.cluster()), WithoutHistory(scores, *rebuilt))
        << decided.pod.Key();
    EXPECT_EQ(decision.feasible, decided.decision.feasible) << decided.pod.Key();
  });
}

}  // namespace
}  // namespace berth::property
