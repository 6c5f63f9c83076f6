// Answers are read as Go reads them, and nothing that comes breaks anything.
#include "scheduler/extender/answers.h"

#include <gmock/gmock.h>

namespace berth::extender {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Answers, AreNotFollowedForEver) {
  constexpr std::size_t kLevels = 200'000;
  const std::string deep = std::string(kLevels, '[') + std::string(kLevels, ']');
  const auto answer = ReadFilterAnswer(R"({"Nodes":{"items":[{"x":)" + deep + "}]}}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "the answer is nested too deeply");
  EXPECT_TRUE(ReadFilterAnswer(R"({"Error":"[[{\"[[["} )" + deep));
}

TEST(FilterAnswer, HasAllItsFields) {
  const auto answer = ReadFilterAnswer(
      R"({"Nodes":{"metadata":{},"items":[{"metadata":{"name":"a"},"x":1}]},"NodeNames":["a","b"],
          "FailedNodes":{"c":"full"},"FailedAndUnresolvableNodes":{"d":"old"},"Error":"no"})");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(*answer->node_names, ElementsAre("a", "b"));
  EXPECT_THAT(*answer->nodes, ElementsAre(R"({"metadata":{"name":"a"},"x":1})"));
  EXPECT_THAT(answer->failed, ElementsAre(Pair("c", "full")));
  EXPECT_THAT(answer->unresolvable, ElementsAre(Pair("d", "old")));
  EXPECT_EQ(answer->error, "no");
}

TEST(FilterAnswer, TakesNamesInWhateverCaseAndPassesOverOthers) {
  const auto answer =
      ReadFilterAnswer(R"({"nodenames":["a"],"FAILEDNODES":{"b":"x"},"more":[{"deep":1}]} tail)");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(*answer->node_names, ElementsAre("a"));
  EXPECT_THAT(answer->failed, ElementsAre(Pair("b", "x")));
  const auto exact = ReadFilterAnswer(R"({"nodenames":["a"],"NodeNames":["b"]})");
  EXPECT_THAT(*exact->node_names, ElementsAre("b"));
}

TEST(FilterAnswer, TakesNullForNothing) {
  for (const char* text : {"null", "{}", R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,
                                            "FailedAndUnresolvableNodes":null,"Error":null})"}) {
    const auto answer = ReadFilterAnswer(text);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_FALSE(answer->node_names.has_value());
    EXPECT_FALSE(answer->nodes.has_value());
    EXPECT_EQ(answer->error, "");
  }
  EXPECT_THAT(*ReadFilterAnswer(R"({"Nodes":{"items":null}})")->nodes, IsEmpty());
}

TEST(Answers, RefuseWhatIsOfAnotherType) {
  const auto error = [](const auto& answer) { return answer ? "" : answer.error().message(); };
  EXPECT_EQ(error(ReadFilterAnswer("")), "the answer is not JSON");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"NodeNames":)")), "the answer is not JSON");
  EXPECT_EQ(error(ReadFilterAnswer("[]")), "the answer's value is not an object");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"NodeNames":{}})")), "the answer's NodeNames is not a list");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"NodeNames":[1]})")),
            "the answer's NodeNames is not a string");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"Nodes":[]})")), "the answer's Nodes is not an object");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"Nodes":{"items":[1]}})")),
            "the answer's Nodes.items is not a list of objects");
  EXPECT_EQ(error(ReadFilterAnswer(R"({"FailedNodes":{"a":1}})")),
            "the answer's FailedNodes is not a string");
  EXPECT_EQ(error(ReadScores("{}")), "the answer's value is not a list");
  EXPECT_EQ(error(ReadScores("[1]")), "the answer's entry is not an object");
  EXPECT_EQ(error(ReadScores(R"([{"Score":1.5}])")), "the answer's Score is not a whole number");
  EXPECT_EQ(error(ReadScores(R"([{"Score":9223372036854775808}])")),
            "the answer's Score is not a whole number");
  EXPECT_EQ(error(ReadVictims(R"({"NodeNameToMetaVictims":[]})")),
            "the answer's NodeNameToMetaVictims is not an object");
  EXPECT_EQ(error(ReadVictims(R"({"NodeNameToMetaVictims":{"a":{"Pods":{}}}})")),
            "the answer's Pods is not a list");
  EXPECT_EQ(error(ReadBindingAnswer(R"({"Error":{}})")), "the answer's Error is not a string");
}

TEST(Answers, SurviveDeepNesting) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(ReadFilterAnswer(deep).has_value());
  EXPECT_FALSE(ReadScores(deep + std::string(200'000, ']')).has_value());
}

TEST(Scores, AreHostsAndNumbers) {
  const auto scores =
      ReadScores(R"([{"Host":"a","Score":7},{"host":"b","SCORE":-1},{"Host":"c"}])");
  ASSERT_TRUE(scores);
  ASSERT_EQ(scores->size(), 3u);
  EXPECT_EQ((*scores)[0].host, "a");
  EXPECT_EQ((*scores)[0].score, 7);
  EXPECT_EQ((*scores)[1].score, -1);
  EXPECT_EQ((*scores)[2].score, 0);
  EXPECT_TRUE(ReadScores("null")->empty());
}

TEST(Victims, AreUids) {
  const auto victims = ReadVictims(
      R"({"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"1"},{"uid":"2"}],"NumPDBViolations":1},
                                   "b":null}})");
  ASSERT_TRUE(victims) << victims.error().message();
  EXPECT_THAT(victims->at("a").uids, ElementsAre("1", "2"));
  EXPECT_EQ(victims->at("a").budgets_violated, 1);
  EXPECT_THAT(victims->at("b").uids, IsEmpty());
  EXPECT_TRUE(ReadVictims("{}")->empty());
}

TEST(BindingAnswer, IsAnErrorOrNone) {
  EXPECT_EQ(*ReadBindingAnswer("{}"), "");
  EXPECT_EQ(*ReadBindingAnswer(R"({"error":"taken"})"), "taken");
}

}  // namespace
}  // namespace berth::extender
