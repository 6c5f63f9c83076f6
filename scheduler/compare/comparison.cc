#include "scheduler/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace berth::compare {
namespace {

void CompareMetrics(const Side& a, const Side& b, Comparison& out) {
  std::map<std::string, std::size_t> rows;
  for (const Metric& metric : a.metrics) {
    rows.emplace(metric.name, out.metrics.size());
    out.metrics.push_back({metric.name, StatisticsOf(metric.values), std::nullopt});
  }
  for (const Metric& metric : b.metrics) {
    const auto [it, is_new] = rows.try_emplace(metric.name, out.metrics.size());
    if (is_new) out.metrics.push_back({metric.name, std::nullopt, std::nullopt});
    out.metrics[it->second].b = StatisticsOf(metric.values);
  }
}

void ComparePod(const PodRow& row, Comparison& out) {
  if (row.a.node == row.b.node) {
    ++out.same;
  } else if (row.a.node.empty()) {
    out.newly_placed.push_back(row);
  } else if (row.b.node.empty()) {
    out.no_longer_placed.push_back(row);
  } else {
    out.moved.push_back(row);
  }
}

void ComparePods(const Side& a, const Side& b, Comparison& out) {
  for (const auto& [pod, end] : a.pods) {
    const auto it = b.pods.find(pod);
    if (it == b.pods.end()) {
      ++out.only_a;
    } else {
      ComparePod({pod, end, it->second}, out);
    }
  }
  out.only_b = static_cast<std::size_t>(std::ranges::count_if(
      b.pods, [&](const auto& entry) { return !a.pods.contains(entry.first); }));
}

}  // namespace

std::optional<Statistics> StatisticsOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double deviation = values.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return Statistics{mean, deviation, values.size()};
}

Comparison Compare(const Side& a, const Side& b) {
  Comparison out;
  out.a = a.name;
  out.b = b.name;
  CompareMetrics(a, b, out);
  out.has_pods = a.has_pods && b.has_pods;
  if (out.has_pods) ComparePods(a, b, out);
  return out;
}

}  // namespace berth::compare
