// The examples of docs/plugins decide as the same plugins built in, with and without what is kept
// from cycle to cycle, on clusters that live.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/plugins/twins.h"
#include "scheduler/base/random.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/sharedobject/factory.h"
#include "tests/sharedobject/sorting_registry.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::sharedobject {
namespace {

using framework::ColumnCaching;
using support::NodeBuilder;
using support::PodBuilder;

using Sameness = support::RandomTest;

enum class Kind { kBuiltIn, kSharedObject };

config::Profile ProfileOf(Kind kind) {
  config::Profile profile;
  profile.plugins[static_cast<std::size_t>(config::ExtensionPoint::kQueueSort)] = {
      {"PrioritySort"}};
  const std::string prefix = kind == Kind::kBuiltIn ? "TwinOf" : "";
  const std::pair<std::string, std::string> examples[] = {{"PowerAware", "power_aware"},
                                                          {"NodePool", "node_pool"}};
  for (const auto& [name, file] : examples) {
    using enum config::ExtensionPoint;
    for (const auto point : {kPreFilter, kFilter, kPreScore, kScore, kReserve}) {
      profile.plugins[static_cast<std::size_t>(point)].push_back(
          {prefix + name, point == kScore ? 3 : 0});
    }
    if (kind == Kind::kBuiltIn) continue;
    profile.args[name] = config::SharedObjectArgs{
        .name = name, .path = std::string(BERTH_TEST_PLUGINS "/") + file + ".so"};
  }
  return profile;
}

// One scheduler over a cluster that it shares with others.
class Scheduler {
 public:
  Scheduler(cluster::Cluster& cluster, Kind kind, ColumnCaching caching)
      : cluster_(cluster), algorithm_(cluster, {}) {
    framework::Registry registry = support::SortingRegistry();
    bench::AddTwins(registry);
    AddFactory({}, registry);
    auto runtime = framework::ProfileRuntime::Make(ProfileOf(kind), registry, caching);
    EXPECT_TRUE(runtime.has_value()) << runtime.error().message();
    runtime_ = *std::move(runtime);
  }

  // What it makes of a pod, and why.
  std::string Decide(const api::Pod& pod, cycle::Decision& decision) {
    const cluster::PodClass& pod_class = cluster_.classes.ClassOfPending(pod);
    decision = algorithm_.Schedule(*runtime_, pod_class, &pod);
    if (decision.outcome == cycle::Outcome::kChosen) {
      return cluster_.nodes.Name(decision.node) + " " + std::to_string(decision.total) + " of " +
             std::to_string(decision.feasible);
    }
    return algorithm_.Diagnose(*runtime_, pod_class, &pod).Message() + decision.error;
  }

 private:
  cluster::Cluster& cluster_;
  cycle::SchedulingAlgorithm algorithm_;
  std::unique_ptr<framework::ProfileRuntime> runtime_;
};

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random(seed) {}

  std::shared_ptr<const api::Node> Node(const std::string& name) {
    NodeBuilder node(name);
    node.Allocatable({{"cpu", std::to_string(1 + random.Below(8))},
                      {"memory", "16Gi"},
                      {"pods", std::to_string(2 + random.Below(20))}});
    if (random.Chance(1, 2)) node.Label("pool.example.com/name", Pool());
    if (random.Chance(3, 4)) {
      const std::array<const char*, 6> watts = {"0", "5", "19", "20", "many", ""};
      node.Label("power.example.com/watts-per-core", watts[random.Below(watts.size())]);
    }
    return node.Build();
  }

  std::shared_ptr<const api::Pod> Pod(int number) {
    PodBuilder pod("pod-" + std::to_string(number));
    pod.Requests({{"cpu", std::to_string(100 * random.Below(4)) + "m"}});
    if (random.Chance(1, 2)) {
      pod.Label("pool.example.com/name", random.Chance(1, 8) ? "of no node" : Pool());
    }
    return pod.Build();
  }

  std::string Pool() { return std::array<const char*, 4>{"a", "b", "c", ""}[random.Below(4)]; }

  base::Random random;
};

TEST_F(Sameness, ExamplesDecideAsTheirTwins) {
  SCOPED_TRACE(support::SeedNote());
  Draw draw(support::TestSeed());
  cluster::Cluster cluster;
  std::vector<cluster::NodeIndex> nodes;
  int names = 0;
  for (int i = 0; i < 100; ++i) {
    nodes.push_back(cluster.AddNode(draw.Node("node-" + std::to_string(names++))));
  }
  Scheduler yardstick(cluster, Kind::kBuiltIn, ColumnCaching::kOff);
  std::vector<std::unique_ptr<Scheduler>> others;
  others.push_back(std::make_unique<Scheduler>(cluster, Kind::kBuiltIn, ColumnCaching::kOn));
  others.push_back(std::make_unique<Scheduler>(cluster, Kind::kSharedObject, ColumnCaching::kOff));
  others.push_back(std::make_unique<Scheduler>(cluster, Kind::kSharedObject, ColumnCaching::kOn));
  int placed = 0;
  int rejected = 0;
  for (int step = 0; step < 600; ++step) {
    const std::size_t which = draw.random.Below(nodes.size());
    if (draw.random.Chance(1, 20)) {
      cluster.UpdateNode(nodes[which], draw.Node(cluster.nodes.Name(nodes[which])));
    } else if (draw.random.Chance(1, 40)) {
      cluster.RemoveNode(nodes[which]);
      nodes[which] = cluster.AddNode(draw.Node("node-" + std::to_string(names++)));
    }
    const auto pod = draw.Pod(step);
    cycle::Decision decision;
    cycle::Decision same;
    const std::string expected = yardstick.Decide(*pod, decision);
    for (std::size_t i = 0; i < others.size(); ++i) {
      ASSERT_EQ(others[i]->Decide(*pod, same), expected) << "scheduler " << i << ", step " << step;
    }
    if (decision.outcome != cycle::Outcome::kChosen) {
      ++rejected;
      continue;
    }
    ++placed;
    cluster.AddPod(pod, decision.node);
  }
  EXPECT_GT(placed, 50);
  EXPECT_GT(rejected, 5);
}

}  // namespace
}  // namespace berth::sharedobject
