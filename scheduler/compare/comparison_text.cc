#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "scheduler/base/text.h"
#include "scheduler/base/text_table.h"
#include "scheduler/compare/comparison.h"

namespace berth::compare {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownPods = 20;

// ---- Table ----

std::string Number(double value, bool with_sign = false) {
  std::array<char, 64> text;
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  const int digits = whole ? 0 : 4;
  std::snprintf(text.data(), text.size(), with_sign ? "%+.*f" : "%.*f", digits, value);
  return text.data();
}

std::string Cell(const std::optional<Statistics>& statistics) {
  if (!statistics) return "-";
  const std::string mean = Number(statistics->mean);
  return statistics->count > 1 ? mean + " ± " + Number(statistics->deviation) : mean;
}

std::string MetricsText(const Comparison& comparison) {
  using enum base::Align;
  base::TextTable table({kLeft, kRight, kRight, kRight});
  table.Add({"", "A", "B", "B - A"});
  for (const MetricRow& row : comparison.metrics) {
    const bool both = row.a && row.b;
    table.Add({base::Printable(row.name), Cell(row.a), Cell(row.b),
               both ? Number(row.b->mean - row.a->mean, true) : "-"});
  }
  return table.ToString();
}

std::string EndText(const PodEnd& end) {
  if (!end.node.empty()) return base::Printable(end.node);
  return end.message.empty() ? "not placed" : "not placed: " + base::Printable(end.message);
}

std::string PodsText(const std::string& what, const std::vector<PodRow>& rows) {
  if (rows.empty()) return "";
  std::string text = "\n" + what + "\n";
  for (std::size_t i = 0; i < std::min(rows.size(), kShownPods); ++i) {
    text += "  " + base::Printable(rows[i].pod) + "\n    A: " + EndText(rows[i].a) +
            "\n    B: " + EndText(rows[i].b) + "\n";
  }
  if (rows.size() > kShownPods) {
    text += "  and " + std::to_string(rows.size() - kShownPods) + " more (--output json)\n";
  }
  return text;
}

// ---- JSON ----

Json StatisticsJson(const std::optional<Statistics>& statistics) {
  if (!statistics) return nullptr;
  return {{"mean", statistics->mean},
          {"standardDeviation", statistics->deviation},
          {"count", statistics->count}};
}

Json EndJson(const PodEnd& end) {
  if (end.node.empty()) return {{"message", end.message}};
  return {{"node", end.node}};
}

Json PodsJson(const std::vector<PodRow>& rows) {
  Json list = Json::array();
  for (const PodRow& row : rows) {
    list.push_back({{"pod", row.pod}, {"a", EndJson(row.a)}, {"b", EndJson(row.b)}});
  }
  return list;
}

Json MetricsJson(const Comparison& comparison) {
  Json list = Json::array();
  for (const MetricRow& row : comparison.metrics) {
    const bool both = row.a && row.b;
    list.push_back({{"name", row.name},
                    {"a", StatisticsJson(row.a)},
                    {"b", StatisticsJson(row.b)},
                    {"difference", both ? Json(row.b->mean - row.a->mean) : Json(nullptr)}});
  }
  return list;
}

}  // namespace

std::string TableText(const Comparison& comparison) {
  std::string text = "A: " + base::Printable(comparison.a) +
                     "\nB: " + base::Printable(comparison.b) + "\n\n" + MetricsText(comparison);
  if (!comparison.has_pods) return text;
  text += "\nPods: " + std::to_string(comparison.same) + " as before, " +
          std::to_string(comparison.moved.size()) + " moved, " +
          std::to_string(comparison.newly_placed.size()) + " newly placed, " +
          std::to_string(comparison.no_longer_placed.size()) + " no longer placed";
  if (comparison.only_a > 0) text += ", " + std::to_string(comparison.only_a) + " only in A";
  if (comparison.only_b > 0) text += ", " + std::to_string(comparison.only_b) + " only in B";
  return text + "\n" + PodsText("No longer placed:", comparison.no_longer_placed) +
         PodsText("Newly placed:", comparison.newly_placed) + PodsText("Moved:", comparison.moved);
}

std::string JsonText(const Comparison& comparison) {
  Json document = {{"schemaVersion", 1},
                   {"a", comparison.a},
                   {"b", comparison.b},
                   {"metrics", MetricsJson(comparison)}};
  if (comparison.has_pods) {
    document["pods"] = {{"same", comparison.same},
                        {"onlyA", comparison.only_a},
                        {"onlyB", comparison.only_b},
                        {"moved", PodsJson(comparison.moved)},
                        {"newlyPlaced", PodsJson(comparison.newly_placed)},
                        {"noLongerPlaced", PodsJson(comparison.no_longer_placed)}};
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace berth::compare
