#include "scheduler/sweep/published.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/text.h"
#include "scheduler/simulate/csv.h"
#include "scheduler/simulate/files.h"
#include "scheduler/sweep/columns.h"

namespace berth::sweep {
namespace {

using base::Result;
using report::PublishedFigure;
using simulate::CsvTable;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

// What a column may be called.
std::set<std::string> FigureNames(const RunLines& headers) {
  std::set<std::string> names;
  for (const std::string& header : {headers.runs, headers.timings}) {
    for (const std::string& name : ValueColumns(CsvTable(header))) names.insert(name);
  }
  return names;
}

// The columns of figures.
Result<std::vector<std::string>> CheckHeader(const CsvTable& table, const RunLines& headers) {
  const std::set<std::string> known = FigureNames(headers);
  std::set<std::string_view> seen;
  for (const std::string_view column : table.columns()) {
    const bool is_key = column == "workload" || column == "profile";
    if (!is_key && !known.contains(std::string(column))) {
      return base::Fail("column \"" + base::Printable(column) + "\": no figure of this sweep");
    }
    if (!seen.insert(column).second) {
      return base::Fail("column " + std::string(column) + " is there twice");
    }
  }
  for (const char* const column : {"workload", "profile"}) {
    if (!seen.contains(column)) return base::Fail(std::string("no column ") + column);
  }
  return ValueColumns(table);
}

Result<std::string> NameAt(const CsvTable& table, std::string_view column,
                           const std::vector<NamedPaths>& known) {
  BERTH_ASSIGN(std::string name, table.Required(column));
  if (std::ranges::find(known, name, &NamedPaths::name) != known.end()) return name;
  return std::unexpected(table.ErrorAt(
      column, "\"" + base::Printable(name) + "\" is no " + std::string(column) + " of this sweep"));
}

}  // namespace

Result<std::vector<PublishedFigure>> ParsePublished(std::string_view text, const SweepFile& file,
                                                    const RunLines& headers) {
  CsvTable table(text);
  BERTH_ASSIGN(const std::vector<std::string> columns, CheckHeader(table, headers));
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<PublishedFigure> published;
  while (true) {
    BERTH_ASSIGN(const bool more, table.Next());
    if (!more) return published;
    BERTH_ASSIGN(const std::string workload, NameAt(table, "workload", file.workloads));
    BERTH_ASSIGN(const std::string profile, NameAt(table, "profile", file.profiles));
    if (!seen.insert({workload, profile}).second) {
      return std::unexpected(table.ErrorAt("profile", "is the second line for the same"));
    }
    for (const std::string& column : columns) {
      BERTH_ASSIGN(const auto value, NumberAt(table, column));
      if (value) published.push_back({workload, profile, column, *value});
    }
  }
}

Result<std::vector<PublishedFigure>> ReadPublished(const SweepFile& file, const RunLines& headers) {
  if (file.published.empty()) return std::vector<PublishedFigure>();
  BERTH_ASSIGN(const api::PaddedText text, simulate::LoadFile(file.published, kMaxBytes));
  auto published = ParsePublished(text.view(), file, headers);
  if (!published) return std::unexpected(published.error().Within(file.published));
  return published;
}

}  // namespace berth::sweep
