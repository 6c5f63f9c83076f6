// Two sides against each other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/compare/side.h"

namespace berth::compare {

struct Statistics {
  double mean = 0;
  double deviation = 0;  // of a sample; 0 for one value
  std::size_t count = 0;
};

// Nothing without values.
std::optional<Statistics> StatisticsOf(const std::vector<double>& values);

struct MetricRow {
  std::string name;
  std::optional<Statistics> a;  // nothing: this side does not have it
  std::optional<Statistics> b;
};

struct PodRow {
  std::string pod;  // namespace/name
  PodEnd a;
  PodEnd b;
};

struct Comparison {
  std::string a;
  std::string b;
  std::vector<MetricRow> metrics;  // those of a in their order, then those that only b has
  bool has_pods = false;
  // By namespace/name; only pods that both sides know.
  std::vector<PodRow> moved;
  std::vector<PodRow> newly_placed;      // b has a node for it, a has none
  std::vector<PodRow> no_longer_placed;  // the other way round
  std::size_t same = 0;
  std::size_t only_a = 0;  // pods that b does not know
  std::size_t only_b = 0;
};

Comparison Compare(const Side& a, const Side& b);

// For people; of each list of pods the first twenty.
std::string TableText(const Comparison& comparison);
// Everything.
std::string JsonText(const Comparison& comparison);

}  // namespace berth::compare
