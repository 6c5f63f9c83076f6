#include "scheduler/sweep/page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "scheduler/simulate/csv.h"
#include "scheduler/sweep/columns.h"

namespace berth::sweep {
namespace {

using base::Result;
using report::SweepData;
using report::SweepRun;
using simulate::CsvTable;

// What curves are drawn over.
struct Axis {
  std::string_view column;
  std::string_view label;
};

Axis AxisOf(const SweepFile& file) {
  if (file.order == simulate::ArrivalOrder::kTime) return {"time_seconds", "virtual time, seconds"};
  return {"arrived_pct", "arrived, % of what there is"};
}

Result<std::string> KeyOf(const CsvTable& table) {
  std::string key;
  for (const std::string_view column : kKeyColumns) {
    BERTH_ASSIGN(const std::string text, table.Required(column));
    key += text + ",";
  }
  return key;
}

// Columns of numbers, which may be empty.
Result<void> AppendNumbers(const CsvTable& table, std::span<const std::string> columns,
                           std::vector<double>& out) {
  for (const std::string& column : columns) {
    BERTH_ASSIGN(const auto value, NumberAt(table, column));
    out.push_back(value.value_or(std::nan("")));
  }
  return {};
}

// Reads the three tables one after the other; runs.csv says which runs there are.
class Reader {
 public:
  Result<void> ReadRuns(std::string_view text) {
    CsvTable table(text);
    const auto columns = ValueColumns(table);
    while (true) {
      BERTH_ASSIGN(const bool more, table.Next());
      if (!more) break;
      SweepRun run;
      BERTH_ASSIGN(const std::string key, KeyOf(table));
      run.workload = table.Text("workload");
      run.profile = table.Text("profile");
      BERTH_ASSIGN(const std::int64_t seed,
                   table.Integer("seed", std::numeric_limits<std::int64_t>::max()));
      run.seed = static_cast<std::uint64_t>(seed);
      BERTH_TRY(AppendNumbers(table, columns, run.figures));
      runs_.emplace(key, data_.runs.size());
      data_.runs.push_back(std::move(run));
    }
    data_.figures = columns;
    return {};
  }

  Result<void> ReadTimings(std::string_view text) {
    CsvTable table(text);
    const auto columns = ValueColumns(table);
    while (true) {
      BERTH_ASSIGN(const bool more, table.Next());
      if (!more) break;
      BERTH_ASSIGN(SweepRun* const run, RunOf(table));
      if (run != nullptr) BERTH_TRY(AppendNumbers(table, columns, run->figures));
    }
    data_.figures.insert(data_.figures.end(), columns.begin(), columns.end());
    return {};
  }

  Result<void> ReadCurves(std::string_view text, std::string_view axis) {
    CsvTable table(text);
    std::vector<std::string> columns = ValueColumns(table);
    std::erase(columns, axis);
    while (true) {
      BERTH_ASSIGN(const bool more, table.Next());
      if (!more) break;
      BERTH_ASSIGN(SweepRun* const run, RunOf(table));
      if (run == nullptr) continue;
      BERTH_ASSIGN(const auto x, NumberAt(table, axis));
      run->curves.resize(columns.size());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        BERTH_ASSIGN(const auto value, NumberAt(table, columns[i]));
        if (x && value) run->curves[i].push_back({*x, *value});
      }
    }
    data_.curves = std::move(columns);
    return {};
  }

  SweepData Take() { return std::move(data_); }

 private:
  // Null for one that is not in runs.csv.
  Result<SweepRun*> RunOf(const CsvTable& table) {
    BERTH_ASSIGN(const std::string key, KeyOf(table));
    const auto it = runs_.find(key);
    return it == runs_.end() ? nullptr : &data_.runs[it->second];
  }

  SweepData data_;
  std::unordered_map<std::string, std::size_t> runs_;  // by key: position in data_.runs
};

// The curve of the resource by which arrivals are counted, or of the scarcest there is.
std::string MainCurve(const SweepFile& file, const SweepData& data) {
  const auto allocation = [](std::string_view resource) {
    return std::string(resource) + "_allocation_pct";
  };
  if (file.repeat_until) return allocation(file.repeat_until->resource);
  const std::string gpu = allocation("gpu");
  return std::ranges::find(data.curves, gpu) == data.curves.end() ? allocation("cpu") : gpu;
}

bool AnyRunHas(const SweepData& data, const std::string& name) {
  const auto figure =
      static_cast<std::size_t>(std::ranges::find(data.figures, name) - data.figures.begin());
  return std::ranges::any_of(data.runs, [figure](const SweepRun& run) {
    return figure < run.figures.size() && std::isfinite(run.figures[figure]);
  });
}

template <typename Value>
void PutFirst(const std::string& name, std::vector<std::string>& names,
              std::vector<Value> SweepRun::* values, std::vector<SweepRun>& runs) {
  const auto it = std::ranges::find(names, name);
  if (it == names.end()) return;
  const auto at = it - names.begin();
  std::rotate(names.begin(), it, it + 1);
  for (SweepRun& run : runs) {
    auto& of_run = run.*values;
    if (std::ssize(of_run) > at) {
      std::rotate(of_run.begin(), of_run.begin() + at, of_run.begin() + at + 1);
    }
  }
}

Result<void> Within(const char* table, const Result<void>& read) {
  if (!read) return std::unexpected(read.error().Within(table));
  return {};
}

}  // namespace

Result<SweepData> PictureOf(const SweepFile& file, const RunLines& tables,
                            std::vector<report::PublishedFigure> published) {
  const Axis axis = AxisOf(file);
  Reader reader;
  BERTH_TRY(Within("runs.csv", reader.ReadRuns(tables.runs)));
  BERTH_TRY(Within("timings.csv", reader.ReadTimings(tables.timings)));
  BERTH_TRY(Within("curves.csv", reader.ReadCurves(tables.curves, axis.column)));
  SweepData data = reader.Take();
  data.x_label = axis.label;
  data.published = std::move(published);
  const std::string main = MainCurve(file, data);
  const std::string first = AnyRunHas(data, main + "_at_100") ? main + "_at_100" : "placed";
  PutFirst(first, data.figures, &SweepRun::figures, data.runs);
  PutFirst(main, data.curves, &SweepRun::curves, data.runs);
  return data;
}

}  // namespace berth::sweep
