// Columns of the tables that a sweep writes and reads.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/simulate/csv.h"

namespace berth::sweep {

// What every table of results begins with, and what names a run.
inline constexpr std::array<std::string_view, 3> kKeyColumns = {"workload", "profile", "seed"};

// All but these.
std::vector<std::string> ValueColumns(const simulate::CsvTable& table);

// Of the current line: nothing where the field is empty. Fails on what is no finite number.
base::Result<std::optional<double>> NumberAt(const simulate::CsvTable& table,
                                             std::string_view column);

}  // namespace berth::sweep
