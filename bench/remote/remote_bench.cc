// What a plugin that is a server costs a cycle, beside the same one built in.
//
// A cycle is what a decision asks of the plugin: PreFilter, Filter, PreScore and Score of all
// nodes, after one pod was placed, so that one row has changed. NODES/TRANSPORT: "builtin", "unix"
// for a unix socket, "tcp" for loopback.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "bench/remote/room_plugin.h"
#include "bench/remote/room_server.h"
#include "scheduler/base/clock.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/remote/remote_plugin.h"
#include "scoring/column.h"

namespace berth::bench {
namespace {

std::shared_ptr<const api::Node> MakeNode(std::int64_t number) {
  api::Node node;
  node.meta.name = "node-" + std::to_string(number);
  node.meta.labels[kRoomLabel] = number % 2 == 0 ? "ssd" : "hdd";
  node.allocatable["cpu"] = *api::Quantity::Parse("64");
  node.allocatable["pods"] = *api::Quantity::Parse("110");
  return std::make_shared<const api::Node>(std::move(node));
}

std::shared_ptr<const api::Pod> MakePod() {
  api::PodSpec spec;
  api::Container& container = spec.containers.emplace_back();
  container.name = "main";
  container.resources.requests["cpu"] = *api::Quantity::Parse("100m");
  api::Pod pod;
  pod.meta.name = "pod";
  pod.meta.namespace_name = "default";
  pod.spec = std::make_shared<const api::PodSpec>(std::move(spec));
  return std::make_shared<const api::Pod>(std::move(pod));
}

// False if the plugin fails.
bool AskOnce(const framework::Plugin& plugin, const framework::PodContext& context,
             framework::PluginState& state, scoring::Column<std::int64_t>& scores) {
  framework::NodeMask nodes = context.nodes().alive();
  if (!plugin.PreFilter(context, state).status.ok()) return false;
  plugin.Filter(context, state, nodes);
  if (!plugin.PreScore(context, state, nodes).ok()) return false;
  plugin.Score(context, state, nodes, {scores.data(), nodes.word_count() * scoring::kRowsPerWord});
  benchmark::DoNotOptimize(scores.data());
  return nodes.Any();
}

void Measure(benchmark::State& state, const framework::Plugin& plugin) {
  cluster::Cluster cluster;
  for (std::int64_t i = 0; i < state.range(0); ++i) cluster.AddNode(MakeNode(i));
  const auto pod = MakePod();
  const framework::PodContext context{cluster, cluster.classes.ClassOfPending(*pod)};
  const auto pod_state = plugin.NewState(context);
  scoring::Column<std::int64_t> scores(cluster.nodes.rows());
  if (!AskOnce(plugin, context, *pod_state, scores)) return state.SkipWithError("no answer");
  cluster::NodeIndex row = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto placed = cluster.AddPod(pod, row);
    state.ResumeTiming();
    const bool asked = AskOnce(plugin, context, *pod_state, scores);
    state.PauseTiming();
    if (!asked) return state.SkipWithError("the plugin fails");
    cluster.RemovePod(placed);
    row = static_cast<cluster::NodeIndex>((row + 1) % cluster.nodes.rows());
    state.ResumeTiming();
  }
}

void MeasureRemote(benchmark::State& state, const std::string& address) {
  const base::SystemClock clock;
  const auto server = RoomServer::Start({.address = address});
  const auto plugin = remote::MakeRemotePlugin(
      {.name = kRoomName, .address = server->address(), .tls = {.insecure = true}}, clock);
  if (!plugin) return state.SkipWithError(plugin.error().message().c_str());
  Measure(state, **plugin);
}

void BuiltIn(benchmark::State& state) { Measure(state, RoomPlugin()); }
void Tcp(benchmark::State& state) { MeasureRemote(state, "127.0.0.1:0"); }
void Unix(benchmark::State& state) {
  MeasureRemote(state, "unix:/tmp/berth-remote-bench-" + std::to_string(getpid()) + ".sock");
}

BENCHMARK(BuiltIn)->Arg(5000)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(Unix)->Arg(5000)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(Tcp)->Arg(5000)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace berth::bench
