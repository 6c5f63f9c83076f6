#include "scheduler/cluster/labels.h"

#include <gtest/gtest.h>

#include "scheduler/api/selector_match.h"
#include "scheduler/cluster/pod_matcher.h"
#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

using api::SelectorOperator;
using support::Require;

class Labels : public ::testing::Test {
 protected:
  bool Matches(const std::optional<api::LabelSelector>& selector, const api::StringMap& labels) {
    const auto compiled = CompiledSelector::Compile(selector, symbols_);
    return compiled.Matches(sets_.Get(sets_.Intern(labels)), symbols_);
  }
  static api::LabelSelector Expression(SelectorOperator op, std::vector<std::string> values = {}) {
    return {{}, {Require("a", op, std::move(values))}};
  }

  base::Interner symbols_;
  LabelSets sets_{symbols_};
};

TEST_F(Labels, SetsAreNumberedByContent) {
  EXPECT_EQ(sets_.Intern({}), kNoLabels);
  const auto one = sets_.Intern({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(sets_.Intern({{"b", "2"}, {"a", "1"}}), one);
  EXPECT_NE(sets_.Intern({{"a", "2"}, {"b", "1"}}), one);
  EXPECT_EQ(symbols_.Text(sets_.Value(one, symbols_.Find("b"))), "2");
  EXPECT_EQ(sets_.Value(kNoLabels, symbols_.Find("b")), base::kNoSymbol);
}

TEST_F(Labels, AbsentSelectorMatchesNothingAndEmptyEverything) {
  EXPECT_FALSE(Matches(std::nullopt, {{"a", "1"}}));
  EXPECT_TRUE(Matches(api::LabelSelector(), {}));
}

TEST_F(Labels, OperatorsTreatAbsentKeysAsKubernetesDoes) {
  const api::StringMap none;
  EXPECT_FALSE(Matches(Expression(SelectorOperator::kIn, {"1"}), none));
  EXPECT_TRUE(Matches(Expression(SelectorOperator::kNotIn, {"1"}), none));
  EXPECT_FALSE(Matches(Expression(SelectorOperator::kExists), none));
  EXPECT_TRUE(Matches(Expression(SelectorOperator::kDoesNotExist), none));
  EXPECT_FALSE(Matches(Expression(SelectorOperator::kGt, {"1"}), none));
  EXPECT_FALSE(Matches(Expression(SelectorOperator::kLt, {"1"}), none));
}

TEST_F(Labels, AgreeWithMatchingByStrings) {
  const std::vector<api::LabelSelector> selectors = {
      {{{"a", "1"}}, {}},
      Expression(SelectorOperator::kIn, {"1", "3"}),
      Expression(SelectorOperator::kNotIn, {"1", "3"}),
      Expression(SelectorOperator::kExists),
      Expression(SelectorOperator::kDoesNotExist),
      {{{"b", "2"}}, {Require("a", SelectorOperator::kExists)}},
  };
  const std::vector<api::StringMap> labels = {
      {}, {{"a", "1"}}, {{"a", "2"}}, {{"a", "3"}, {"b", "2"}}, {{"b", "2"}}, {{"a", ""}}};
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    for (std::size_t k = 0; k < labels.size(); ++k) {
      EXPECT_EQ(Matches(selectors[i], labels[k]), api::Matches(selectors[i], labels[k]))
          << "selector " << i << ", labels " << k;
    }
  }
}

TEST_F(Labels, ComparesNumbersOfSixtyFourBits) {
  const auto matches = [&](SelectorOperator op, const std::string& operand,
                           const std::string& value) {
    const auto requirement = CompileRequirement(Require("a", op, {operand}), symbols_);
    return requirement && requirement->Matches(symbols_.Intern(value), symbols_);
  };
  EXPECT_TRUE(matches(SelectorOperator::kGt, "9", "10"));
  EXPECT_FALSE(matches(SelectorOperator::kGt, "10", "10"));
  EXPECT_TRUE(matches(SelectorOperator::kLt, "-1", "-2"));
  EXPECT_FALSE(matches(SelectorOperator::kGt, "1", "2x"));
  EXPECT_FALSE(matches(SelectorOperator::kGt, "one", "2"));
  EXPECT_TRUE(matches(SelectorOperator::kLt, "9223372036854775807", "9223372036854775806"));
  EXPECT_FALSE(matches(SelectorOperator::kGt, "1", "9223372036854775808"));
}

TEST(ParseInt64, ReadsWhatGoReads) {
  EXPECT_EQ(ParseInt64("007"), 7);
  EXPECT_EQ(ParseInt64("+5"), 5);
  EXPECT_EQ(ParseInt64("-5"), -5);
  for (const auto* text : {"", "+", "-", "+-5", "1 ", " 1", "0x1", "1_0", "1.0"}) {
    EXPECT_FALSE(ParseInt64(text)) << text;
  }
}

TEST_F(Labels, KeysOfSelectorsDependOnMeaningNotOrder) {
  const auto key = [&](const api::LabelSelector& selector) {
    std::string text;
    CompiledSelector::Compile(selector, symbols_).AppendKey(text);
    return text;
  };
  const api::Requirement a = Require("a", SelectorOperator::kIn, {"1", "2"});
  const api::Requirement swapped = Require("a", SelectorOperator::kIn, {"2", "1"});
  const api::Requirement b = Require("b", SelectorOperator::kExists);
  EXPECT_EQ(key({{}, {a, b}}), key({{}, {b, swapped}}));
  EXPECT_NE(key({{}, {a}}), key({{}, {a, b}}));
  EXPECT_NE(key({{}, {Require("a", SelectorOperator::kIn, {"1"})}}),
            key({{}, {Require("a", SelectorOperator::kNotIn, {"1"})}}));
}

TEST_F(Labels, MatcherWantsNamespaceAndLabels) {
  PodMatcher matcher;
  matcher.selector = CompiledSelector::Compile(api::StringMap{{"app", "web"}}, symbols_);
  matcher.namespaces = {symbols_.Intern("blue")};
  const auto web = sets_.Get(sets_.Intern({{"app", "web"}}));
  const auto db = sets_.Get(sets_.Intern({{"app", "db"}}));
  const auto team = sets_.Get(sets_.Intern({{"team", "one"}}));
  const Symbol blue = symbols_.Intern("blue");
  const Symbol red = symbols_.Intern("red");
  EXPECT_TRUE(matcher.Matches(blue, {}, web, symbols_));
  EXPECT_FALSE(matcher.Matches(blue, {}, db, symbols_));
  EXPECT_FALSE(matcher.Matches(red, team, web, symbols_));
  matcher.namespace_selector = CompiledSelector::Compile(api::StringMap{{"team", "one"}}, symbols_);
  EXPECT_TRUE(matcher.Matches(red, team, web, symbols_));
  EXPECT_FALSE(matcher.Matches(red, {}, web, symbols_));
  matcher.all_namespaces = true;
  EXPECT_TRUE(matcher.Matches(red, {}, web, symbols_));
}

}  // namespace
}  // namespace berth::cluster
