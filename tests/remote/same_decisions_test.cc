// A plugin that is a server decides what the same one built in decides.
#include <gtest/gtest.h>

#include "bench/remote/room_plugin.h"
#include "bench/remote/room_server.h"
#include "scheduler/base/random.h"
#include "scheduler/remote/remote_plugin.h"
#include "tests/remote/plugin_asker.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seed.h"

namespace berth::remote {
namespace {

using bench::kRoomLabel;
using cluster::NodeIndex;
using support::NodeBuilder;
using support::PodBuilder;

constexpr int kClusters = 10;
constexpr int kSteps = 60;
constexpr std::uint64_t kNames = 90;  // so that masks have more than one word
constexpr const char* kDisks[] = {"", "ssd", "hdd"};

// One change after the other to a cluster.
class Churn {
 public:
  explicit Churn(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t i = 0; i < kNames; ++i) {
      if (random_.Chance(2, 3)) cluster_.AddNode(Node(i));
    }
  }

  cluster::Cluster& cluster() { return cluster_; }
  base::Random& random() { return random_; }

  void Step() {
    const std::uint64_t name = random_.Below(kNames);
    const auto row = cluster_.nodes.Find("n" + std::to_string(name));
    if (!row) {
      cluster_.AddNode(Node(name));
    } else if (random_.Chance(1, 8)) {
      cluster_.RemoveNode(*row);
    } else if (random_.Chance(1, 4)) {
      cluster_.UpdateNode(*row, Node(name));
    } else if (random_.Chance(1, 4) && !cluster_.PodsOn(*row).empty()) {
      cluster_.RemovePod(cluster_.PodsOn(*row).front());
    } else {
      cluster_.AddPod(Pod(), *row);
    }
  }

  std::shared_ptr<const api::Pod> Pod() {
    PodBuilder pod("p" + std::to_string(next_pod_++));
    pod.Requests({{"cpu", std::to_string(random_.Below(3000)) + "m"}});
    const char* disk = kDisks[random_.Below(std::size(kDisks))];
    if (*disk != '\0') pod.Label(kRoomLabel, disk);
    return pod.Build();
  }

 private:
  std::shared_ptr<const api::Node> Node(std::uint64_t number) {
    NodeBuilder node("n" + std::to_string(number));
    node.Allocatable({{"cpu", std::to_string(random_.Below(9))}, {"pods", "10"}});
    const char* disk = kDisks[random_.Below(std::size(kDisks))];
    if (*disk != '\0') node.Label(kRoomLabel, disk);
    return node.Build();
  }

  base::Random random_;
  cluster::Cluster cluster_;
  int next_pod_ = 0;
};

class SameDecisions : public support::RandomTest {};

TEST_F(SameDecisions, AsThePluginBuiltIn) {
  SCOPED_TRACE(support::SeedNote());
  const support::FakeClock clock;
  const auto server = bench::RoomServer::Start({});
  const bench::RoomPlugin built_in;
  base::Random seeds(support::TestSeed());
  std::size_t rejected = 0;
  std::size_t scored = 0;
  for (int i = 0; i < kClusters; ++i) {
    Churn churn(seeds.Next());
    const auto made = MakeRemotePlugin({.name = bench::kRoomName,
                                        .address = server->address(),
                                        .timeout = std::chrono::seconds(20),
                                        .tls = {.insecure = true}},
                                       clock);
    ASSERT_TRUE(made) << made.error().message();
    PluginAsker remote(**made, churn.cluster());
    PluginAsker local(built_in, churn.cluster());
    for (int step = 0; step < kSteps; ++step) {
      if (churn.random().Chance(1, 20)) server->ForgetSessions();
      for (std::uint64_t changes = churn.random().Below(4); changes > 0; --changes) churn.Step();
      const auto pod = churn.Pod();
      const Asked here = local.Ask(*pod);
      const Asked there = remote.Ask(*pod);
      ASSERT_TRUE(there.prefilter.ok()) << there.prefilter.Message();
      ASSERT_TRUE(here == there) << "cluster " << i << ", step " << step;
      rejected += here.rejected.size();
      scored += here.scores.size();
    }
  }
  EXPECT_GT(rejected, 0u);
  EXPECT_GT(scored, 0u);
}

}  // namespace
}  // namespace berth::remote
