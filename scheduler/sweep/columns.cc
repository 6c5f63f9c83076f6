#include "scheduler/sweep/columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace berth::sweep {

std::vector<std::string> ValueColumns(const simulate::CsvTable& table) {
  std::vector<std::string> columns;
  for (const std::string_view column : table.columns()) {
    if (std::ranges::find(kKeyColumns, column) == kKeyColumns.end()) columns.emplace_back(column);
  }
  return columns;
}

base::Result<std::optional<double>> NumberAt(const simulate::CsvTable& table,
                                             std::string_view column) {
  const std::string_view text = table.Text(column);
  if (text.empty()) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value)) {
    return std::unexpected(table.ErrorAt(column, "is not a number"));
  }
  return value;
}

}  // namespace berth::sweep
