#include "scheduler/webhook/answers.h"

#include <gtest/gtest.h>

namespace berth::webhook {
namespace {

TEST(FilterResultText, HasEveryFieldAsGoDoes) {
  EXPECT_EQ(
      FilterResultText({}),
      R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":""})");
  EXPECT_EQ(
      FilterResultText({.node_names = R"(["a"])",
                        .failed = {{"c", "2"}, {"b", "<1>"}, {"c", "3"}},
                        .failed_and_unresolvable = {{"d", "4"}},
                        .error = ""}),
      R"({"Nodes":null,"NodeNames":["a"],"FailedNodes":{"b":"\u003c1\u003e","c":"2"},"FailedAndUnresolvableNodes":{"d":"4"},"Error":""})");
}

TEST(FilterResultText, CopiesNodes) {
  EXPECT_EQ(
      FilterResultText({.nodes = {{R"({"a": 1})", "{}"}}, .error = "no"}),
      R"({"Nodes":{"metadata":{},"items":[{"a": 1},{}]},"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":"no"})");
  const ExtenderFilterResult none{.nodes = std::vector<std::string_view>()};
  EXPECT_TRUE(FilterResultText(none).starts_with(R"({"Nodes":{"metadata":{},"items":[]},)"));
}

TEST(HostPriorityListText, IsAList) {
  EXPECT_EQ(HostPriorityListText({}, {}), "[]");
  const std::vector<std::string_view> hosts = {"a", "b"};
  const std::vector<std::int64_t> scores = {0, 10};
  EXPECT_EQ(HostPriorityListText(hosts, scores),
            R"([{"Host":"a","Score":0},{"Host":"b","Score":10}])");
}

TEST(RelativeHostPriorityListText, LeavesTheLowestOut) {
  EXPECT_EQ(RelativeHostPriorityListText({}, {}), "[]");
  const std::vector<std::string_view> hosts = {"a", "b", "c"};
  EXPECT_EQ(RelativeHostPriorityListText(hosts, std::vector<std::int64_t>{4, 10, 4}),
            R"([{"Host":"b","Score":6}])");
  EXPECT_EQ(RelativeHostPriorityListText(hosts, std::vector<std::int64_t>{7, 7, 7}), "[]");
}

TEST(PreemptionResultText, HasMetaVictims) {
  EXPECT_EQ(PreemptionResultText(std::nullopt), R"({"NodeNameToMetaVictims":null})");
  EXPECT_EQ(PreemptionResultText(std::vector<NodeVictims>{}), R"({"NodeNameToMetaVictims":{}})");
  EXPECT_EQ(
      PreemptionResultText(std::vector<NodeVictims>{{"a", {"1", "2"}, 3}, {"b", {}, 0}}),
      R"({"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"1"},{"UID":"2"}],"NumPDBViolations":3},"b":{"Pods":[],"NumPDBViolations":0}}})");
}

TEST(BindingResultText, SaysWhatWentWrong) {
  EXPECT_EQ(BindingResultText(""), R"({"Error":""})");
  EXPECT_EQ(BindingResultText("a \"b\""), R"({"Error":"a \"b\""})");
}

}  // namespace
}  // namespace berth::webhook
