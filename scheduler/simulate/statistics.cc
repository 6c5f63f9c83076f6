#include "scheduler/simulate/statistics.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace berth::simulate {
namespace {

double RoundedToMillionths(double value) { return std::round(value * 1e6) / 1e6; }

std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

// Fills the figures over nodes from one ratio a node.
void Describe(const std::vector<double>& ratios, Utilization& out) {
  out.nodes = static_cast<std::int64_t>(ratios.size());
  if (ratios.empty()) return;
  const Eigen::Map<const Eigen::ArrayXd> values(ratios.data(),
                                                static_cast<Eigen::Index>(ratios.size()));
  const double mean = values.mean();
  out.mean = RoundedToMillionths(mean);
  out.min = RoundedToMillionths(values.minCoeff());
  out.max = RoundedToMillionths(values.maxCoeff());
  out.standard_deviation = RoundedToMillionths(std::sqrt((values - mean).square().mean()));
}

Utilization UtilizationOfColumn(const Summary& summary, std::size_t column) {
  Utilization out;
  out.resource = summary.resources[column];
  std::vector<double> ratios;
  for (const NodeRow& node : summary.nodes) {
    const ResourceUse& use = node.resources[column];
    out.requested = SaturatingAdd(out.requested, use.requested);
    out.allocatable = SaturatingAdd(out.allocatable, use.allocatable);
    if (use.allocatable <= 0) continue;
    ratios.push_back(static_cast<double>(use.requested) / static_cast<double>(use.allocatable));
  }
  Describe(ratios, out);
  return out;
}

}  // namespace

std::vector<Utilization> UtilizationOf(const Summary& summary) {
  std::vector<Utilization> utilization;
  for (std::size_t column = 0; column < summary.resources.size(); ++column) {
    utilization.push_back(UtilizationOfColumn(summary, column));
  }
  return utilization;
}

std::int64_t UsedNodes(const Summary& summary) {
  return std::ranges::count_if(summary.nodes, [](const NodeRow& node) { return node.pods > 0; });
}

std::vector<FailureCount> SortedFailureCounts(const Summary& summary) {
  std::vector<FailureCount> counts = summary.failure_counts;
  std::ranges::sort(counts, [](const FailureCount& a, const FailureCount& b) {
    return std::tie(b.pods, b.nodes, a.plugin, a.reason) <
           std::tie(a.pods, a.nodes, b.plugin, b.reason);
  });
  return counts;
}

Latency LatencyOf(std::vector<std::int64_t> nanoseconds) {
  if (nanoseconds.empty()) return {};
  std::ranges::sort(nanoseconds);
  const auto at = [&](std::size_t percent) {
    const std::size_t rank = (nanoseconds.size() * percent + 99) / 100;
    return nanoseconds[std::max<std::size_t>(rank, 1) - 1];
  };
  return {at(50), at(90), at(99), nanoseconds.back()};
}

std::string_view UnitOf(std::string_view resource) {
  if (resource == "cpu") return "millicores";
  const bool bytes =
      resource == "memory" || resource == "ephemeral-storage" || resource.starts_with("hugepages-");
  return bytes ? "bytes" : "count";
}

}  // namespace berth::simulate
