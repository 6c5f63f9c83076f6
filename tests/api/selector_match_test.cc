#include "scheduler/api/selector_match.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace berth::api {
namespace {

using enum SelectorOperator;

const StringMap kLabels = {{"disk", "ssd"}, {"gen", "7"}, {"word", "many"}, {"empty", ""}};

bool MatchesOne(const char* key, SelectorOperator op, std::vector<std::string> values) {
  return Matches(Requirement{key, op, std::move(values)}, kLabels);
}

TEST(SelectorMatchTest, SetOperators) {
  EXPECT_TRUE(MatchesOne("disk", kIn, {"hdd", "ssd"}));
  EXPECT_FALSE(MatchesOne("disk", kIn, {"hdd"}));
  EXPECT_FALSE(MatchesOne("absent", kIn, {""}));
  EXPECT_TRUE(MatchesOne("empty", kIn, {""}));
  EXPECT_FALSE(MatchesOne("disk", kNotIn, {"ssd"}));
  EXPECT_TRUE(MatchesOne("absent", kNotIn, {"ssd"}));
  EXPECT_TRUE(MatchesOne("empty", kExists, {}));
  EXPECT_FALSE(MatchesOne("absent", kExists, {}));
  EXPECT_TRUE(MatchesOne("absent", kDoesNotExist, {}));
  EXPECT_FALSE(MatchesOne("disk", kDoesNotExist, {}));
}

TEST(SelectorMatchTest, OrderOperatorsCompareIntegersOf64Bits) {
  EXPECT_TRUE(MatchesOne("gen", kGt, {"6"}));
  EXPECT_FALSE(MatchesOne("gen", kGt, {"7"}));
  EXPECT_TRUE(MatchesOne("gen", kLt, {"8"}));
  EXPECT_FALSE(MatchesOne("gen", kLt, {"-8"}));
  EXPECT_FALSE(MatchesOne("word", kGt, {"1"}));
  EXPECT_FALSE(MatchesOne("absent", kLt, {"1"}));
  EXPECT_FALSE(MatchesOne("gen", kGt, {"6.5"}));
  EXPECT_FALSE(MatchesOne("gen", kLt, {"9223372036854775808"}));
}

TEST(SelectorMatchTest, LabelSelectorAsksForAllOfIt) {
  LabelSelector selector;
  EXPECT_TRUE(Matches(selector, kLabels)) << "an empty selector matches everything";
  EXPECT_FALSE(Matches(std::optional<LabelSelector>(), kLabels)) << "an absent one nothing";
  selector.match_labels["disk"] = "ssd";
  EXPECT_TRUE(Matches(selector, kLabels));
  selector.match_expressions.push_back({"gen", kNotIn, {"7"}});
  EXPECT_FALSE(Matches(selector, kLabels));
}

TEST(SelectorMatchTest, SelectorThatDoesNotParseMatchesNothing) {
  LabelSelector selector;
  selector.match_expressions.push_back({"absent", kNotIn, {"not a label value"}});
  EXPECT_TRUE(ParseError(selector));
  EXPECT_FALSE(Matches(selector, kLabels));
  NodeSelectorTerm term;
  term.match_expressions.push_back({"bad key!", kDoesNotExist, {}});
  EXPECT_TRUE(ParseError(term));
  EXPECT_FALSE(Matches(term, kLabels, "node-1"));
}

TEST(SelectorMatchTest, NodeSelectorTerms) {
  NodeSelector selector;
  EXPECT_FALSE(Matches(selector, kLabels, "node-1")) << "without terms no node";
  selector.terms.emplace_back();
  EXPECT_FALSE(Matches(selector, kLabels, "node-1")) << "an empty term matches no node";
  selector.terms.emplace_back().match_fields.push_back({"metadata.name", kIn, {"node-1"}});
  EXPECT_TRUE(Matches(selector, kLabels, "node-1"));
  EXPECT_FALSE(Matches(selector, kLabels, "node-2"));
  selector.terms.back().match_expressions.push_back({"disk", kIn, {"hdd"}});
  EXPECT_FALSE(Matches(selector, kLabels, "node-1"));
}

TEST(SelectorMatchTest, FieldsTakeOneValueAndTwoOperators) {
  const auto matches = [](SelectorOperator op, std::vector<std::string> values) {
    NodeSelectorTerm term;
    term.match_fields.push_back({"metadata.name", op, std::move(values)});
    return Matches(term, kLabels, "node-1");
  };
  EXPECT_TRUE(matches(kNotIn, {"node-2"}));
  EXPECT_FALSE(matches(kNotIn, {"node-1"}));
  EXPECT_FALSE(matches(kIn, {"node-1", "node-2"}));
  EXPECT_FALSE(matches(kExists, {}));
}

TEST(SelectorMatchTest, Validate) {
  using enum RequirementScope;
  EXPECT_FALSE(Validate({"k", kIn, {"v"}}, kLabelSelector));
  EXPECT_TRUE(Validate({"k", kIn, {}}, kLabelSelector));
  EXPECT_TRUE(Validate({"k", kExists, {"v"}}, kNodeLabels));
  EXPECT_TRUE(Validate({"k", kGt, {"1"}}, kLabelSelector));
  EXPECT_FALSE(Validate({"k", kGt, {"1"}}, kNodeLabels));
  EXPECT_TRUE(Validate({"k", kGt, {"1", "2"}}, kNodeLabels));
  EXPECT_TRUE(Validate({"k", kIn, {"1", "2"}}, kNodeFields));
  EXPECT_TRUE(Validate({"k", kExists, {}}, kNodeFields));
}

TEST(SelectorMatchTest, Names) {
  for (const char* name : {"a", "example.com/gpu", "A_b.c-d", "topology.kubernetes.io/zone"}) {
    EXPECT_TRUE(IsQualifiedName(name)) << name;
  }
  for (const char* name : {"", "/a", "a/", "a/b/c", "-a", "Example.com/gpu", "a..b/c", "a b"}) {
    EXPECT_FALSE(IsQualifiedName(name)) << name;
  }
  EXPECT_FALSE(IsQualifiedName(std::string(64, 'a')));
  EXPECT_TRUE(IsLabelValue(""));
  EXPECT_FALSE(IsLabelValue("a/b"));
}

}  // namespace
}  // namespace berth::api
