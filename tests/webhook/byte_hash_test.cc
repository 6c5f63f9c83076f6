#include "scheduler/webhook/byte_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace berth::webhook {
namespace {

TEST(HashBytes, IsEqualForEqualBytesWhereverTheyLie) {
  const std::string text(100, 'a');
  const std::string shifted = "bcd" + text;
  EXPECT_EQ(HashBytes(text), HashBytes(std::string_view(shifted).substr(3)));
}

TEST(HashBytes, DiffersWithEachByteAndLength) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t texts = 0;
  const auto add = [&](const std::string& text) {
    const ByteHash hash = HashBytes(text);
    EXPECT_EQ(hash.size, text.size());
    seen.emplace(hash.high, hash.low);
    ++texts;
  };
  for (std::size_t size = 0; size < 70; ++size) add(std::string(size, '\0'));
  for (std::size_t at = 0; at < 64; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string text(64, 'x');
      text[at] = static_cast<char>(text[at] ^ (1 << bit));
      add(text);
    }
  }
  EXPECT_EQ(seen.size(), texts);
}

}  // namespace
}  // namespace berth::webhook
