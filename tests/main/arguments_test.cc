#include "scheduler/main/arguments.h"

#include <gtest/gtest.h>

namespace berth::main {
namespace {

enum class Fruit { kApple, kPear };

Fruit ParseFruit(const char* text) {
  CLI::App app;
  Fruit fruit = Fruit::kPear;
  AddChoice(app, "--fruit", {{"apple", Fruit::kApple}, {"pear", Fruit::kPear}}, fruit, "help");
  app.parse(text);
  return fruit;
}

TEST(Arguments, ChoiceTakesItsWordsOnly) {
  EXPECT_EQ(ParseFruit(""), Fruit::kPear);
  EXPECT_EQ(ParseFruit("--fruit apple"), Fruit::kApple);
  EXPECT_EQ(ParseFruit("--fruit=pear"), Fruit::kPear);
  EXPECT_THROW(ParseFruit("--fruit Apple"), CLI::ValidationError);
  EXPECT_THROW(ParseFruit("--fruit"), CLI::ParseError);
}

std::uint64_t ParseNumber(const std::string& text) {
  CLI::App app;
  std::uint64_t number = 0;
  AddNumber(app, "--n", 5, 10, [&number](std::uint64_t value) { number = value; }, "help");
  app.parse("--n=" + text);
  return number;
}

TEST(Arguments, NumberIsCheckedWhole) {
  EXPECT_EQ(ParseNumber("5"), 5u);
  EXPECT_EQ(ParseNumber("10"), 10u);
  for (const char* text : {"4", "11", "x", "7x", "0x7", "-7", "7.0", "99999999999999999999999"}) {
    EXPECT_THROW(ParseNumber(text), CLI::ValidationError) << text;
  }
}

}  // namespace
}  // namespace berth::main
