// A table as text: rows of cells, padded to the width of their column.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::base {

enum class Align : std::uint8_t { kLeft, kRight };

class TextTable {
 public:
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  std::string ToString() const {
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < columns_.size(); ++i) AppendCell(row[i], i, line);
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    return out;
  }

 private:
  void AppendCell(const std::string& cell, std::size_t column, std::string& line) const {
    if (column > 0) line += "  ";
    const std::string padding(Width(column) - Columns(cell), ' ');
    line += columns_[column] == Align::kRight ? padding + cell : cell + padding;
  }

  // Bytes that begin a UTF-8 sequence: near enough to the columns on a screen.
  static std::size_t Columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }

  std::size_t Width(std::size_t column) const {
    std::size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, Columns(row[column]));
    return width;
  }

  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace berth::base
