#include "scheduler/compare/csv_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace berth::compare {
namespace {

using ::testing::ElementsAre;

std::string ErrorOf(const std::string& text) {
  const auto rows = ParseCsv(text, "t.csv");
  return rows ? "" : rows.error().message();
}

TEST(CsvRows, ReadQuotedFields) {
  const auto rows = ParseCsv("a,b\n\"x, \"\"y\"\"\nz\",\n1,2", "t.csv");
  ASSERT_TRUE(rows.has_value()) << rows.error().message();
  EXPECT_THAT(rows->header, ElementsAre("a", "b"));
  EXPECT_THAT(rows->rows, ElementsAre(ElementsAre("x, \"y\"\nz", ""), ElementsAre("1", "2")));
  EXPECT_EQ(*rows->Column("b"), 1u);
  EXPECT_EQ(rows->Column("c").error().message(), "t.csv: no column c");
}

TEST(CsvRows, RefuseWhatIsNoTable) {
  EXPECT_EQ(ErrorOf(""), "t.csv: is empty");
  EXPECT_EQ(ErrorOf("a,b\n1\n"), "t.csv: row 1: has 1 fields, not 2");
  EXPECT_EQ(ErrorOf("a,b\n\"1,2\n"), "t.csv: row 1: a quote is not closed");
  EXPECT_EQ(ErrorOf("a,b\n\"1\"x,2\n"), "t.csv: row 1: a quote is not closed");
}

}  // namespace
}  // namespace berth::compare
