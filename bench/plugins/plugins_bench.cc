// Whole decisions at 5,000 nodes with a plugin that filters and scores, built in and as a shared
// object, and without it. Each decided pod is placed, so that the next decision is a new one.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>

#include "bench/plugins/twins.h"
#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/sharedobject/factory.h"

namespace berth::bench {
namespace {

constexpr int kNodes = 5000;
// So many pods stay; then the oldest leaves for each that comes.
constexpr std::size_t kPods = 20000;

enum Kind { kNone, kBuiltIn, kSharedObject };

config::Profile ProfileOf(Kind kind) {
  config::Profile profile = config::DefaultConfiguration().profiles[0];
  const std::string name = kind == kBuiltIn ? "TwinOfNodePool" : "NodePool";
  if (kind == kNone) return profile;
  using enum config::ExtensionPoint;
  for (const auto point : {kPreFilter, kFilter, kPreScore, kScore, kReserve}) {
    profile.plugins[static_cast<std::size_t>(point)].push_back({name, point == kScore ? 1 : 0});
  }
  if (kind == kSharedObject) {
    profile.args[name] = config::SharedObjectArgs{.name = name, .path = BERTH_NODE_POOL};
  }
  return profile;
}

std::unique_ptr<framework::ProfileRuntime> RuntimeOf(Kind kind, framework::ColumnCaching caching) {
  framework::Registry registry = plugins::MakeRegistry();
  AddTwins(registry);
  sharedobject::AddFactory({}, registry);
  auto runtime = framework::ProfileRuntime::Make(ProfileOf(kind), registry, caching);
  if (!runtime) {
    std::fprintf(stderr, "%s\n", runtime.error().message().c_str());
    std::exit(1);
  }
  return *std::move(runtime);
}

std::shared_ptr<const api::Node> MakeNode(int i) {
  auto node = std::make_shared<api::Node>();
  node->meta.name = "node-" + std::to_string(i);
  if (i % 4 == 0) node->meta.labels["pool.example.com/name"] = "pool-" + std::to_string(i % 3);
  node->allocatable["cpu"] = *api::Quantity::Parse(std::to_string(16 + i % 5 * 8));
  node->allocatable["memory"] = *api::Quantity::Parse("256Gi");
  node->allocatable["pods"] = *api::Quantity::Parse("110");
  return node;
}

std::shared_ptr<const api::PodSpec> MakeSpec(int i) {
  auto spec = std::make_shared<api::PodSpec>();
  spec->scheduler_name = "default-scheduler";
  api::Container container;
  container.name = "main";
  container.resources.requests["cpu"] = *api::Quantity::Parse(std::to_string(100 + i * 10) + "m");
  container.resources.requests["memory"] = *api::Quantity::Parse("256Mi");
  spec->containers.push_back(container);
  return spec;
}

// With `templates` kinds of pods in turn.
void Decide(benchmark::State& state, Kind kind, framework::ColumnCaching caching, int templates) {
  const auto runtime = RuntimeOf(kind, caching);
  cluster::Cluster cluster;
  for (int i = 0; i < kNodes; ++i) cluster.AddNode(MakeNode(i));
  std::vector<std::shared_ptr<const api::PodSpec>> specs;
  for (int i = 0; i < templates; ++i) specs.push_back(MakeSpec(i));
  cycle::SchedulingAlgorithm algorithm(cluster, {});
  std::deque<cluster::PodIndex> placed;
  std::size_t next = 0;
  for (auto _ : state) {
    auto pod = std::make_shared<api::Pod>();
    pod->meta.name = "pod";
    pod->meta.namespace_name = "default";
    pod->spec = specs[next++ % specs.size()];
    const cluster::PodClass& pod_class = cluster.classes.ClassOfPending(*pod);
    const cycle::Decision decision = algorithm.Schedule(*runtime, pod_class, pod.get());
    if (decision.outcome != cycle::Outcome::kChosen ||
        !cycle::Reserve(cluster, *runtime, pod_class, *pod, decision.node).ok()) {
      return state.SkipWithError("a pod was not placed");
    }
    placed.push_back(cluster.AddPod(pod, decision.node));
    if (placed.size() <= kPods) continue;
    cluster.RemovePod(placed.front());
    placed.pop_front();
  }
}

constexpr auto kCached = framework::ColumnCaching::kOn;
constexpr auto kUncached = framework::ColumnCaching::kOff;

BENCHMARK_CAPTURE(Decide, template_without, kNone, kCached, 1);
BENCHMARK_CAPTURE(Decide, template_built_in, kBuiltIn, kCached, 1);
BENCHMARK_CAPTURE(Decide, template_shared_object, kSharedObject, kCached, 1);
BENCHMARK_CAPTURE(Decide, templates50_without, kNone, kCached, 50);
BENCHMARK_CAPTURE(Decide, templates50_built_in, kBuiltIn, kCached, 50);
BENCHMARK_CAPTURE(Decide, templates50_shared_object, kSharedObject, kCached, 50);
// Every column computed anew: every call goes over all nodes.
BENCHMARK_CAPTURE(Decide, uncached_without, kNone, kUncached, 1);
BENCHMARK_CAPTURE(Decide, uncached_built_in, kBuiltIn, kUncached, 1);
BENCHMARK_CAPTURE(Decide, uncached_shared_object, kSharedObject, kUncached, 1);

}  // namespace
}  // namespace berth::bench
