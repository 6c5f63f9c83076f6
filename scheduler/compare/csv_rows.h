// A whole table in memory, with quoted fields (RFC 4180).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::compare {

struct CsvRows {
  std::string path;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header

  // The position of a column; fails where there is none.
  base::Result<std::size_t> Column(std::string_view name) const;
};

// Errors name the file and the row, the header being row 0.
base::Result<CsvRows> ReadCsv(const std::string& path);
base::Result<CsvRows> ParseCsv(std::string_view text, const std::string& path);

}  // namespace berth::compare
