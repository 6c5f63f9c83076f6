#include "scheduler/api/kind_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KindReaderTest : public ::testing::Test {
 protected:
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Pod& pod : objects_.pods) names.push_back(pod.meta.name);
    return names;
  }

  PodSpecTable specs_;
  KindReader reader_{"v1", "Pod", specs_};
  ClusterObjects objects_;
};

TEST_F(KindReaderTest, ReadsAnObjectAsTheApiServerHasIt) {
  const auto read = reader_.ReadObject(
      PaddedText(R"({"kind": "Pod", "metadata": {"name": "a", "namespace": "n", "uid": "u",
        "resourceVersion": "12", "generation": 3, "managedFields": [{"manager": "x"}]},
        "spec": {"schedulerName": "s", "containers": []},
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "r",
          "message": "m", "lastTransitionTime": "2026-01-02T03:04:05Z"}]}})"),
      objects_);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(objects_.pods.size(), 1u);
  const Pod& pod = objects_.pods.front();
  EXPECT_EQ(pod.Key(), "n/a");
  EXPECT_EQ(pod.meta.resource_version, "12");
  EXPECT_EQ(pod.meta.generation, 3);
  ASSERT_NE(pod.status.unscheduled, nullptr);
  EXPECT_EQ(pod.status.unscheduled->reason, "r");
  EXPECT_EQ(pod.status.unscheduled->message, "m");
  EXPECT_EQ(pod.status.unscheduled->last_transition_time, "2026-01-02T03:04:05Z");
}

TEST_F(KindReaderTest, APodThatWasScheduledHasNoSuchCondition) {
  ASSERT_TRUE(
      reader_.ReadObject(PaddedText(R"({"metadata": {"name": "a"}, "spec": {"containers": []},
        "status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}})"),
                         objects_));
  EXPECT_EQ(objects_.pods.front().status.unscheduled, nullptr);
}

TEST_F(KindReaderTest, WhatCannotBeReadLeavesNothing) {
  const auto wrong = reader_.ReadObject(
      PaddedText(R"({"metadata": {"name": "a", "namespace": "n"}, "spec": {"priority": "high"}})"),
      objects_);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("Pod n/a: spec.priority"));
  EXPECT_FALSE(reader_.ReadObject(PaddedText(R"({"metadata": {"name": )"), objects_));
  EXPECT_THAT(objects_.pods, IsEmpty());
}

TEST_F(KindReaderTest, ReadsAListWithoutTheItemsThatAreWrong) {
  std::vector<base::Error> problems;
  const auto read = reader_.ReadList(
      PaddedText(R"({"kind": "PodList", "metadata": {"resourceVersion": "5"}, "items": [
        {"metadata": {"name": "a"}, "spec": {"containers": []}},
        {"metadata": {"name": "bad"}, "spec": {"containers": 7}},
        {"metadata": {"name": "b"}, "spec": {"containers": []}}]})"),
      objects_, problems);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(Names(), ElementsAre("a", "b"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems.front().message(), HasSubstr("Pod bad: spec.containers"));
}

TEST_F(KindReaderTest, AListMayBeEmptyButMustBeOne) {
  std::vector<base::Error> problems;
  EXPECT_TRUE(reader_.ReadList(PaddedText(R"({"items": []})"), objects_, problems));
  EXPECT_TRUE(reader_.ReadList(PaddedText(R"({"items": null})"), objects_, problems));
  EXPECT_FALSE(reader_.ReadList(PaddedText("not JSON"), objects_, problems));
  EXPECT_FALSE(reader_.ReadList(PaddedText(""), objects_, problems));
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(Names(), IsEmpty());
}

}  // namespace
}  // namespace berth::api
