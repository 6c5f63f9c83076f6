// What the scheduler works with, beside what it was shown.
#include "scheduler/live/cache_comparer.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"
#include "tests/support/builders.h"

namespace berth::live {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;

class CacheComparerTest : public ::testing::Test {
 protected:
  CacheComparerTest() {
    cluster_.AddNode("n");
    cluster_.AddPod("bound");
    cluster_.AddPod("big", "9");
    cluster_.Settle();
  }
  static std::shared_ptr<const api::Pod> Pod(const std::string& name, const std::string& node) {
    PodBuilder pod(name);
    pod.pod().meta.uid = name;
    pod.pod().node_name = node;
    pod.spec().scheduler_name = "default-scheduler";
    return pod.Build();
  }

  LiveCluster cluster_;
};

TEST_F(CacheComparerTest, FindsNothingWhereAllIsWell) {
  const CacheDifferences differences = cluster_.Compare();
  EXPECT_TRUE(differences.empty());
  LogCacheDifferences(differences);
}

TEST_F(CacheComparerTest, FindsNodes) {
  cluster_.scheduler->node_store().Set(NodeBuilder("missed").Build());
  cluster_.scheduler->cluster().AddNode(NodeBuilder("redundant").Build());
  const CacheDifferences differences = cluster_.Compare();
  EXPECT_THAT(differences.missed_nodes, ElementsAre("missed"));
  EXPECT_THAT(differences.redundant_nodes, ElementsAre("redundant"));
  EXPECT_FALSE(differences.empty());
  LogCacheDifferences(differences);
}

TEST_F(CacheComparerTest, FindsPodsOnNodes) {
  cluster_.scheduler->pod_store().Set(Pod("missed", "n"));
  cluster_.scheduler->pod_store().Remove("default/bound");
  const CacheDifferences differences = cluster_.Compare();
  EXPECT_THAT(differences.missed_pods, ElementsAre("default/missed (missed)"));
  EXPECT_THAT(differences.redundant_pods, ElementsAre("default/bound (uid-2)"));
}

TEST_F(CacheComparerTest, FindsPodsThatWait) {
  cluster_.scheduler->pod_store().Set(Pod("missed", ""));
  cluster_.scheduler->pod_store().Remove("default/big");
  const CacheDifferences differences = cluster_.Compare();
  EXPECT_THAT(differences.missed_waiting_pods, ElementsAre("default/missed (missed)"));
  EXPECT_THAT(differences.redundant_waiting_pods, ElementsAre("default/big (uid-3)"));
}

TEST_F(CacheComparerTest, KnowsPodsThatAreBeingBound) {
  cluster_.AddPod("assumed");
  cluster_.ShowAll();
  cluster_.Decide();
  EXPECT_EQ(cluster_.scheduler->pods().assumed_count(), 1);
  EXPECT_TRUE(cluster_.Compare().empty());
}

TEST_F(CacheComparerTest, FindsNodesThatAreMiscounted) {
  cluster::Cluster& cluster = cluster_.scheduler->cluster();
  const auto row = *cluster.nodes.Find("n");
  cluster.Suspend(cluster.PodsOn(row).front());
  EXPECT_THAT(cluster_.Compare().miscounted_nodes, ElementsAre("n"));
}

}  // namespace
}  // namespace berth::live
