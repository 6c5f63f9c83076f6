#include "scheduler/sweep/timed_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace berth::sweep {
namespace {

using simulate::Instant;
using simulate::Seconds;
using simulate::TimedOutcome;

// Lines of a run that does not last longer than its horizon, at most.
constexpr std::int64_t kSteps = 500;
// How many horizons a curve goes on for.
constexpr std::int64_t kMostHorizons = 10;
constexpr std::int64_t kShortestStep = 1'000'000;

std::string Percent(double amount, std::int64_t capacity) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.4f", amount * 100 / static_cast<double>(capacity));
  return text.data();
}

// 1, 2 or 5 times a power of ten.
std::int64_t StepFor(std::int64_t horizon) {
  for (std::int64_t power = kShortestStep;; power *= 10) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (horizon / (power * factor) <= kSteps) return power * factor;
    }
  }
}

std::string CurveValues(const TimedOutcome& outcome, std::size_t at) {
  const Instant& instant = outcome.time.timeline[at];
  std::string values;
  for (const std::int64_t count :
       {instant.arrived, instant.running, instant.pending, instant.finished, instant.lost}) {
    values += "," + std::to_string(count);
  }
  for (std::size_t i = 0; i < outcome.time.resources.size(); ++i) {
    values +=
        "," + Percent(static_cast<double>(instant.used[i]), outcome.time.resources[i].capacity);
  }
  if (outcome.gpu_capacity > 0) {
    values += "," + Percent(outcome.gpu_fragmentation[at], outcome.gpu_capacity);
  }
  return values;
}

}  // namespace

std::string TimedRunColumns(const Inputs& inputs) {
  std::string columns =
      ",finished,lost,makespan_seconds,waiting_p50_seconds,waiting_p90_seconds,"
      "waiting_p99_seconds,waiting_max_seconds,most_pending";
  for (const std::string& resource : inputs.resources) {
    columns += "," + resource + "_allocation_pct_mean";
  }
  return columns;
}

std::string TimedRunValues(const TimedOutcome& outcome) {
  const simulate::TimeFigures figures = simulate::FiguresOf(outcome.time);
  const simulate::Latency& waiting = figures.waiting;
  std::string values =
      "," + std::to_string(figures.last.finished) + "," + std::to_string(figures.last.lost);
  for (const std::int64_t nanoseconds :
       {figures.makespan, waiting.p50_nanoseconds, waiting.p90_nanoseconds, waiting.p99_nanoseconds,
        waiting.max_nanoseconds}) {
    values += "," + Seconds(nanoseconds);
  }
  values += "," + std::to_string(figures.most_pending);
  for (const auto& use : figures.uses) values += "," + Percent(use.mean, 1);
  return values;
}

std::string TimedCurveColumns(const Inputs& inputs) {
  std::string columns = ",time_seconds,arrived,running,pending,finished,lost";
  for (const std::string& resource : inputs.resources)
    columns += "," + resource + "_allocation_pct";
  if (inputs.has_gpus) columns += ",gpu_fragmentation_pct";
  return columns;
}

std::string TimedCurveLines(const std::string& key, const TimedOutcome& outcome,
                            std::int64_t horizon_nanoseconds) {
  const auto& timeline = outcome.time.timeline;
  if (timeline.empty()) return "";
  const std::int64_t step = StepFor(horizon_nanoseconds);
  const std::int64_t end =
      std::min(timeline.back().nanoseconds, std::max(horizon_nanoseconds, step) * kMostHorizons);
  std::string lines;
  std::size_t at = 0;
  // To the first step behind the end, so that the end is among them.
  for (std::int64_t time = 0; time < end + step; time += step) {
    while (at + 1 < timeline.size() && timeline[at + 1].nanoseconds <= time) ++at;
    lines += key + "," + Seconds(time) + CurveValues(outcome, at) + "\n";
  }
  return lines;
}

std::int64_t HorizonOf(const simulate::Lifetimes& lifetimes) {
  std::int64_t horizon = 0;
  for (const auto& [key, lifetime] : lifetimes.of) {
    horizon = std::max(horizon, lifetime.arrival + lifetime.duration.value_or(0));
  }
  return horizon;
}

}  // namespace berth::sweep
