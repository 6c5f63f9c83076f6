#include "scheduler/simulate/virtual_time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "scheduler/simulate/report_files.h"
#include "scheduler/simulate/statistics.h"

namespace berth::simulate {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

double ShareOf(std::int64_t used, std::int64_t capacity) {
  return capacity > 0 ? static_cast<double>(used) / static_cast<double>(capacity) : 0;
}

double RoundedToMillionths(double value) { return std::round(value * 1e6) / 1e6; }

// Each level holds until the next instant.
TimeFigures::Use UseOf(const VirtualTime& time, std::size_t column, std::int64_t makespan) {
  const auto& [resource, capacity] = time.resources[column];
  TimeFigures::Use use{.resource = resource};
  double sum = 0;
  const auto& timeline = time.timeline;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const double share = ShareOf(timeline[i].used[column], capacity);
    use.peak = std::max(use.peak, share);
    if (i + 1 == timeline.size()) break;
    sum += share * static_cast<double>(timeline[i + 1].nanoseconds - timeline[i].nanoseconds);
  }
  use.mean = makespan > 0 ? sum / static_cast<double>(makespan) : use.peak;
  use.mean = RoundedToMillionths(use.mean);
  use.peak = RoundedToMillionths(use.peak);
  return use;
}

Latency WaitingOf(const VirtualTime& time, std::int64_t& ran) {
  std::vector<std::int64_t> waited;
  for (const PodTimes& pod : time.pods) {
    if (pod.started) waited.push_back(pod.waited);
  }
  ran = static_cast<std::int64_t>(waited.size());
  return LatencyOf(std::move(waited));
}

std::string Percent(double share) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.4f", share * 100);
  return text.data();
}

std::string SecondsOrNothing(const std::optional<std::int64_t>& nanoseconds) {
  return nanoseconds ? Seconds(*nanoseconds) : "";
}

}  // namespace

std::string Seconds(std::int64_t nanoseconds) {
  std::array<char, 64> text;
  const std::int64_t rest = std::abs(nanoseconds % kSecond);
  std::snprintf(text.data(), text.size(), "%s%lld.%09lld",
                nanoseconds < 0 && nanoseconds > -kSecond ? "-" : "",
                static_cast<long long>(nanoseconds / kSecond), static_cast<long long>(rest));
  std::string out = text.data();
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

TimeFigures FiguresOf(const VirtualTime& time) {
  TimeFigures figures;
  figures.waiting = WaitingOf(time, figures.ran);
  for (const Instant& instant : time.timeline) {
    figures.most_nodes_used = std::max(figures.most_nodes_used, instant.nodes_used);
    if (instant.pending <= figures.most_pending) continue;
    figures.most_pending = instant.pending;
    figures.most_pending_at = instant.nanoseconds;
  }
  if (!time.timeline.empty()) figures.last = time.timeline.back();
  figures.makespan = figures.last.nanoseconds;
  for (std::size_t column = 0; column < time.resources.size(); ++column) {
    figures.uses.push_back(UseOf(time, column, figures.makespan));
  }
  return figures;
}

std::string TimelineCsv(const VirtualTime& time) {
  std::string out = "time_seconds,arrived,running,pending,finished,lost,nodes_used";
  for (const auto& [resource, capacity] : time.resources) {
    out += "," + CsvField(resource + "_requested_" + std::string(UnitOf(resource)));
    out += "," + CsvField(resource + "_allocation_pct");
  }
  out += '\n';
  for (const Instant& instant : time.timeline) {
    out += Seconds(instant.nanoseconds);
    for (const std::int64_t count : {instant.arrived, instant.running, instant.pending,
                                     instant.finished, instant.lost, instant.nodes_used}) {
      out += "," + std::to_string(count);
    }
    for (std::size_t column = 0; column < time.resources.size(); ++column) {
      const std::int64_t used = instant.used[column];
      out += "," + std::to_string(used) + "," +
             Percent(ShareOf(used, time.resources[column].capacity));
    }
    out += '\n';
  }
  return out;
}

std::string PodTimesCsv(const VirtualTime& time) {
  std::string out =
      "namespace,pod,node,arrived_seconds,started_seconds,finished_seconds,waited_seconds,"
      "attempts\n";
  for (const PodTimes& pod : time.pods) {
    out += CsvField(pod.namespace_name) + "," + CsvField(pod.pod) + "," + CsvField(pod.node) + "," +
           Seconds(pod.arrived) + "," + SecondsOrNothing(pod.started) + "," +
           SecondsOrNothing(pod.finished) + "," + Seconds(pod.waited) + "," +
           std::to_string(pod.attempts) + "\n";
  }
  return out;
}

}  // namespace berth::simulate
