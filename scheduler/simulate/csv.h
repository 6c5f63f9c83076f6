// Comma-separated tables with a header line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::simulate {

// A view of a table's text, line by line. Lines end in LF or CRLF; empty lines are passed over.
// Quoted fields are refused: none of the tables that are read has any. Errors name line and column
// (of the table, both counted from 1, and the column's name).
class CsvTable {
 public:
  // The first line names the columns.
  explicit CsvTable(std::string_view text);

  const std::vector<std::string_view>& columns() const { return columns_; }
  bool HasColumn(std::string_view name) const { return Find(name).has_value(); }

  // Goes to the next line; false at the end. Fails on a line with another number of fields than the
  // header, and on quotes.
  base::Result<bool> Next();

  // The field of the current line; empty when there is no such column.
  std::string_view Text(std::string_view column) const;
  // Likewise, but neither column nor field may be missing.
  base::Result<std::string> Required(std::string_view column) const;
  base::Result<std::int64_t> Integer(std::string_view column, std::int64_t most) const;

  // "line 3 column 2 (cpu_milli): what".
  base::Error ErrorAt(std::string_view column, std::string_view what) const;

 private:
  std::optional<std::size_t> Find(std::string_view name) const;
  std::optional<std::string_view> TakeLine();

  std::string_view rest_;
  std::size_t line_ = 0;
  std::vector<std::string_view> columns_;
  std::vector<std::string_view> fields_;
};

}  // namespace berth::simulate
