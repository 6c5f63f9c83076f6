#include "scheduler/compare/side.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "scheduler/compare/csv_rows.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/json_output.h"

namespace berth::compare {
namespace {

namespace fs = std::filesystem;
using base::Result;
using nlohmann::json;

std::string PathOf(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

// ---- A simulation ----

void AddNumber(const json& object, const char* field, std::string name, Side& side) {
  const auto it = object.find(field);
  if (it == object.end() || !it->is_number()) return;
  side.metrics.push_back({std::move(name), {it->get<double>()}});
}

void AddObject(const json& document, const char* object, Side& side,
               std::initializer_list<std::pair<const char*, const char*>> fields) {
  const auto it = document.find(object);
  if (it == document.end() || !it->is_object()) return;
  for (const auto& [field, name] : fields) AddNumber(*it, field, name, side);
}

void AddUtilization(const json& document, Side& side) {
  const auto list = document.find("utilization");
  if (list == document.end() || !list->is_array()) return;
  for (const json& use : *list) {
    if (!use.is_object()) continue;
    const auto resource = use.find("resource");
    if (resource == use.end() || !resource->is_string()) continue;
    const std::string name = resource->get<std::string>() + "_utilization_";
    AddNumber(use, "mean", name + "mean", side);
    AddNumber(use, "min", name + "min", side);
    AddNumber(use, "max", name + "max", side);
    AddNumber(use, "standardDeviation", name + "sd", side);
  }
}

// Of a run in virtual time.
void AddTime(const json& document, Side& side) {
  const auto time = document.find("time");
  if (time == document.end() || !time->is_object()) return;
  AddObject(document, "time", side,
            {{"makespanSeconds", "makespan_seconds"},
             {"finished", "pods_finished"},
             {"lost", "pods_lost"}});
  AddObject(*time, "waitingSeconds", side,
            {{"p50", "waiting_p50_seconds"},
             {"p90", "waiting_p90_seconds"},
             {"p99", "waiting_p99_seconds"},
             {"max", "waiting_max_seconds"}});
}

Result<void> AddSummary(std::string_view text, Side& side) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return base::Fail("is not the summary of a simulation");
  AddObject(document, "pods", side,
            {{"total", "pods"},
             {"placed", "pods_placed"},
             {"unschedulable", "pods_unschedulable"},
             {"gated", "pods_gated"},
             {"evicted", "pods_evicted"}});
  AddObject(document, "nodes", side, {{"total", "nodes"}, {"used", "nodes_used"}});
  AddUtilization(document, side);
  AddTime(document, side);
  const auto timings = document.find("timings");
  if (timings == document.end() || !timings->is_object()) return {};
  AddObject(*timings, "decisionLatencyNanoseconds", side,
            {{"p50", "decision_p50_nanoseconds"}, {"p99", "decision_p99_nanoseconds"}});
  return {};
}

Result<void> AddPods(const std::string& path, const char* node, const char* message, Side& side) {
  BERTH_ASSIGN(const CsvRows rows, ReadCsv(path));
  BERTH_ASSIGN(const auto namespace_column, rows.Column("namespace"));
  BERTH_ASSIGN(const auto pod_column, rows.Column("pod"));
  BERTH_ASSIGN(const auto column, rows.Column(node != nullptr ? node : message));
  for (const auto& row : rows.rows) {
    PodEnd& end = side.pods[row[namespace_column] + "/" + row[pod_column]];
    end = {};
    (node != nullptr ? end.node : end.message) = row[column];
  }
  return {};
}

Result<Side> ReadReport(const std::string& folder) {
  Side side{folder, {}, true, {}};
  const std::string path = PathOf(folder, "summary.json");
  BERTH_ASSIGN(const api::PaddedText text, simulate::LoadFile(path));
  if (auto added = AddSummary(text.view(), side); !added) {
    return std::unexpected(added.error().Within(path));
  }
  // A pod that was evicted and got another node stands in both.
  BERTH_TRY(AddPods(PathOf(folder, "failures.csv"), nullptr, "message", side));
  BERTH_TRY(AddPods(PathOf(folder, "placements.csv"), "node", nullptr, side));
  return side;
}

// ---- A sweep ----

Result<double> NumberIn(const std::string& text, const std::string& path, std::size_t row) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0') return value;
  return base::Fail(path + ": row " + std::to_string(row + 1) + ": \"" + text +
                    "\" is not a number");
}

Result<void> AddRuns(const std::string& path, Side& side) {
  BERTH_ASSIGN(const CsvRows rows, ReadCsv(path));
  BERTH_ASSIGN(const auto workload, rows.Column("workload"));
  BERTH_ASSIGN(const auto profile, rows.Column("profile"));
  BERTH_ASSIGN(const auto seed, rows.Column("seed"));
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto& row = rows.rows[i];
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (column == workload || column == profile || column == seed || row[column].empty()) {
        continue;
      }
      const std::string name = row[workload] + " " + row[profile] + " " + rows.header[column];
      const auto [it, is_new] = known.try_emplace(name, side.metrics.size());
      if (is_new) side.metrics.push_back({name, {}});
      BERTH_ASSIGN(const double value, NumberIn(row[column], path, i));
      side.metrics[it->second].values.push_back(value);
    }
  }
  return {};
}

Result<Side> ReadSweep(const std::string& folder) {
  Side side{folder, {}, false, {}};
  BERTH_TRY(AddRuns(PathOf(folder, "runs.csv"), side));
  BERTH_TRY(AddRuns(PathOf(folder, "timings.csv"), side));
  return side;
}

}  // namespace

Result<Side> ReadFolder(const std::string& folder) {
  std::error_code error;
  if (fs::exists(PathOf(folder, "summary.json"), error)) return ReadReport(folder);
  if (fs::exists(PathOf(folder, "runs.csv"), error)) return ReadSweep(folder);
  return base::Fail(folder +
                    ": has neither the summary.json of berth simulate --report nor the "
                    "runs.csv of berth sweep");
}

Side SideOf(std::string name, const simulate::Summary& summary) {
  Side side{std::move(name), {}, true, {}};
  // What is written as a report is what is compared.
  if (!AddSummary(simulate::JsonOutput(summary), side)) side.metrics.clear();
  for (const auto& failure : summary.failures) {
    side.pods[failure.namespace_name + "/" + failure.pod] = {"", failure.message};
  }
  for (const auto& placement : summary.placements) {
    side.pods[placement.namespace_name + "/" + placement.pod] = {placement.node, ""};
  }
  return side;
}

}  // namespace berth::compare
