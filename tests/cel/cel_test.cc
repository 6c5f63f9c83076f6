// The parts of the language one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scheduler/cel/program.h"

namespace berth::cel {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kLimit = 100'000;

// Evaluates to true; else the error or "false".
std::string Truth(const std::string& expression, const Bindings& bindings = {}) {
  Environment environment;
  for (const auto& [name, value] : bindings) environment.variables[name] = Type();
  const auto program = Program::Compile(expression, environment);
  if (!program) return program.error().message();
  const auto value = program->Evaluate(bindings, kLimit);
  if (!value) return value.error().message();
  return value->is(TypeKind::kBool) && value->as_bool() ? "true" : "false";
}

#define EXPECT_TRUTH(expression) EXPECT_EQ(Truth(expression), "true") << (expression)

TEST(Cel, Semver) {
  EXPECT_TRUTH("semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3");
  EXPECT_TRUTH("semver('1.0.0-alpha').isLessThan(semver('1.0.0-alpha.1'))");
  EXPECT_TRUTH("semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))");
  EXPECT_TRUTH("semver('1.0.0-2').isLessThan(semver('1.0.0-11'))");
  EXPECT_TRUTH("semver('1.0.0-11').isLessThan(semver('1.0.0-a'))");
  EXPECT_TRUTH("semver('1.0.0-rc').isLessThan(semver('1.0.0'))");
  EXPECT_TRUTH("semver('v1', true) == semver('1.0.0')");
  EXPECT_TRUTH("!isSemver('v1') && isSemver('v01.02', true) && !isSemver('1.0.0+')");
}

TEST(Cel, Quantities) {
  EXPECT_TRUTH("quantity('1Ki').asInteger() == 1024");
  EXPECT_TRUTH("quantity('1').add(quantity('500m')).compareTo(quantity('1500m')) == 0");
  EXPECT_TRUTH("quantity('1').sub(2).isLessThan(quantity('0')) && sign(quantity('0')) == 0");
  EXPECT_TRUTH("quantity('200M').isGreaterThan(quantity('100Mi'))");
}

TEST(Cel, LogicForgivesErrorsWhereTheOtherSideDecides) {
  EXPECT_TRUTH("[1, 0].exists(x, 1 / x == 1)");
  EXPECT_TRUTH("![0, 2].all(x, 1 / x == 1)");
  EXPECT_EQ(Truth("[0, 1].all(x, 1 / x == 1)"), "division by zero");
  EXPECT_EQ(Truth("[0, 1].exists_one(x, 1 / x == 1)"), "division by zero");
}

TEST(Cel, TwoVariables) {
  EXPECT_TRUTH("[10, 20].all(i, v, v == (i + 1) * 10)");
  EXPECT_TRUTH("{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2)");
  EXPECT_TRUTH("[1, 2, 3].transformList(i, v, i > 0, v * 2) == [4, 6]");
  EXPECT_TRUTH("{'a': 1}.transformMapEntry(k, v, {v: k}) == {1: 'a'}");
  EXPECT_THAT(Truth("[1].all(x, x, true)"), HasSubstr("duplicate variable name"));
}

TEST(Cel, VariablesOfMacrosHideOthers) {
  const Bindings bindings = {{"x", Value::Int(5)}, {"a.b", Value::Int(6)}};
  EXPECT_EQ(Truth("[1].all(x, x == 1) && x == 5 && [1].all(x, .x == 5)", bindings), "true");
  EXPECT_EQ(Truth("a.b == 6 && [{'b': 7}].all(a, a.b == 7)", bindings), "true");
}

TEST(Cel, Timezones) {
  EXPECT_TRUTH("timestamp('2024-02-29T23:30:00Z').getDate('+01:00') == 1");
  EXPECT_TRUTH("timestamp('2024-02-29T23:30:00Z').getDayOfYear() == 59");
}

TEST(Cel, MistakesAreShownInTheirPlace) {
  EXPECT_EQ(Truth("true &&\n  foo"),
            "compilation failed: ERROR: <input>:2:3: undeclared reference to 'foo' (in container "
            "'')\n |   foo\n | ..^");
  EXPECT_THAT(Truth("'\u00e9' + 1"), HasSubstr("ERROR: <input>:1:5: found no matching overload"));
}

TEST(Cel, TypesDoNotExplode) {
  std::string text = "true";
  for (int i = 30; i > 0; --i) {
    const std::string name = "x" + std::to_string(i);
    const std::string before = "x" + std::to_string(i - 1);
    text = "cel.bind(" + name + ", {1: {" + before + ": " + before + "}}, " + text + ")";
  }
  EXPECT_TRUTH("cel.bind(x0, 1, " + text + " || true)");
}

}  // namespace
}  // namespace berth::cel
