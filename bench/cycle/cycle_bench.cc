// Decisions a second, every node filtered and scored, each placed pod seen by the next: the
// workloads of bench/workloads at their sizes, and three clusters that gen.py draws at random.
//
// An iteration is a whole run over the arriving pods, with what else happens to the cluster on the
// way; making the cluster is not counted. Besides the mean: the median and 99th percentile of one
// decision, in microseconds, and how many nodes were scored a pod.
//
// cycle_bench --benchmark_filter=/5000/ runs some: names are WORKLOAD/NODES/manual_time.
#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "bench/workloads/scenario.h"
#include "scheduler/base/executor.h"
#include "scheduler/simulate/input.h"

namespace berth::bench {
namespace {

using MakeInput = std::function<base::Result<Scenario>()>;

void Report(const ScenarioRun& run, benchmark::State& state) {
  const auto& latencies = run.latencies_nanoseconds();
  const auto decisions = static_cast<double>(latencies.size());
  state.counters["p50_us"] = static_cast<double>(Percentile(latencies, 0.50)) / 1e3;
  state.counters["p99_us"] = static_cast<double>(Percentile(latencies, 0.99)) / 1e3;
  state.counters["placed"] = static_cast<double>(run.placed());
  state.counters["scored_per_pod"] = static_cast<double>(run.scored_nodes()) / decisions;
}

double SecondsToFinish(ScenarioRun& run) {
  const auto begin = std::chrono::steady_clock::now();
  run.Finish();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Measure(benchmark::State& state, const MakeInput& make_input) {
  const auto scenario = make_input();
  if (!scenario) return state.SkipWithError(scenario.error().message().c_str());
  if (scenario->arrivals.empty()) return state.SkipWithError("no pod arrives");
  std::int64_t decisions = 0;
  for (auto _ : state) {
    ScenarioRun run(*scenario, {});
    state.SetIterationTime(SecondsToFinish(run));
    decisions += static_cast<std::int64_t>(run.done());
    Report(run, state);
  }
  state.SetItemsProcessed(decisions);
}

void Register(const std::string& name, const MakeInput& make_input) {
  benchmark::RegisterBenchmark(name.c_str(), Measure, make_input)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

void RegisterWorkload(const Workload& workload) {
  for (const auto nodes : workload.sizes) {
    Register(workload.name + "/" + std::to_string(nodes), [workload, nodes] {
      return MakeScenario(workload,
                          {.nodes = nodes, .seed = 1, .deployments = Deployments::kWhole});
    });
  }
}

void RegisterDrawn(const std::string& family) {
  Register("bench-" + family + "/5000", [family]() -> base::Result<Scenario> {
    const auto executor = base::MakeExecutor(1);
    BERTH_ASSIGN(auto objects,
                 simulate::ReadInput({BERTH_BENCH_CLUSTERS "/bench-" + family + ".json"},
                                     simulate::InputFormat::kKubernetes, *executor));
    return MakeScenario(std::move(objects));
  });
}

base::Result<void> RegisterAll() {
  for (const char* family : {"basic", "spread", "podaffinity"}) RegisterDrawn(family);
  BERTH_ASSIGN(const auto files, ListWorkloads(BERTH_WORKLOADS));
  for (const auto& file : files) {
    BERTH_ASSIGN(const auto workload, ReadWorkload(file));
    RegisterWorkload(workload);
  }
  return {};
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (const auto registered = RegisterAll(); !registered) {
    std::fprintf(stderr, "cycle_bench: %s\n", registered.error().message().c_str());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) { return berth::bench::Main(argc, argv); }
