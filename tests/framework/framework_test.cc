// Statuses, cached states, the adapter for plugins written one node at a time, and profiles.
#include <gmock/gmock.h>

#include <map>

#include "plugins/registry.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/config/load.h"
#include "scheduler/framework/node_by_node.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/framework/state_cache.h"
#include "tests/support/builders.h"

namespace berth::framework {
namespace {

using support::NodeBuilder;
using support::PodBuilder;

TEST(Status, NamesAreThoseOfKubernetes) {
  const std::pair<Code, std::string_view> names[] = {
      {Code::kSuccess, "Success"},
      {Code::kError, "Error"},
      {Code::kUnschedulable, "Unschedulable"},
      {Code::kUnschedulableAndUnresolvable, "UnschedulableAndUnresolvable"},
      {Code::kWait, "Wait"},
      {Code::kSkip, "Skip"},
      {Code::kPending, "Pending"}};
  for (const auto& [code, name] : names) EXPECT_EQ(Name(code), name);
}

TEST(Status, OnlySomeCodesReject) {
  for (const auto code :
       {Code::kUnschedulable, Code::kUnschedulableAndUnresolvable, Code::kPending}) {
    EXPECT_TRUE(IsRejected(code)) << Name(code);
  }
  for (const auto code : {Code::kSuccess, Code::kError, Code::kWait, Code::kSkip}) {
    EXPECT_FALSE(IsRejected(code)) << Name(code);
  }
}

TEST(Status, MessageJoinsReasons) {
  EXPECT_EQ((Status{Code::kUnschedulable, {"a", "b"}}.Message()), "a, b");
  EXPECT_EQ(Status().Message(), "");
}

// Passes and scores nodes by their cpu; counts how many nodes it was asked about.
class CpuPlugin : public NodeByNodePlugin {
 public:
  explicit CpuPlugin(cluster::ChangeSet depends_on) : depends_on_(depends_on) {}

  std::string_view Name() const override { return "Cpu"; }
  void AppendKey(const PodContext&, std::string& key) const override {
    base::AppendKey(key, std::string_view("all pods alike"));
  }
  Dependencies DependsOn() const override { return {depends_on_, depends_on_}; }

  mutable int asked = 0;

 protected:
  NodeStatus FilterNode(const PodContext& context, const PluginState&,
                        NodeIndex node) const override {
    if (Cores(context, node) >= 2000) return {};
    return {Code::kUnschedulable, {"too few cores"}};
  }
  std::int64_t ScoreNode(const PodContext& context, const PluginState&,
                         NodeIndex node) const override {
    return Cores(context, node);
  }

 private:
  std::int64_t Cores(const PodContext& context, NodeIndex node) const {
    ++asked;
    return context.nodes().allocatable(cluster::kCpu)[node];
  }

  cluster::ChangeSet depends_on_;
};

class StateCacheTest : public ::testing::Test {
 protected:
  StateCacheTest() {
    for (const auto* cores : {"1", "2", "3"}) {
      cluster_.AddNode(Node("node-" + std::string(cores), cores));
    }
  }
  static std::shared_ptr<const api::Node> Node(const std::string& name, const std::string& cpu) {
    return NodeBuilder(name).Allocatable({{"cpu", cpu}}).Build();
  }
  PodContext Context() {
    return {cluster_, cluster_.classes.ClassOfPending(*PodBuilder("p").Build())};
  }
  // The nodes that pass, and how many of them the plugin was asked about.
  std::pair<std::vector<NodeIndex>, int> Filtered(const CpuPlugin& plugin, CachedState& state,
                                                  ColumnCaching caching = ColumnCaching::kOn) {
    plugin.asked = 0;
    NodeMask nodes = cluster_.nodes.alive();
    state.Filter(Context(), caching, nodes);
    std::vector<NodeIndex> rows;
    nodes.ForEach([&](NodeIndex row) { rows.push_back(row); });
    return {rows, plugin.asked};
  }

  cluster::Cluster cluster_;
};

using Rows = std::vector<NodeIndex>;

TEST_F(StateCacheTest, AsksAgainOnlyAboutNodesThatChangedInAWayThatMatters) {
  const CpuPlugin plugin(cluster::kAllocatableChange);
  StateCache cache(plugin);
  const auto state = cache.Get(Context(), true).state;
  for (int warm_up = 0; warm_up < 3; ++warm_up) Filtered(plugin, *state);
  EXPECT_EQ(Filtered(plugin, *state), std::pair(Rows({1, 2}), 0));

  cluster_.UpdateNode(0, Node("node-1", "4"));
  EXPECT_EQ(Filtered(plugin, *state), std::pair(Rows({0, 1, 2}), 1));
  cluster_.UpdateNode(0, NodeBuilder("node-1").Label("a", "1").Allocatable({{"cpu", "4"}}).Build());
  EXPECT_EQ(Filtered(plugin, *state), std::pair(Rows({0, 1, 2}), 0));
  cluster_.AddPod(PodBuilder("p").Build(), 0);
  EXPECT_EQ(Filtered(plugin, *state), std::pair(Rows({0, 1, 2}), 0));
}

TEST_F(StateCacheTest, AsksAboutNodesThatComeWhateverThePluginDependsOn) {
  const CpuPlugin plugin(cluster::kNoChange);
  CachedState state(plugin, std::make_unique<PluginState>());
  for (int warm_up = 0; warm_up < 3; ++warm_up) Filtered(plugin, state);
  cluster_.RemoveNode(1);
  EXPECT_EQ(Filtered(plugin, state).first, Rows({2}));
  EXPECT_EQ(cluster_.AddNode(Node("small", "1")), 1u);  // in the row of the old one
  EXPECT_EQ(Filtered(plugin, state).first, Rows({2}));
  cluster_.AddNode(Node("large", "9"));
  EXPECT_EQ(Filtered(plugin, state).first, Rows({2, 3}));
}

TEST_F(StateCacheTest, KeepsNothingThatDependsOnTheWholeClusterNorWithCachingOff) {
  const CpuPlugin cluster_wide(cluster::kClusterWide);
  CachedState wide_state(cluster_wide, std::make_unique<PluginState>());
  const CpuPlugin plugin(cluster::kNoChange);
  CachedState state(plugin, std::make_unique<PluginState>());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Filtered(cluster_wide, wide_state).second, 3);
    EXPECT_EQ(Filtered(plugin, state, ColumnCaching::kOff).second, 3);
  }
}

TEST_F(StateCacheTest, ScoresFollowChanges) {
  const CpuPlugin plugin(cluster::kAllocatableChange);
  CachedState state(plugin, std::make_unique<PluginState>());
  scoring::Column<std::int64_t> scratch(cluster_.nodes.rows());
  const auto scores = [&] {
    return state.Score(Context(), ColumnCaching::kOn, cluster_.nodes.alive(), scratch);
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(scores()[2], 3000);
  cluster_.UpdateNode(2, Node("node-3", "5"));
  EXPECT_EQ(scores()[2], 5000);
  EXPECT_EQ(scores()[0], 1000);
}

TEST_F(StateCacheTest, PodsWithEqualKeysShareAState) {
  const CpuPlugin plugin(cluster::kNoChange);
  StateCache cache(plugin);
  const auto other = PodBuilder("q").Label("app", "web").Build();
  const PodContext other_context{cluster_, cluster_.classes.ClassOfPending(*other)};
  EXPECT_EQ(cache.Get(Context(), true).state, cache.Get(other_context, true).state);
}

TEST_F(StateCacheTest, KeepsAStateOnceItsKeyComesASecondTime) {
  const CpuPlugin plugin(cluster::kNoChange);
  StateCache cache(plugin);
  const auto first = cache.Get(Context(), false);
  EXPECT_FALSE(first.is_kept);
  const auto second = cache.Get(Context(), false);
  EXPECT_TRUE(second.is_kept);
  EXPECT_NE(second.state, first.state);
  EXPECT_EQ(cache.Get(Context(), false).state, second.state);
}

// Keeps a state for each pod class.
class PlainPlugin : public Plugin {
 public:
  std::string_view Name() const override { return "Plain"; }
};

TEST_F(StateCacheTest, DropsStatesThatNobodyAskedForLately) {
  constexpr int kMoreThanItKeeps = 5000;
  const PlainPlugin plugin;
  StateCache cache(plugin);
  const auto context = [&](int i) -> PodContext {
    const auto pod = PodBuilder("p").Label("number", std::to_string(i)).Build();
    return {cluster_, cluster_.classes.ClassOfPending(*pod)};
  };
  const PodContext first_context = context(0);
  const PodContext last_context = context(kMoreThanItKeeps);
  const auto first = cache.Get(first_context, true).state;
  for (int i = 1; i < kMoreThanItKeeps; ++i) cache.Get(context(i), true);
  const auto last = cache.Get(last_context, true).state;
  EXPECT_EQ(cache.Get(last_context, true).state, last);
  EXPECT_NE(cache.Get(first_context, true).state, first);
}

TEST_F(StateCacheTest, ExplainFollowsFilterForPluginsWrittenOneNodeAtATime) {
  const CpuPlugin plugin(cluster::kNoChange);
  EXPECT_EQ(plugin.Explain(Context(), PluginState(), 0).reasons.front(), "too few cores");
  EXPECT_TRUE(plugin.Explain(Context(), PluginState(), 2).ok());
}

TEST(ProfileRuntime, FailsOnPluginsThatTheRegistryDoesNotHave) {
  const auto profile = config::DefaultConfiguration().profiles.front();
  Registry registry = plugins::MakeRegistry();
  EXPECT_TRUE(ProfileRuntime::Make(profile, registry, ColumnCaching::kOn));
  registry.erase("NodePorts");
  const auto runtime = ProfileRuntime::Make(profile, registry, ColumnCaching::kOn);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().message(),
            "profile \"default-scheduler\": plugin \"NodePorts\" does not exist");
}

// The plan of a class, as an address.
class PlanTest : public ::testing::Test {
 protected:
  const ClassPlan* PlanFor(const std::shared_ptr<const api::Pod>& pod) {
    return &runtime_->PlanFor({cluster_, *classes_.at(pod)});
  }
  std::shared_ptr<const api::Pod> Known(const std::string& cpu, int pods) {
    auto pod = PodBuilder("p").Requests({{"cpu", cpu}}).Build();
    for (int i = 0; i < pods; ++i) classes_[pod] = &cluster_.classes.ClassOfPending(*pod);
    return pod;
  }

  cluster::Cluster cluster_;
  std::unique_ptr<ProfileRuntime> runtime_ = *ProfileRuntime::Make(
      config::DefaultConfiguration().profiles.front(), plugins::MakeRegistry(), ColumnCaching::kOn);
  std::map<std::shared_ptr<const api::Pod>, const cluster::PodClass*> classes_;
};

TEST_F(PlanTest, OfLonePodsTakeTheSamePlaceUntilTheyComeAgain) {
  const auto first = Known("1", 1);
  const auto second = Known("2", 1);
  const ClassPlan* lone = PlanFor(first);
  EXPECT_EQ(PlanFor(first), lone);  // to be asked why it fits nowhere
  EXPECT_EQ(PlanFor(second), lone);
  const ClassPlan* kept = PlanFor(first);
  EXPECT_NE(kept, lone);
  EXPECT_EQ(PlanFor(second), lone);
  EXPECT_EQ(PlanFor(first), kept);
}

TEST_F(PlanTest, AreKeptOnceAnotherPodOfTheClassIsKnown) {
  const auto pod = Known("1", 1);
  const ClassPlan* lone = PlanFor(pod);
  cluster_.classes.ClassOfPending(*pod);
  const ClassPlan* kept = PlanFor(pod);
  EXPECT_NE(kept, lone);
  EXPECT_EQ(PlanFor(pod), kept);
}

TEST_F(PlanTest, AreKeptForAPodThatIsTriedAgainAndAgain) {
  const auto pod = Known("1", 1);
  const ClassPlan* lone = PlanFor(pod);
  const ClassPlan* kept = lone;
  for (int i = 0; i < 10 && kept == lone; ++i) kept = PlanFor(pod);
  EXPECT_NE(kept, lone);
  EXPECT_EQ(PlanFor(pod), kept);
}

TEST_F(PlanTest, OfManyPodsAreKept) {
  const auto lone = Known("1", 1);
  const auto one_of_two = Known("2", 2);
  EXPECT_NE(PlanFor(lone), PlanFor(one_of_two));
}

TEST(ProfileRuntime, HandsOnWhatAPluginRefuses) {
  Registry registry = plugins::MakeRegistry();
  registry["NodePorts"] = [](const config::PluginArgs&,
                             const config::FeatureGates&) -> base::Result<std::unique_ptr<Plugin>> {
    return base::Fail("no ports today");
  };
  const auto profile = config::DefaultConfiguration().profiles.front();
  const auto runtime = ProfileRuntime::Make(profile, registry, ColumnCaching::kOn);
  ASSERT_FALSE(runtime);
  EXPECT_THAT(runtime.error().message(), ::testing::HasSubstr("no ports today"));
}

TEST(Registry, MakesEveryPluginUnderItsName) {
  for (const auto& [name, make] : plugins::MakeRegistry()) {
    const auto plugin = make({}, {});
    ASSERT_TRUE(plugin) << name;
    EXPECT_EQ((*plugin)->Name(), name);
  }
}

}  // namespace
}  // namespace berth::framework
