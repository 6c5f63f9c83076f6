#include "scoring/column.h"

#include <gtest/gtest.h>

namespace berth::scoring {
namespace {

template <typename T>
bool IsAligned(const Column<T>& column) {
  return reinterpret_cast<std::uintptr_t>(column.data()) % kAlignment == 0;
}

TEST(Column, CoversWholeWordsOfAlignedRows) {
  EXPECT_EQ(WordsForRows(0), 0u);
  EXPECT_EQ(WordsForRows(1), 1u);
  EXPECT_EQ(WordsForRows(64), 1u);
  EXPECT_EQ(WordsForRows(65), 2u);
  Column<std::int64_t> wide(65);
  Column<std::uint32_t> narrow(1);
  EXPECT_TRUE(IsAligned(wide));
  EXPECT_TRUE(IsAligned(narrow));
  for (std::size_t row = 0; row < 128; ++row) EXPECT_EQ(wide[row], 0);
  wide[127] = 1;  // behind size(), yet there
  EXPECT_EQ(wide.size(), 65u);
}

TEST(Column, GrowsWithZerosAndKeepsItsValues) {
  Column<std::int32_t> column(2);
  column.Fill(7);
  column.Resize(200);
  EXPECT_EQ(column.size(), 200u);
  EXPECT_EQ(column[1], 7);
  EXPECT_EQ(column[199], 0);
  EXPECT_TRUE(IsAligned(column));
}

TEST(Column, FillsEveryStoredRow) {
  Column<double> column(1);
  column.Fill(2.5);
  for (std::size_t row = 0; row < kRowsPerWord; ++row) EXPECT_EQ(column[row], 2.5);
}

}  // namespace
}  // namespace berth::scoring
