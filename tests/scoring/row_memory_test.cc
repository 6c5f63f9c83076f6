#include "scoring/row_memory.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "scoring/column.h"

namespace berth::scoring {
namespace {

// Blocks of every size: aligned, whole, and nobody else's.
TEST(RowMemory, GivesBlocksThatDoNotOverlap) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  struct Block {
    unsigned char* at;
    std::size_t bytes;
    unsigned char filling;
  };
  std::vector<Block> blocks;
  const auto check_and_free = [&](const Block& block) {
    for (std::size_t i = 0; i < block.bytes; ++i) ASSERT_EQ(block.at[i], block.filling);
    FreeRows(block.at, block.bytes);
  };
  for (int step = 0; step < 600; ++step) {
    const std::size_t bits = 10 + random() % 12;  // from far below the pool's sizes to above
    const std::size_t bytes = (std::size_t{1} << bits) + random() % (std::size_t{1} << bits);
    const auto filling = static_cast<unsigned char>(random());
    auto* at = static_cast<unsigned char*>(AllocateRows(bytes));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % kAlignment, 0u);
    std::memset(at, filling, bytes);
    blocks.push_back({at, bytes, filling});
    if (random() % 3 == 0) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      check_and_free(blocks.back());
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) check_and_free(block);
}

TEST(RowMemory, SizesAtTheEdges) {
  for (const std::size_t edge : {kMinRowBytes, 2 * kMinRowBytes, kMaxRowBytes}) {
    for (const std::size_t bytes : {edge - 1, edge, edge + 1}) {
      void* block = AllocateRows(bytes);
      void* other = AllocateRows(bytes);
      std::memset(block, 1, bytes);
      std::memset(other, 2, bytes);
      EXPECT_EQ(static_cast<unsigned char*>(block)[bytes - 1], 1);
      FreeRows(block, bytes);
      FreeRows(other, bytes);
    }
  }
}

}  // namespace
}  // namespace berth::scoring
