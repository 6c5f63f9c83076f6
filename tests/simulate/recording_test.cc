#include "scheduler/simulate/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace berth::simulate {
namespace {

using ::testing::HasSubstr;

std::string Object(const std::string& kind, const std::string& name, const std::string& spec) {
  return R"({"apiVersion":"v1","kind":")" + kind + R"(","metadata":{"name":")" + name +
         R"("},"spec":)" + spec + "}";
}
std::string Node(const std::string& name) { return Object("Node", name, "{}"); }
std::string Pod(const std::string& name, const std::string& node) {
  return Object("Pod", name, R"({"nodeName":")" + node + R"("})");
}
std::string Event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

std::string Snapshot(const std::string& items) {
  return std::string(kRecordingStart) + R"({},"items":[)" + "\n" + items +
         std::string(kSnapshotEnd);
}

std::string State(const std::string& text) {
  const auto state = StateOf(api::PaddedText(text));
  return state ? std::string(state->view()) : state.error().message();
}

TEST(RecordingTest, WithoutEventsItIsAsItStands) {
  const std::string text = Snapshot(Node("n"));
  EXPECT_TRUE(IsRecording(text));
  EXPECT_FALSE(IsRecording(R"({"kind":"List","items":[]})"));
  EXPECT_EQ(State(text), text);
}

TEST(RecordingTest, EventsAreAppliedInTheirOrder) {
  const std::string text = Snapshot(Node("n1") + ",\n" + Node("n2") + ",\n" + Pod("a", "")) +
                           Event("MODIFIED", Pod("a", "n1")) + Event("ADDED", Pod("b", "")) +
                           Event("DELETED", Node("n2")) + Event("ADDED", Node("n3")) +
                           Event("MODIFIED", Pod("b", "n3")) + Event("DELETED", Pod("none", ""));
  EXPECT_EQ(State(text),
            Node("n1") + "\n" + Pod("a", "n1") + "\n" + Pod("b", "n3") + "\n" + Node("n3") + "\n");
}

TEST(RecordingTest, WhatComesAgainStandsBehind) {
  const std::string text = Snapshot(Node("n1") + ",\n" + Node("n2")) +
                           Event("DELETED", Node("n1")) + Event("ADDED", Node("n1"));
  EXPECT_EQ(State(text), Node("n2") + "\n" + Node("n1") + "\n");
}

TEST(RecordingTest, PodsGoWithTheirNode) {
  const std::string text = Snapshot(Node("n1") + ",\n" + Pod("a", "n1") + ",\n" + Pod("b", "")) +
                           Event("DELETED", Node("n1"));
  EXPECT_EQ(State(text), Pod("b", "") + "\n");
}

TEST(RecordingTest, EqualNamesInOtherNamespacesAreOthers) {
  const std::string one = R"({"kind":"Pod","metadata":{"name":"a","namespace":"x"}})";
  const std::string other = R"({"kind":"Pod","metadata":{"name":"a","namespace":"y"}})";
  EXPECT_EQ(State(Snapshot(one) + Event("ADDED", other) + Event("DELETED", one)), other + "\n");
}

TEST(RecordingTest, SaysWhichEventIsNone) {
  const std::string good = Snapshot(Node("n")) + Event("ADDED", Node("m"));
  EXPECT_EQ(State(good + Event("BOOKMARK", Node("m"))),
            "event 2: type: must be ADDED, MODIFIED or DELETED");
  EXPECT_EQ(State(good + "{\"type\":\"ADDED\"}\n"), "event 2: object: is missing");
  EXPECT_EQ(State(good + Event("ADDED", R"({"metadata":{}})")), "event 2: object.kind: is missing");
  EXPECT_THAT(State(good + "{\"type\" \"ADDED\"}\n"), HasSubstr("event 2: "));
}

TEST(RecordingTest, SaysHowFarACutOneIsWhole) {
  const std::string whole = Snapshot(Node("n")) + Event("ADDED", Node("m"));
  const std::string cut = whole + R"({"type":"ADD)";
  EXPECT_EQ(State(cut), "the recording is cut off: 1 event after its snapshot is whole");
  EXPECT_EQ(State(Snapshot(Node("n")) + "{"),
            "the recording is cut off: 0 events after its snapshot are whole");
  EXPECT_EQ(State(whole.substr(0, 80)),
            "the recording is cut off in its snapshot, before any event");
}

}  // namespace
}  // namespace berth::simulate
