// Text into values: syntax errors, and limits against documents made to hurt.
#include "scheduler/config/parse.h"

#include <gtest/gtest.h>

namespace berth::config {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto value = ParseDocument(text);
  return value ? "valid" : value.error().message();
}

TEST(Parse, YamlKeepsTypesAndOrder) {
  const auto value = ParseDocument("b: 1\na: [x, '2', 2.5, true, ~]\n");
  ASSERT_TRUE(value.has_value());
  const auto& map = *value->As<Value::Map>();
  ASSERT_EQ(map.size(), 2u);
  EXPECT_EQ(map[0].name, "b");
  EXPECT_EQ(*map[0].value.As<std::int64_t>(), 1);
  const auto& list = *map[1].value.As<Value::List>();
  EXPECT_EQ(*list.at(0).As<std::string>(), "x");
  EXPECT_EQ(*list.at(1).As<std::string>(), "2");
  EXPECT_EQ(*list.at(2).As<double>(), 2.5);
  EXPECT_EQ(*list.at(3).As<bool>(), true);
  EXPECT_TRUE(list.at(4).IsNull());
}

TEST(Parse, ExpandsAliases) {
  const auto value = ParseDocument("a: &x {k: [1]}\nb: *x\n");
  ASSERT_TRUE(value.has_value());
  const auto& map = *value->As<Value::Map>();
  const auto& copy = *map.at(1).value.As<Value::Map>();
  EXPECT_EQ(copy.at(0).value.As<Value::List>()->size(), 1u);
}

TEST(Parse, KeepsDuplicatesOfBothForms) {
  for (const char* text : {"a: 1\na: 2\n", "{\"a\": 1, \"a\": 2}"}) {
    const auto value = ParseDocument(text);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->As<Value::Map>()->size(), 2u);
  }
}

TEST(Parse, SaysWhereTheSyntaxIsWrong) {
  EXPECT_TRUE(ErrorOf("a: [1\nb: 2\n").starts_with("line 2, column 2: "))
      << ErrorOf("a: [1\nb: 2\n");
  EXPECT_TRUE(ErrorOf("{\"a\":\n 1,\n}").starts_with("line 3, column 1: "))
      << ErrorOf("{\"a\":\n 1,\n}");
  EXPECT_TRUE(ErrorOf("{\"a\": 1} x").starts_with("line 1, column 10: "));
}

TEST(Parse, RefusesWhatIsNoSingleDocument) {
  EXPECT_EQ(ErrorOf(""), "the document is empty");
  EXPECT_EQ(ErrorOf(" \n\t"), "the document is empty");
  EXPECT_EQ(ErrorOf("# nothing\n"), "the document is empty");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"), "holds more than one document");
  EXPECT_EQ(ErrorOf("---\na: 1\n---\n"), "valid");
  EXPECT_EQ(ErrorOf(std::string("a: \0b", 5)), "not text: holds a zero byte");
}

TEST(Parse, RefusesCyclesAndOddKeys) {
  EXPECT_EQ(ErrorOf("a: &x [*x]"), "line 1, column 8: an alias within the value that it names");
  EXPECT_NE(ErrorOf("? [a, b]\n: c\n"), "valid");
  EXPECT_NE(ErrorOf("a: &x k\n*x : 2\n"), "valid");
}

TEST(Parse, RefusesAliasesThatMultiply) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name <= 'j'; ++name) {
    const std::string previous = std::string("*") + static_cast<char>(name - 1);
    bomb += std::string(1, name) + ": &" + name + " [" + previous;
    for (int i = 0; i < 9; ++i) bomb += "," + previous;
    bomb += "]\n";
  }
  EXPECT_NE(ErrorOf(bomb).find("has too many values"), std::string::npos) << ErrorOf(bomb);
}

TEST(Parse, RefusesDepthAndSize) {
  std::string deep_json;
  for (int i = 0; i < 100'000; ++i) deep_json += "{\"a\":";
  EXPECT_EQ(ErrorOf(deep_json), "nested too deeply");
  std::string deep_yaml;
  for (int i = 0; i < 100'000; ++i) deep_yaml += "- ";
  EXPECT_NE(ErrorOf(deep_yaml).find("nested too deeply"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(100'000, '[')), "valid");
  EXPECT_EQ(ErrorOf("a: " + std::string(5u << 20, 'x')), "larger than 4 MiB");
}

}  // namespace
}  // namespace berth::config
