#include "scheduler/simulate/csv.h"

#include <algorithm>
#include <charconv>

namespace berth::simulate {
namespace {

using base::Error;
using base::Fail;
using base::Result;

constexpr std::size_t kMaxShownBytes = 80;

std::vector<std::string_view> SplitFields(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace

CsvTable::CsvTable(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  if (const auto header = TakeLine()) columns_ = SplitFields(*header);
}

Result<bool> CsvTable::Next() {
  auto line = TakeLine();
  while (line && line->empty()) line = TakeLine();
  if (!line) return false;
  if (line->find('"') != std::string_view::npos) {
    return Fail("line " + std::to_string(line_) + ": quoted fields are not supported");
  }
  fields_ = SplitFields(*line);
  if (fields_.size() == columns_.size()) return true;
  return Fail("line " + std::to_string(line_) + ": has " + std::to_string(fields_.size()) +
              " fields, the header has " + std::to_string(columns_.size()));
}

std::string_view CsvTable::Text(std::string_view column) const {
  const auto index = Find(column);
  return index ? fields_[*index] : std::string_view();
}

Result<std::string> CsvTable::Required(std::string_view column) const {
  const std::string_view text = Text(column);
  if (text.empty()) return std::unexpected(ErrorAt(column, "is empty"));
  return std::string(text);
}

Result<std::int64_t> CsvTable::Integer(std::string_view column, std::int64_t most) const {
  const std::string_view text = Text(column);
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && parsed == end && value >= 0 && value <= most) return value;
  const std::string shown(text.substr(0, kMaxShownBytes));
  return std::unexpected(ErrorAt(
      column, "expected an integer in 0.." + std::to_string(most) + ", got \"" + shown + "\""));
}

Error CsvTable::ErrorAt(std::string_view column, std::string_view what) const {
  const auto index = Find(column);
  const std::string place = index ? "column " + std::to_string(*index + 1) : "no column";
  return Error("line " + std::to_string(line_) + " " + place + " (" + std::string(column) +
               "): " + std::string(what));
}

std::optional<std::size_t> CsvTable::Find(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

std::optional<std::string_view> CsvTable::TakeLine() {
  if (rest_.empty()) return std::nullopt;
  ++line_;
  const auto newline = rest_.find('\n');
  std::string_view line = rest_.substr(0, newline);
  rest_.remove_prefix(newline == std::string_view::npos ? rest_.size() : newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace berth::simulate
