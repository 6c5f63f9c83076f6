// What /debug tells.
#include "scheduler/live/debug_answers.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"

namespace berth::live {
namespace {

class DebugAnswersTest : public ::testing::Test {
 protected:
  DebugAnswersTest() {
    cluster_.AddNode("n");
    cluster_.AddPod("bound");
    cluster_.AddPod("big", "9");
    Json gated = PodJson("gated");
    gated["spec"]["schedulingGates"] = {{{"name", "not-yet"}}};
    cluster_.PutPod(gated);
    cluster_.Settle();
    cluster_.AddPod("assumed");
    cluster_.ShowAll();
    cluster_.Decide();
  }
  LiveCluster cluster_;
};

TEST_F(DebugAnswersTest, TellsOfTheCache) {
  const Json cache = Json::parse(DebugCache(*cluster_.scheduler));
  EXPECT_EQ(cache["comparison"]["equal"], true);
  EXPECT_EQ(cache["pods"], 2);
  EXPECT_EQ(cache["assumedPods"], Json::array({"default/assumed"}));
  ASSERT_EQ(cache["nodes"].size(), 1);
  EXPECT_EQ(cache["nodes"][0]["name"], "n");
  EXPECT_EQ(cache["nodes"][0]["pods"], 2);
  EXPECT_EQ(cache["nodes"][0]["requested"]["cpu"], 2000);
}

TEST_F(DebugAnswersTest, TellsOfTheQueue) {
  const Json queue = Json::parse(DebugQueue(*cluster_.scheduler));
  EXPECT_EQ(queue["active"].size(), 0);
  ASSERT_EQ(queue["unschedulable"].size(), 1);
  EXPECT_EQ(queue["unschedulable"][0]["pod"], "default/big");
  EXPECT_EQ(queue["unschedulable"][0]["unschedulablePlugins"], Json::array({"NodeResourcesFit"}));
  ASSERT_EQ(queue["gated"].size(), 1);
  EXPECT_EQ(queue["gated"][0]["gatingPlugin"], "SchedulingGates");
  EXPECT_EQ(queue["bindings"], 1);
}

TEST_F(DebugAnswersTest, ExplainsAPod) {
  const auto answer = DebugExplain(*cluster_.scheduler, "default/big", {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, testing::HasSubstr("Insufficient cpu"));
  EXPECT_TRUE(DebugExplain(*cluster_.scheduler, "default/bound", {}).has_value());
  EXPECT_TRUE(cluster_.Compare().empty()) << "nothing has changed";
}

TEST_F(DebugAnswersTest, ExplainsNoPodThatIsNotThere) {
  const auto absent = DebugExplain(*cluster_.scheduler, "default/absent", {});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().message(), "pod \"default/absent\" not found");
  Json other = PodJson("other");
  other["spec"]["schedulerName"] = "somebody-else";
  cluster_.PutPod(other);
  cluster_.Settle();
  const auto unserved = DebugExplain(*cluster_.scheduler, "default/other", {});
  ASSERT_FALSE(unserved.has_value());
  EXPECT_EQ(unserved.error().message(), "no profile serves schedulerName \"somebody-else\"");
}

}  // namespace
}  // namespace berth::live
