// Counts of pods by node, by domain and by the terms that pods carry.
#include <gmock/gmock.h>

#include "scheduler/cluster/cluster.h"
#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using support::TermForApp;

constexpr const char* kZone = "topology.kubernetes.io/zone";

class TopologyCounters : public ::testing::Test {
 protected:
  TopologyCounters()
      : a_(cluster_.AddNode(NodeBuilder("a").Zone("one").Build())),
        b_(cluster_.AddNode(NodeBuilder("b").Zone("one").Build())),
        c_(cluster_.AddNode(NodeBuilder("c").Zone("two").Build())),
        none_(cluster_.AddNode(NodeBuilder("none").Build())) {}

  PodIndex Place(const std::string& app, NodeIndex row) {
    return cluster_.AddPod(PodBuilder(app).Label("app", app).Build(), row);
  }
  const PodCounter& Counter(const std::string& app, bool skip_terminating = false) {
    PodMatcher matcher;
    matcher.namespaces = {cluster_.symbols.Intern("default")};
    matcher.selector = CompiledSelector::Compile(api::StringMap{{"app", app}}, cluster_.symbols);
    return cluster_.counters.Get({{matcher}, skip_terminating});
  }
  const LabelColumn& Zones() { return cluster_.nodes.LabelsOf(cluster_.symbols.Intern(kZone)); }
  // Pods in a zone, after bringing the counts up to date.
  std::int64_t In(const std::string& zone, DomainCounts& domains) {
    auto& all = cluster_.node_sets.Get({});
    cluster_.node_sets.Refresh(all);
    domains.Refresh(cluster_.nodes, all);
    for (ValueId id = 1; id < domains.pods().size(); ++id) {
      if (cluster_.symbols.Text(domains.column().Value(id)) == zone) return domains.pods()[id];
    }
    return -1;
  }

  Cluster cluster_;
  NodeIndex a_, b_, c_, none_;
};

TEST_F(TopologyCounters, CountersCountPodsThatWereThereAndThatCome) {
  Place("web", a_);
  const PodCounter& counter = Counter("web");
  EXPECT_EQ(counter.At(a_), 1);
  const auto second = Place("web", a_);
  Place("db", a_);
  EXPECT_EQ(counter.At(a_), 2);
  cluster_.RemovePod(second);
  EXPECT_EQ(counter.At(a_), 1);
  EXPECT_EQ(&Counter("web"), &counter);
  EXPECT_NE(&Counter("web", true), &counter);
}

TEST_F(TopologyCounters, TerminatingPodsCountOnlyWhereWanted) {
  PodBuilder pod = PodBuilder("p").Label("app", "web");
  pod.pod().meta.deletion_timestamp = 1;
  cluster_.AddPod(pod.Build(), a_);
  EXPECT_EQ(Counter("web").At(a_), 1);
  EXPECT_EQ(Counter("web", true).At(a_), 0);
}

TEST_F(TopologyCounters, DomainsFollowPods) {
  DomainCounts domains(Counter("web"), Zones());
  EXPECT_EQ(In("one", domains), 0);
  Place("web", a_);
  const auto on_b = Place("web", b_);
  Place("web", c_);
  Place("web", none_);
  EXPECT_EQ(In("one", domains), 2);
  EXPECT_EQ(In("two", domains), 1);
  EXPECT_EQ(domains.total(), 3);
  cluster_.RemovePod(on_b);
  EXPECT_EQ(In("one", domains), 1);
}

TEST_F(TopologyCounters, DomainsFollowLabels) {
  DomainCounts domains(Counter("web"), Zones());
  Place("web", a_);
  EXPECT_EQ(In("one", domains), 1);
  cluster_.UpdateNode(a_, NodeBuilder("a").Zone("two").Build());
  EXPECT_EQ(In("one", domains), 0);
  EXPECT_EQ(In("two", domains), 1);
  cluster_.RemoveNode(a_);
  EXPECT_EQ(In("two", domains), 0);
}

TEST_F(TopologyCounters, CarriedTermsSumUpByDomain) {
  const auto carrier =
      cluster_.AddPod(PodBuilder("p").PreferAntiAffinity(7, TermForApp("web", kZone)).Build(), a_);
  const auto labels = cluster_.label_sets.Intern({{"app", "web"}});
  const Symbol name = cluster_.symbols.Intern("default");
  const auto sum = [&](TermRole role) {
    std::int64_t total = 0;
    auto& matching = cluster_.terms.Matching(name, labels);
    cluster_.terms.Refresh(matching);
    for (const auto& key : matching.Of(role)) {
      const ValueId id = key.column->At(b_);  // in one zone with a
      if (id < key.sums.size()) total += key.sums[id];
    }
    return total;
  };
  EXPECT_EQ(sum(TermRole::kPreferred), -7);
  EXPECT_EQ(sum(TermRole::kRequiredAntiAffinity), 0);
  const PodBuilder strict = PodBuilder("q").AntiAffinity(TermForApp("web", kZone));
  cluster_.AddPod(strict.Build(), b_);
  EXPECT_EQ(sum(TermRole::kRequiredAntiAffinity), 1);
  cluster_.RemovePod(carrier);
  EXPECT_EQ(sum(TermRole::kPreferred), 0);
  EXPECT_TRUE(cluster_.terms.Matching(name, kNoLabels).Of(TermRole::kPreferred).empty());
}

}  // namespace
}  // namespace berth::cluster
