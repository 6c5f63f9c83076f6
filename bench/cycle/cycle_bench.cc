// Decisions a second over 5,000 nodes, every node filtered and scored, each placed pod seen by the
// next. An iteration is a whole run over the pending pods of a cluster; making the cluster is not
// counted. Besides the mean: the median and 99th percentile of one decision, in microseconds.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"

namespace berth {
namespace {

std::unique_ptr<simulate::Simulation> MakeSimulation(const api::ClusterObjects& objects) {
  auto simulation = simulate::Simulation::Make(objects, config::DefaultConfiguration(),
                                               plugins::MakeRegistry(), {});
  if (!simulation) std::abort();
  return *std::move(simulation);
}

void RunFamily(benchmark::State& state, const std::string& family) {
  const auto executor = base::MakeExecutor(1);
  const auto objects =
      simulate::ReadInput({std::string(BERTH_BENCH_CLUSTERS) + "/bench-" + family + ".json"},
                          simulate::InputFormat::kKubernetes, *executor);
  if (!objects) return state.SkipWithError(objects.error().message().c_str());
  std::int64_t decisions = 0;
  simulate::Timings timings;
  for (auto _ : state) {
    state.PauseTiming();
    auto simulation = MakeSimulation(*objects);
    state.ResumeTiming();
    while (simulation->done() < simulation->pending_count()) simulation->Step();
    state.PauseTiming();
    timings = simulation->TakeSummary(false).timings;
    decisions += timings.decisions;
    simulation.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(decisions);
  state.counters["p50_us"] = static_cast<double>(timings.latency.p50_nanoseconds) / 1e3;
  state.counters["p99_us"] = static_cast<double>(timings.latency.p99_nanoseconds) / 1e3;
}

BENCHMARK_CAPTURE(RunFamily, basic, "basic")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunFamily, spread, "spread")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunFamily, podaffinity, "podaffinity")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
