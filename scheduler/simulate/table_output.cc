#include "scheduler/simulate/table_output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

#include "scheduler/base/text.h"
#include "scheduler/base/text_table.h"
#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/virtual_time.h"

namespace berth::simulate {

using base::Align;
using base::Printable;

namespace {

// More lines than this hide the first ones; the report files have them all.
constexpr std::size_t kMaxReasons = 20;

template <typename... Args>
std::string Format(const char* format, Args... args) {
  std::array<char, 128> buffer;
  const int length = std::snprintf(buffer.data(), buffer.size(), format, args...);
  const auto kept = std::min(static_cast<std::size_t>(std::max(length, 0)), buffer.size() - 1);
  return std::string(buffer.data(), kept);
}

// 1234567 -> "1,234,567".
std::string Grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t end = digits.size(); end > first + 3;) {
    end -= 3;
    digits.insert(end, ",");
  }
  return digits;
}

std::string Percent(double ratio) { return Format("%.1f%%", ratio * 100); }

// "3.2 GiB": three digits are enough to compare by eye.
std::string Bytes(std::int64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; (value >= 1024 || value <= -1024) && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return Format(unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
}

std::string Amount(std::string_view resource, std::int64_t value) {
  const std::string_view unit = UnitOf(resource);
  if (unit == "millicores") return Format("%.1f cores", static_cast<double>(value) / 1000);
  if (unit == "bytes") return Bytes(value);
  return Grouped(value);
}

std::string Time(std::int64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  if (value < 1e3) return Format("%.0f ns", value);
  if (value < 1e6) return Format("%.1f us", value / 1e3);
  if (value < 1e9) return Format("%.1f ms", value / 1e6);
  return Format("%.2f s", value / 1e9);
}

// ---- The sections ----

std::string VerdictLine(const Summary& summary) {
  const VerdictCounts& counts = summary.counts;
  std::string line = summary.interrupted ? "Interrupted: " : "";
  line += Grouped(counts.placed) + " of " + Grouped(counts.Total()) + " pods placed, " +
          Grouped(counts.unschedulable) + " unschedulable, " + Grouped(counts.gated) + " gated";
  if (counts.not_tried > 0) line += ", " + Grouped(counts.not_tried) + " not tried";
  if (counts.other_scheduler > 0) {
    line += ", " + Grouped(counts.other_scheduler) + " left to other schedulers";
  }
  return line + "\n";
}

std::string NodesSection(const Summary& summary) {
  const auto total = static_cast<std::int64_t>(summary.nodes.size());
  const std::int64_t used = UsedNodes(summary);
  return "\nNodes: " + Grouped(total) + ", " + Grouped(used) + " used, " + Grouped(total - used) +
         " empty\n";
}

std::string UtilizationSection(const Summary& summary) {
  using enum Align;
  base::TextTable table({kLeft, kRight, kRight, kRight, kRight, kRight, kRight});
  table.Add({"RESOURCE", "REQUESTED", "ALLOCATABLE", "MEAN", "MIN", "MAX", "STDDEV"});
  for (const Utilization& use : UtilizationOf(summary)) {
    const std::string requested = Amount(use.resource, use.requested);
    const std::string allocatable = Amount(use.resource, use.allocatable);
    table.Add({Printable(use.resource), requested, allocatable, Percent(use.mean), Percent(use.min),
               Percent(use.max), Percent(use.standard_deviation)});
  }
  return "\nUtilisation (requested / allocatable, over nodes)\n" + table.ToString();
}

// "3d 4h 5m 6s": two units are enough to compare by eye.
std::string Span(std::int64_t nanoseconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const std::int64_t seconds = nanoseconds / 1'000'000'000;
  if (seconds < kMinute) return Seconds(nanoseconds) + " s";
  const auto two = [&](std::int64_t large, const char* name, std::int64_t small,
                       const char* small_name) {
    std::string text = Grouped(seconds / large) + " " + name;
    const std::int64_t rest = seconds % large / small;
    return rest > 0 ? text + " " + std::to_string(rest) + " " + small_name : text;
  };
  if (seconds < kHour) return two(kMinute, "min", 1, "s");
  return seconds < kDay ? two(kHour, "h", kMinute, "min") : two(kDay, "d", kHour, "h");
}

std::string TimeSection(const VirtualTime& time) {
  const TimeFigures figures = FiguresOf(time);
  const Instant& last = figures.last;
  const Latency& waiting = figures.waiting;
  std::string out = "\nVirtual time: " + Span(figures.makespan) + " from " + Printable(time.begin) +
                    "; " + Grouped(last.arrived) + " pods arrived, " + Grouped(last.finished) +
                    " finished, " + Grouped(last.running) + " running, " + Grouped(last.pending) +
                    " pending, " + Grouped(last.lost) + " lost\n";
  out += "Waiting time of " + Grouped(figures.ran) + " pods: p50 " + Span(waiting.p50_nanoseconds) +
         ", p90 " + Span(waiting.p90_nanoseconds) + ", p99 " + Span(waiting.p99_nanoseconds) +
         ", max " + Span(waiting.max_nanoseconds) + "\n";
  out += "Most pods waiting at one time: " + Grouped(figures.most_pending);
  if (figures.most_pending > 0) out += " (after " + Span(figures.most_pending_at) + ")";
  out += "; most nodes in use: " + Grouped(figures.most_nodes_used) + "\n";
  using enum Align;
  base::TextTable table({kLeft, kRight, kRight});
  table.Add({"RESOURCE", "MEAN", "PEAK"});
  for (const auto& [resource, mean, peak] : figures.uses) {
    table.Add({Printable(resource), Percent(mean), Percent(peak)});
  }
  return out + "\nAllocation over virtual time (of all nodes)\n" + table.ToString();
}

std::string FailureSection(const Summary& summary) {
  const std::vector<FailureCount> counts = SortedFailureCounts(summary);
  if (counts.empty()) return "";
  using enum Align;
  base::TextTable table({kRight, kRight, kLeft, kLeft});
  table.Add({"PODS", "NODES", "PLUGIN", "REASON"});
  const std::size_t shown = std::min(counts.size(), kMaxReasons);
  for (const FailureCount& count : std::span(counts).first(shown)) {
    table.Add({Grouped(count.pods), Grouped(count.nodes), Printable(count.plugin),
               Printable(count.reason)});
  }
  std::string out = "\nWhy pods did not fit\n" + table.ToString();
  if (shown < counts.size()) {
    out += "and " + Grouped(static_cast<std::int64_t>(counts.size() - shown)) + " more reasons\n";
  }
  return out;
}

std::string TimingsSection(const Timings& timings) {
  const auto rate = static_cast<std::int64_t>(timings.PodsPerSecond());
  const Latency& latency = timings.latency;
  return Format("\nLoaded in %.2f s, ", timings.load_seconds) + Grouped(timings.decisions) +
         Format(" decisions in %.3f s: ", timings.schedule_seconds) + Grouped(rate) +
         " pods/s\nDecision latency: p50 " + Time(latency.p50_nanoseconds) + ", p90 " +
         Time(latency.p90_nanoseconds) + ", p99 " + Time(latency.p99_nanoseconds) + ", max " +
         Time(latency.max_nanoseconds) + "\n";
}

}  // namespace

std::string TableOutput(const Summary& summary) {
  const std::string time = summary.time == nullptr ? "" : TimeSection(*summary.time);
  return VerdictLine(summary) + time + NodesSection(summary) + UtilizationSection(summary) +
         FailureSection(summary) + TimingsSection(summary.timings);
}

}  // namespace berth::simulate
