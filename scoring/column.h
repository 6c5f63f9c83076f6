// A dense array of numbers, one a node, laid out for vector loads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/row_memory.h"

namespace berth::scoring {

// The position of a node in every column. Dense: 0 .. number of rows - 1.
using NodeIndex = std::uint32_t;

// Rows are handled 64 at a time: one word of a NodeMask.
inline constexpr std::size_t kRowsPerWord = 64;
inline constexpr std::size_t kAlignment = 64;

inline constexpr std::size_t WordsForRows(std::size_t rows) {
  return (rows + kRowsPerWord - 1) / kRowsPerWord;
}

template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t n) { return static_cast<T*>(AllocateRows(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) { FreeRows(p, n * sizeof(T)); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

// One value a row. The storage always covers whole words of rows, so that kernels need no tail
// loop; the rows behind size() hold `T()` and mean nothing.
template <typename T>
class Column {
 public:
  Column() = default;
  explicit Column(std::size_t rows) { Resize(rows); }

  void Resize(std::size_t rows) {
    values_.resize(WordsForRows(rows) * kRowsPerWord);
    rows_ = rows;
  }
  void Fill(T value) { values_.assign(values_.size(), value); }

  T& operator[](std::size_t row) { return values_[row]; }
  const T& operator[](std::size_t row) const { return values_[row]; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  std::size_t size() const { return rows_; }

 private:
  std::vector<T, AlignedAllocator<T>> values_;
  std::size_t rows_ = 0;
};

}  // namespace berth::scoring
