#include "scoring/select.h"

#include <bit>

#include "scoring/kernels.h"

namespace berth::scoring {

std::vector<NodeIndex> BestRows(const std::int64_t* values, const NodeMask& rows) {
  std::vector<NodeIndex> best;
  const std::int64_t max = MinMaxOf(values, rows.words(), rows.word_count()).max;
  rows.ForEach([&](NodeIndex row) {
    if (values[row] == max) best.push_back(row);
  });
  return best;
}

bool HeapPreorderLess(std::size_t a, std::size_t b) {
  // With positions counted from 1, the bits of a position below its leading one spell the way down
  // from the root, 0 for left and 1 for right.
  const std::size_t x = a + 1;
  const std::size_t y = b + 1;
  const auto x_depth = static_cast<int>(std::bit_width(x));
  const auto y_depth = static_cast<int>(std::bit_width(y));
  const int common = x_depth < y_depth ? x_depth : y_depth;
  const std::size_t x_head = x >> (x_depth - common);
  const std::size_t y_head = y >> (y_depth - common);
  if (x_head == y_head) return x_depth < y_depth;  // an ancestor comes first
  return x_head < y_head;
}

}  // namespace berth::scoring
