#include "scheduler/sweep/one_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "scheduler/simulate/statistics.h"

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

RunLines LinesOf(const std::string& key, const ArrivalOutcome& outcome) {
  const auto curves = CurvesOf(outcome);
  RunLines lines;
  lines.runs = key + "," + std::to_string(outcome.placed + outcome.not_placed) + "," +
               std::to_string(outcome.placed) + "," + std::to_string(outcome.nodes_used);
  for (const AllocationCurve* curve : curves) {
    for (const std::int64_t percent : kPercents) lines.runs += "," + ValueAt(*curve, percent);
  }
  lines.runs += "\n";

  std::int64_t last = -1;
  for (const AllocationCurve* curve : curves) last = std::max(last, curve->last());
  for (std::int64_t percent = 0; percent <= last; ++percent) {
    std::string values;
    bool any = false;
    for (const AllocationCurve* curve : curves) {
      const std::string value = ValueAt(*curve, percent);
      any |= !value.empty();
      values += "," + value;
    }
    if (any) lines.curves += key + "," + std::to_string(percent) + values + "\n";
  }

  const simulate::Latency latency = simulate::LatencyOf(outcome.decision_nanoseconds);
  lines.timings = key + "," + std::to_string(outcome.decision_nanoseconds.size()) + "," +
                  std::to_string(latency.p50_nanoseconds) + "," +
                  std::to_string(latency.p99_nanoseconds) + "\n";
  return lines;
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

RunLines TableHeaders(const Inputs& inputs) {
  RunLines lines;
  lines.runs = std::string(kKeyHeader) + ",arrived,placed,nodes_used";
  lines.curves = std::string(kKeyHeader) + ",arrived_pct";
  for (const std::string& name : CurveNames(inputs)) {
    for (const std::int64_t percent : kPercents) {
      lines.runs += "," + name + "_at_" + std::to_string(percent);
    }
    lines.curves += "," + name;
  }
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

Result<std::optional<RunLines>> RunOne(const SweepFile& file, const Inputs& inputs,
                                       const RunId& run, const framework::Registry& registry,
                                       const std::atomic<bool>& interrupted) {
  const std::string key = RunKey(file, run);
  const Workload& workload = inputs.workloads[run.workload];
  auto arrivals = ArrivalsOf(file, workload, run.seed);
  if (!arrivals) return std::unexpected(arrivals.error().Within(key));
  simulate::ArrivalRun arrival_run{workload.nodes, *arrivals, inputs.profiles[run.profile],
                                   run.seed};
  arrival_run.running = workload.running;
  arrival_run.surroundings = &workload.surroundings;
  arrival_run.resources = inputs.resources;
  arrival_run.interrupted = &interrupted;
  auto outcome = simulate::RunArrivals(arrival_run, registry);
  if (!outcome) return std::unexpected(outcome.error().Within(key));
  if (!outcome->complete) return std::optional<RunLines>();
  return std::optional(LinesOf(key, *outcome));
}

}  // namespace berth::sweep
