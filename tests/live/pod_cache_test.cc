// Pods on nodes: decided, shown, gone, and on nodes that are not there.
#include "scheduler/live/pod_cache.h"

#include <gmock/gmock.h>

#include "tests/support/builders.h"

namespace berth::live {
namespace {

using support::NodeBuilder;
using support::PodBuilder;

class PodCacheTest : public ::testing::Test {
 protected:
  PodCacheTest() {
    AddNode("n");
    AddNode("m");
  }

  void AddNode(const std::string& name) {
    cluster_.AddNode(NodeBuilder(name).Build());
    cache_.NodeAdded(name);
  }
  void RemoveNode(const std::string& name) {
    cache_.NodeRemoved(name);
    cluster_.RemoveNode(*cluster_.nodes.Find(name));
  }
  static std::shared_ptr<const api::Pod> Pod(const std::string& name, const std::string& node) {
    PodBuilder pod(name);
    pod.Requests({{"cpu", "1"}});
    pod.pod().meta.uid = name + "-uid";
    pod.pod().node_name = node;
    return pod.Build();
  }
  bool Assume(const std::string& name, const std::string& node) {
    const auto pod = Pod(name, node);
    return cache_.Assume(pod, cluster_.classes.ClassOfPending(*pod), *cluster_.nodes.Find(node));
  }
  // Pods that count on the node; -1 where there is no such node.
  std::int64_t CountOn(const std::string& node) const {
    const auto row = cluster_.nodes.Find(node);
    return row ? cluster_.nodes.pod_count()[*row] : -1;
  }

  cluster::Cluster cluster_;
  PodCache cache_{cluster_};
};

TEST_F(PodCacheTest, CountsAnAssumedPod) {
  EXPECT_TRUE(Assume("p", "n"));
  EXPECT_EQ(CountOn("n"), 1);
  EXPECT_TRUE(cache_.IsAssumed("p-uid"));
  EXPECT_EQ(cache_.assumed_count(), 1);
  EXPECT_TRUE(cache_.IndexOf("p-uid").has_value());
}

TEST_F(PodCacheTest, AssumesNoPodTwice) {
  EXPECT_TRUE(Assume("p", "n"));
  EXPECT_FALSE(Assume("p", "m"));
  EXPECT_EQ(CountOn("n"), 1);
  EXPECT_EQ(CountOn("m"), 0);
  EXPECT_EQ(cache_.assumed_count(), 1);
}

TEST_F(PodCacheTest, IsConfirmedByWhatTheApiServerShows) {
  Assume("p", "n");
  cache_.Set(Pod("p", "n"));
  EXPECT_FALSE(cache_.IsAssumed("p-uid"));
  EXPECT_EQ(cache_.assumed_count(), 0);
  EXPECT_EQ(CountOn("n"), 1);
}

TEST_F(PodCacheTest, BelievesTheApiServerAboutTheNode) {
  Assume("p", "n");
  cache_.Set(Pod("p", "m"));
  EXPECT_EQ(CountOn("n"), 0);
  EXPECT_EQ(CountOn("m"), 1);
}

TEST_F(PodCacheTest, ForgetsOnlyWhatIsAssumed) {
  Assume("p", "n");
  cache_.Forget("p-uid");
  EXPECT_EQ(CountOn("n"), 0);
  EXPECT_EQ(cache_.size(), 0);
  EXPECT_EQ(cache_.assumed_count(), 0);

  cache_.Set(Pod("q", "n"));
  cache_.Forget("q-uid");
  EXPECT_EQ(CountOn("n"), 1);
  cache_.Forget("nobody");
}

TEST_F(PodCacheTest, TakesAPodAwayThatIsGone) {
  cache_.Set(Pod("p", "n"));
  Assume("q", "n");
  cache_.Remove("p-uid");
  cache_.Remove("q-uid");
  cache_.Remove("nobody");
  EXPECT_EQ(CountOn("n"), 0);
  EXPECT_EQ(cache_.size(), 0);
  EXPECT_EQ(cache_.assumed_count(), 0);
}

TEST_F(PodCacheTest, ReplacesAPodThatChanges) {
  cache_.Set(Pod("p", "n"));
  cache_.Set(Pod("p", "n"));
  EXPECT_EQ(CountOn("n"), 1);
  EXPECT_EQ(cache_.size(), 1);
}

TEST_F(PodCacheTest, KeepsPodsOfNodesThatAreNotThereYet) {
  cache_.Set(Pod("p", "ghost"));
  EXPECT_EQ(cache_.size(), 1);
  EXPECT_FALSE(cache_.IndexOf("p-uid").has_value());
  AddNode("ghost");
  EXPECT_EQ(CountOn("ghost"), 1);
  EXPECT_TRUE(cache_.IndexOf("p-uid").has_value());
}

TEST_F(PodCacheTest, LosesAPodOfANodeThatNeverCame) {
  cache_.Set(Pod("p", "ghost"));
  cache_.Remove("p-uid");
  AddNode("ghost");
  EXPECT_EQ(CountOn("ghost"), 0);
}

TEST_F(PodCacheTest, KeepsThePodsOfANodeThatGoesAndComesBack) {
  cache_.Set(Pod("p", "n"));
  Assume("q", "n");
  RemoveNode("n");
  EXPECT_EQ(cluster_.pod_count(), 0);
  EXPECT_EQ(cache_.size(), 2);
  EXPECT_TRUE(cache_.IsAssumed("q-uid"));
  AddNode("n");
  EXPECT_EQ(CountOn("n"), 2);
  cache_.Forget("q-uid");
  cache_.Remove("p-uid");
  EXPECT_EQ(CountOn("n"), 0);
}

TEST_F(PodCacheTest, ForgetsAnAssumedPodWhoseNodeIsGone) {
  Assume("p", "n");
  RemoveNode("n");
  cache_.Forget("p-uid");
  AddNode("n");
  EXPECT_EQ(CountOn("n"), 0);
  EXPECT_EQ(cache_.size(), 0);
}

TEST_F(PodCacheTest, ShowsEveryPod) {
  cache_.Set(Pod("p", "n"));
  Assume("q", "m");
  std::map<std::string, bool> seen;
  cache_.ForEach([&](const api::Pod& pod, bool assumed) { seen[pod.meta.name] = assumed; });
  EXPECT_EQ(seen, (std::map<std::string, bool>{{"p", false}, {"q", true}}));
}

}  // namespace
}  // namespace berth::live
