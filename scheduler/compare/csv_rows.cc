#include "scheduler/compare/csv_rows.h"

#include <algorithm>
#include <utility>

#include "scheduler/simulate/files.h"

namespace berth::compare {
namespace {

using base::Result;

// Takes one field off the text; what ended it (',', '\n' or 0 at the end) is taken off too. Empty
// where a quote is not closed or something follows it.
struct Field {
  std::string text;
  char end = 0;
  bool good = true;
};

Field TakeQuoted(std::string_view& text) {
  Field field;
  text.remove_prefix(1);
  while (true) {
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) return {"", 0, false};
    field.text += text.substr(0, quote);
    text.remove_prefix(quote + 1);
    if (!text.starts_with('"')) return field;
    field.text += '"';
    text.remove_prefix(1);
  }
}

Field TakeField(std::string_view& text) {
  Field field;
  if (text.starts_with('"')) {
    field = TakeQuoted(text);
  } else {
    const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
    field.text = text.substr(0, end);
    text.remove_prefix(end);
  }
  if (text.empty()) return field;
  field.end = text.front();
  field.good = field.good && (field.end == ',' || field.end == '\n');
  text.remove_prefix(1);
  return field;
}

}  // namespace

Result<std::size_t> CsvRows::Column(std::string_view name) const {
  const auto it = std::ranges::find(header, name);
  if (it == header.end()) return base::Fail(path + ": no column " + std::string(name));
  return static_cast<std::size_t>(it - header.begin());
}

Result<CsvRows> ParseCsv(std::string_view text, const std::string& path) {
  CsvRows table;
  table.path = path;
  std::vector<std::vector<std::string>> rows;
  while (!text.empty()) {
    auto& row = rows.emplace_back();
    char end = ',';
    while (end == ',') {
      Field field = TakeField(text);
      const std::string where = path + ": row " + std::to_string(rows.size() - 1);
      if (!field.good) return base::Fail(where + ": a quote is not closed");
      row.push_back(std::move(field.text));
      end = field.end;
    }
    if (row.size() != rows.front().size()) {
      return base::Fail(path + ": row " + std::to_string(rows.size() - 1) + ": has " +
                        std::to_string(row.size()) + " fields, not " +
                        std::to_string(rows.front().size()));
    }
  }
  if (rows.empty()) return base::Fail(path + ": is empty");
  table.header = std::move(rows.front());
  rows.erase(rows.begin());
  table.rows = std::move(rows);
  return table;
}

Result<CsvRows> ReadCsv(const std::string& path) {
  BERTH_ASSIGN(const api::PaddedText text, simulate::LoadFile(path));
  return ParseCsv(text.view(), path);
}

}  // namespace berth::compare
