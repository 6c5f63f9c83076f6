// A fingerprint of bytes, to know again what was seen before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace berth::webhook {

// 128 bits and the length.
struct ByteHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t size = 0;
  friend bool operator==(const ByteHash&, const ByteHash&) = default;
};

struct ByteHashHash {
  std::size_t operator()(const ByteHash& hash) const { return hash.low; }
};

// Two chains of folded multiplications with secrets that are drawn anew by every process, so that
// nobody can choose texts with equal fingerprints; for 5,000 texts of a few kilobytes chance makes
// two meet once in some 10^31 tries. Not for storage. Thread-safe.
ByteHash HashBytes(std::string_view bytes);

}  // namespace berth::webhook
