// Groups of like nodes over steady columns that score nodes by their free cpu.
#include "scheduler/framework/node_groups.h"

#include <gmock/gmock.h>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/framework/profile_runtime.h"
#include "tests/support/builders.h"

namespace berth::framework {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::UnorderedElementsAre;

class NodeGroupsTest : public ::testing::Test {
 protected:
  NodeGroupsTest() {
    for (const std::string zone : {"a", "b"}) {
      for (int i = 0; i < 3; ++i) {
        cluster_.AddNode(NodeBuilder(zone + std::to_string(i)).Zone(zone).Build());
      }
    }
    traits_.labels.push_back(
        &cluster_.nodes.LabelsOf(cluster_.symbols.Intern("topology.kubernetes.io/zone")));
    cluster_.classes.ClassOfPending(*pod_);  // another one like it waits
  }

  NodeIndex Row(const std::string& name) { return *cluster_.nodes.Find(name); }

  void Use(const std::string& node, const std::string& cpu) {
    cluster_.AddPod(PodBuilder("p").Requests({{"cpu", cpu}}).Build(), Row(node));
  }

  bool Refresh() {
    cluster_.BeginCycle();
    const auto& pod_class = cluster_.classes.ClassOfPending(*pod_);
    const PodContext context{cluster_, pod_class};
    auto& plan = runtime_->PlanFor(context);
    steady_ = runtime_->SteadyOf(plan, true);
    scratch_.Resize(cluster_.nodes.rows());
    steady_->Refresh(context, scratch_);
    return groups_.Refresh(context, *steady_, traits_);
  }

  // The best nodes of each group by name, "a0 a1".
  std::vector<std::string> Best() {
    std::vector<std::string> best;
    for (const auto& group : groups_.groups()) {
      if (group.count == 0) continue;
      EXPECT_TRUE(group.nodes.Test(group.any));
      EXPECT_EQ(group.nodes.Count(), group.count);
      NodeMask nodes(cluster_.nodes.rows());
      group.maxima.AddBest(nodes);
      std::string names;
      nodes.ForEach([&](NodeIndex row) { names += cluster_.nodes.Name(row) + " "; });
      best.push_back(names);
    }
    return best;
  }

  cluster::Cluster cluster_;
  std::unique_ptr<ProfileRuntime> runtime_ = *ProfileRuntime::Make(
      config::DefaultConfiguration().profiles.front(), plugins::MakeRegistry(), ColumnCaching::kOn);
  std::shared_ptr<const api::Pod> pod_ =
      PodBuilder("pending").Requests({{"cpu", "1"}, {"memory", "1Gi"}}).Build();
  SteadyColumns* steady_ = nullptr;
  scoring::Column<std::int64_t> scratch_;
  Traits traits_;
  NodeGroups groups_;
};

TEST_F(NodeGroupsTest, EachZoneHasItsBestNodes) {
  Use("a1", "2");
  ASSERT_TRUE(Refresh());
  EXPECT_THAT(Best(), UnorderedElementsAre("a0 a2 ", "b0 b1 b2 "));
}

TEST_F(NodeGroupsTest, FollowPodsThatComeAndNodesThatFillUp) {
  ASSERT_TRUE(Refresh());
  Use("a0", "1");
  Use("b2", "4");
  ASSERT_TRUE(Refresh());
  EXPECT_THAT(Best(), UnorderedElementsAre("a1 a2 ", "b0 b1 "));
}

TEST_F(NodeGroupsTest, CountersMoveNodesFromGroupToGroup) {
  cluster::PodMatcher matcher;
  matcher.namespaces = {cluster_.symbols.Intern("default")};
  matcher.selector =
      cluster::CompiledSelector::Compile(api::StringMap{{"app", "web"}}, cluster_.symbols);
  traits_.counters.push_back(&cluster_.counters.Get({{matcher}, false}));
  ASSERT_TRUE(Refresh());
  EXPECT_EQ(Best().size(), 2u);
  const auto index = cluster_.AddPod(PodBuilder("web").Label("app", "web").Build(), Row("b1"));
  ASSERT_TRUE(Refresh());
  EXPECT_THAT(Best(), UnorderedElementsAre("a0 a1 a2 ", "b0 b2 ", "b1 "));
  cluster_.RemovePod(index);
  ASSERT_TRUE(Refresh());
  EXPECT_THAT(Best(), UnorderedElementsAre("a0 a1 a2 ", "b0 b1 b2 "));
}

TEST_F(NodeGroupsTest, AreLeftAloneWhileNodesChange) {
  ASSERT_TRUE(Refresh());
  cluster_.AddNode(NodeBuilder("b3").Zone("b").Build());
  EXPECT_FALSE(Refresh());
  ASSERT_TRUE(Refresh());
  EXPECT_THAT(Best(), UnorderedElementsAre("a0 a1 a2 ", "b0 b1 b2 b3 "));
}

TEST_F(NodeGroupsTest, GiveUpWhereNodesDifferTooMuch) {
  for (int i = 0; i < 200; ++i) {
    cluster_.AddNode(NodeBuilder("c" + std::to_string(i)).Zone(std::to_string(i)).Build());
  }
  EXPECT_FALSE(Refresh());
  EXPECT_FALSE(Refresh());
}

}  // namespace
}  // namespace berth::framework
