#include "scheduler/sweep/one_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "scheduler/simulate/statistics.h"
#include "scheduler/sweep/timed_lines.h"

namespace berth::sweep {
namespace {

using base::Result;
using simulate::AllocationCurve;
using simulate::ArrivalOutcome;
using simulate::SharedPod;

constexpr std::array<std::int64_t, 6> kPercents = {50, 80, 90, 100, 120, 130};
constexpr std::string_view kKeyHeader = "workload,profile,seed";

// Empty where no pod arrived just then.
std::string ValueAt(const AllocationCurve& curve, std::int64_t percent) {
  const auto value = curve.At(percent);
  if (!value) return "";
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.4f", *value);
  return text.data();
}

// Resources, then fragmentation.
std::vector<std::string> CurveNames(const Inputs& inputs) {
  std::vector<std::string> names;
  for (const std::string& resource : inputs.resources) {
    names.push_back(resource + "_allocation_pct");
  }
  if (inputs.has_gpus) names.emplace_back("gpu_fragmentation_pct");
  return names;
}

std::vector<const AllocationCurve*> CurvesOf(const ArrivalOutcome& outcome) {
  std::vector<const AllocationCurve*> curves;
  for (const AllocationCurve& curve : outcome.allocation) curves.push_back(&curve);
  if (outcome.gpu_fragmentation) curves.push_back(&*outcome.gpu_fragmentation);
  return curves;
}

std::string RunValues(const ArrivalOutcome& outcome) {
  std::string values = "," + std::to_string(outcome.placed + outcome.not_placed) + "," +
                       std::to_string(outcome.placed) + "," + std::to_string(outcome.nodes_used);
  for (const AllocationCurve* curve : CurvesOf(outcome)) {
    for (const std::int64_t percent : kPercents) values += "," + ValueAt(*curve, percent);
  }
  return values;
}

std::string CurveLines(const std::string& key, const ArrivalOutcome& outcome) {
  const auto curves = CurvesOf(outcome);
  std::int64_t last = -1;
  for (const AllocationCurve* curve : curves) last = std::max(last, curve->last());
  std::string lines;
  for (std::int64_t percent = 0; percent <= last; ++percent) {
    std::string values;
    bool any = false;
    for (const AllocationCurve* curve : curves) {
      const std::string value = ValueAt(*curve, percent);
      any |= !value.empty();
      values += "," + value;
    }
    if (any) lines += key + "," + std::to_string(percent) + values + "\n";
  }
  return lines;
}

std::string TimingLine(const std::string& key, const ArrivalOutcome& outcome) {
  const simulate::Latency latency = simulate::LatencyOf(outcome.decision_nanoseconds);
  return key + "," + std::to_string(outcome.decision_nanoseconds.size()) + "," +
         std::to_string(latency.p50_nanoseconds) + "," + std::to_string(latency.p99_nanoseconds) +
         "\n";
}

Result<std::vector<SharedPod>> ArrivalsOf(const SweepFile& file, const Workload& workload,
                                          std::uint64_t seed) {
  if (file.repeat_until) {
    const std::string& resource = file.repeat_until->resource;
    const auto amount = [&resource](const api::Pod& pod) {
      return simulate::AmountOf(pod, resource);
    };
    simulate::ArrivalGoal goal{simulate::CapacityOf(workload.nodes, resource),
                               file.repeat_until->ratio, amount, 0};
    for (const SharedPod& pod : workload.running) goal.asked_before += amount(*pod);
    return simulate::MakeArrivals(workload.pending, goal, seed, file.order);
  }
  if (file.order == simulate::ArrivalOrder::kFile) return workload.pending;
  std::vector<SharedPod> arrivals;
  for (const std::size_t position : simulate::ShuffledPositions(workload.pending.size(), seed)) {
    arrivals.push_back(workload.pending[position]);
  }
  return arrivals;
}

}  // namespace

RunLines TableHeaders(const SweepFile& file, const Inputs& inputs) {
  const bool in_time = file.order == simulate::ArrivalOrder::kTime;
  RunLines lines;
  lines.runs = std::string(kKeyHeader) + ",arrived,placed,nodes_used";
  lines.curves = std::string(kKeyHeader) + (in_time ? TimedCurveColumns(inputs) : ",arrived_pct");
  for (const std::string& name : CurveNames(inputs)) {
    for (const std::int64_t percent : kPercents) {
      lines.runs += "," + name + "_at_" + std::to_string(percent);
    }
    if (!in_time) lines.curves += "," + name;
  }
  if (in_time) lines.runs += TimedRunColumns(inputs);
  lines.runs += "\n";
  lines.curves += "\n";
  lines.timings =
      std::string(kKeyHeader) + ",decisions,decision_p50_nanoseconds,decision_p99_nanoseconds\n";
  return lines;
}

std::string RunKey(const SweepFile& file, const RunId& run) {
  return file.workloads[run.workload].name + "," + file.profiles[run.profile].name + "," +
         std::to_string(run.seed);
}

namespace {

simulate::ArrivalRun ArrivalRunOf(const Inputs& inputs, const RunId& run,
                                  const std::vector<SharedPod>& arrivals,
                                  const std::atomic<bool>& interrupted) {
  const Workload& workload = inputs.workloads[run.workload];
  simulate::ArrivalRun arrival_run{workload.nodes, arrivals, inputs.profiles[run.profile],
                                   run.seed};
  arrival_run.running = workload.running;
  arrival_run.surroundings = &workload.surroundings;
  arrival_run.resources = inputs.resources;
  arrival_run.interrupted = &interrupted;
  return arrival_run;
}

Result<std::optional<RunLines>> RunAtOnce(const SweepFile& file, const Inputs& inputs,
                                          const RunId& run, const framework::Registry& registry,
                                          const std::atomic<bool>& interrupted) {
  const std::string key = RunKey(file, run);
  BERTH_ASSIGN(const auto arrivals, ArrivalsOf(file, inputs.workloads[run.workload], run.seed));
  BERTH_ASSIGN(const ArrivalOutcome outcome,
               simulate::RunArrivals(ArrivalRunOf(inputs, run, arrivals, interrupted), registry));
  if (!outcome.complete) return std::optional<RunLines>();
  return RunLines{key + RunValues(outcome) + "\n", CurveLines(key, outcome),
                  TimingLine(key, outcome)};
}

Result<std::optional<RunLines>> RunTimed(const SweepFile& file, const Inputs& inputs,
                                         const RunId& run, const framework::Registry& registry,
                                         const std::atomic<bool>& interrupted) {
  const std::string key = RunKey(file, run);
  const Workload& workload = inputs.workloads[run.workload];
  simulate::TimedRun timed{ArrivalRunOf(inputs, run, workload.pending, interrupted),
                           &workload.lifetimes, file.departures, inputs.backoffs[run.profile]};
  BERTH_ASSIGN(const simulate::TimedOutcome outcome, simulate::RunInTime(timed, registry));
  if (!outcome.arrivals.complete) return std::optional<RunLines>();
  return RunLines{key + RunValues(outcome.arrivals) + TimedRunValues(outcome) + "\n",
                  TimedCurveLines(key, outcome, HorizonOf(workload.lifetimes)),
                  TimingLine(key, outcome.arrivals)};
}

}  // namespace

Result<std::optional<RunLines>> RunOne(const SweepFile& file, const Inputs& inputs,
                                       const RunId& run, const framework::Registry& registry,
                                       const std::atomic<bool>& interrupted) {
  const bool in_time = file.order == simulate::ArrivalOrder::kTime;
  auto lines = in_time ? RunTimed(file, inputs, run, registry, interrupted)
                       : RunAtOnce(file, inputs, run, registry, interrupted);
  if (!lines) return std::unexpected(lines.error().Within(RunKey(file, run)));
  return lines;
}

}  // namespace berth::sweep
