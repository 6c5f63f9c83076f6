// Random columns and masks for the tests of the kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/base/random.h"
#include "scoring/kernels.h"

namespace berth::scoring {

enum class Magnitude : std::uint8_t {
  kMilliCores,    // as cpu: up to 64 cores
  kBytes,         // as memory: up to 2 TiB
  kAtExactLimit,  // around 2^53 / 100, where arithmetic in double stops being exact
  kHuge,          // up to 2^63 - 1
  kMixed,         // any of these, row by row
};
inline constexpr Magnitude kMagnitudes[] = {Magnitude::kMilliCores, Magnitude::kBytes,
                                            Magnitude::kAtExactLimit, Magnitude::kHuge,
                                            Magnitude::kMixed};

// Resources of the nodes with what a pod asks: capacities of 0 among them, nodes that are full,
// over their capacity, within one unit of a whole percent, and sums that have wrapped below 0.
struct ResourceColumns {
  std::vector<Column<std::int64_t>> capacity;
  std::vector<Column<std::int64_t>> used;
  std::vector<Column<double>> reciprocal;
  std::vector<Column<double>> used_fraction;
  std::vector<ResourceTerm> terms;
};

class KernelInput {
 public:
  explicit KernelInput(std::uint64_t seed) : random_(seed) {}

  base::Random& random() { return random_; }
  // A number of rows that is now and then a whole number of words.
  std::size_t Rows();
  // Words without any row, with all of them and with some.
  NodeMask Mask(std::size_t rows);
  ResourceColumns Resources(std::size_t rows, std::size_t resources, Magnitude magnitude);
  // Any int64, its ends among them.
  std::int64_t Any();
  // In [low, high].
  std::int64_t Between(std::int64_t low, std::int64_t high);

  template <typename T, typename Draw>
  Column<T> ColumnOf(std::size_t rows, Draw draw) {
    Column<T> column(rows);
    const std::size_t stored = WordsForRows(rows) * kRowsPerWord;
    for (std::size_t row = 0; row < stored; ++row) column[row] = draw();
    return column;
  }

 private:
  std::int64_t Amount(Magnitude magnitude);
  std::int64_t Used(std::int64_t capacity);

  base::Random random_;
};

}  // namespace berth::scoring
