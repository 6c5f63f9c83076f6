#include "scheduler/report/sweep_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "scheduler/report/page.h"

namespace berth::report {
namespace {

using nlohmann::json;

using Curve = std::vector<CurvePoint>;
// The runs of one workload with one profile: one a seed.
using Group = std::vector<const SweepRun*>;

struct Groups {
  std::vector<std::string> workloads;
  std::vector<std::string> profiles;
  std::map<std::pair<std::string, std::string>, Group> runs;

  // Rows are workloads, columns profiles; null where there is nothing.
  template <typename Function>
  json Table(Function of_group) const {
    json rows = json::array();
    for (const auto& workload : workloads) {
      json row = json::array();
      for (const auto& profile : profiles) {
        const auto it = runs.find({workload, profile});
        row.push_back(it == runs.end() ? json() : of_group(it->second));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }
};

void AddOnce(const std::string& name, std::set<std::string>& seen, std::vector<std::string>& out) {
  if (seen.insert(name).second) out.push_back(name);
}

Groups GroupsOf(const SweepData& data) {
  Groups groups;
  std::set<std::string> workloads;
  std::set<std::string> profiles;
  for (const SweepRun& run : data.runs) {
    AddOnce(run.workload, workloads, groups.workloads);
    AddOnce(run.profile, profiles, groups.profiles);
    groups.runs[{run.workload, run.profile}].push_back(&run);
  }
  return groups;
}

// More than what is shown, and a third of the digits that a mean has.
double Rounded(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.7g", value);
  return std::strtod(text.data(), nullptr);
}

double MeanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Of a sample; 0 for one value.
double DeviationOf(std::span<const double> values, double mean) {
  if (values.size() < 2) return 0;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// ---- Figures ----

using Published = std::map<std::tuple<std::string, std::string, std::string>, double>;

json FigureOf(const Group& group, std::size_t position, const std::string& name,
              const Published& published) {
  std::vector<double> values;
  for (const SweepRun* run : group) {
    if (position < run->figures.size() && std::isfinite(run->figures[position])) {
      values.push_back(run->figures[position]);
    }
  }
  if (values.empty()) return {};
  const double mean = MeanOf(values);
  json figure = {{"mean", Rounded(mean)},
                 {"deviation", Rounded(DeviationOf(values, mean))},
                 {"count", values.size()}};
  const auto it = published.find({group.front()->workload, group.front()->profile, name});
  if (it != published.end()) figure["published"] = it->second;
  return figure;
}

bool HasValues(const json& table) {
  return std::ranges::any_of(table, [](const json& row) {
    return std::ranges::any_of(row, [](const json& cell) { return !cell.is_null(); });
  });
}

json FiguresOf(const SweepData& data, const Groups& groups) {
  Published published;
  for (const auto& figure : data.published) {
    if (!std::isfinite(figure.value)) continue;
    published[{figure.workload, figure.profile, figure.figure}] = figure.value;
  }
  json figures = json::array();
  for (std::size_t i = 0; i < data.figures.size(); ++i) {
    json table = groups.Table(
        [&](const Group& group) { return FigureOf(group, i, data.figures[i], published); });
    if (!HasValues(table)) continue;
    figures.push_back({{"name", data.figures[i]}, {"table", std::move(table)}});
  }
  return figures;
}

// ---- Curves ----

// One curve, read from left to right: its value at x is that of the last point up to there.
class Reader {
 public:
  explicit Reader(const Curve& curve) : curve_(curve) {}

  // NaN before the first point. Never ask for a smaller x than before.
  double At(double x) {
    for (; next_ < curve_.size() && curve_[next_].x <= x; ++next_) {
      if (std::isfinite(curve_[next_].y)) value_ = curve_[next_].y;
    }
    return value_;
  }

 private:
  const Curve& curve_;
  std::size_t next_ = 0;
  double value_ = std::nan("");
};

// The mean over seeds, with the least and the most.
json LineOf(const Group& group, std::size_t position) {
  std::vector<Reader> readers;
  std::set<double> xs;
  for (const SweepRun* run : group) {
    if (position >= run->curves.size()) continue;
    readers.emplace_back(run->curves[position]);
    for (const CurvePoint& point : run->curves[position]) {
      if (std::isfinite(point.x)) xs.insert(point.x);
    }
  }
  json points = json::array();
  for (const double x : xs) {
    std::vector<double> values;
    for (Reader& reader : readers) {
      if (const double value = reader.At(x); std::isfinite(value)) values.push_back(value);
    }
    if (values.empty()) continue;
    const auto [least, most] = std::ranges::minmax(values);
    points.push_back({x, Rounded(MeanOf(values)), least, most});
  }
  return points.empty() ? json() : points;
}

json CurvesOf(const SweepData& data, const Groups& groups) {
  json curves = json::array();
  for (std::size_t i = 0; i < data.curves.size(); ++i) {
    json table = groups.Table([i](const Group& group) { return LineOf(group, i); });
    if (!HasValues(table)) continue;
    curves.push_back({{"name", data.curves[i]}, {"table", std::move(table)}});
  }
  return curves;
}

std::size_t SeedsOf(const SweepData& data) {
  std::set<std::uint64_t> seeds;
  for (const SweepRun& run : data.runs) seeds.insert(run.seed);
  return seeds.size();
}

}  // namespace

std::string SweepJson(const SweepData& data) {
  const Groups groups = GroupsOf(data);
  const json out = {{"kind", "sweep"},
                    {"runs", data.runs.size()},
                    {"seeds", SeedsOf(data)},
                    {"workloads", groups.workloads},
                    {"profiles", groups.profiles},
                    {"figures", FiguresOf(data, groups)},
                    {"curves", CurvesOf(data, groups)},
                    {"xLabel", data.x_label}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Result<std::string> SweepPage(const SweepData& data) {
  return MakePage("Berth sweep", SweepJson(data));
}

}  // namespace berth::report
