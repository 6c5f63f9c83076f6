#include "scheduler/config/yaml_scalar.h"

#include <gtest/gtest.h>

#include "scheduler/config/parse.h"

namespace berth::config {
namespace {

TEST(YamlScalar, ReadsIntegers) {
  const auto integer = [](const char* text) {
    const Value value = ResolvePlainScalar(text);
    const auto* found = value.As<std::int64_t>();
    return found == nullptr ? -999 : *found;
  };
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("42"), 42);
  EXPECT_EQ(integer("-42"), -42);
  EXPECT_EQ(integer("+42"), 42);
  EXPECT_EQ(integer("1_000"), 1000);
  EXPECT_EQ(integer("0x1f"), 31);
  EXPECT_EQ(integer("0o17"), 15);
  EXPECT_EQ(integer("017"), 15);
  EXPECT_EQ(integer("0b101"), 5);
  EXPECT_EQ(integer("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(YamlScalar, ReadsTheOtherKinds) {
  for (const char* text : {"true", "True", "yes", "on", "y"}) {
    EXPECT_EQ(*ResolvePlainScalar(text).As<bool>(), true) << text;
  }
  for (const char* text : {"false", "NO", "off", "n"}) {
    EXPECT_EQ(*ResolvePlainScalar(text).As<bool>(), false) << text;
  }
  for (const char* text : {"", "~", "null", "NULL"}) {
    EXPECT_TRUE(ResolvePlainScalar(text).IsNull()) << text;
  }
  EXPECT_EQ(*ResolvePlainScalar("2.5e3").As<double>(), 2500);
  EXPECT_EQ(*ResolvePlainScalar("-.5").As<double>(), -0.5);
  for (const char* text : {"abc", "1a", "0x", "--1", "1.2.3", ".", "-", "tRUE", "nan", "inf"}) {
    EXPECT_NE(ResolvePlainScalar(text).As<std::string>(), nullptr) << text;
  }
}

TEST(YamlScalar, WrittenStringsReadBackAsTheSameString) {
  for (const std::string text : {"",      "plain",      "a/b.c-d", "true", "no",
                                 "~",     "12",         "1.5",     "0x1",  "-",
                                 "- a",   "a: b",       "# c",     "x #y", "line\nbreak",
                                 "tab\t", "quote\"s\\", "*",       "&a",   "'q'",
                                 " lead", "trail ",     ".5",      "\x01", "z\u00fcrich",
                                 "null",  "{",          "---",     "..."}) {
    const auto value = ParseDocument("k: " + YamlString(text) + "\n");
    ASSERT_TRUE(value.has_value()) << text << ": " << value.error().message();
    const auto* read = value->As<Value::Map>()->at(0).value.As<std::string>();
    ASSERT_NE(read, nullptr) << text;
    EXPECT_EQ(*read, text);
  }
  EXPECT_EQ(YamlString("kube-system"), "kube-system");
}

}  // namespace
}  // namespace berth::config
