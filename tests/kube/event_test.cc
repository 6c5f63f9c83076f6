// Names, notes, times and bodies of events.
#include "scheduler/kube/event.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "scheduler/kube/event_body.h"
#include "scheduler/kube/event_time.h"
#include "scheduler/kube/event_uuid.h"

namespace berth::kube {
namespace {

using nlohmann::json;
using ::testing::MatchesRegex;

constexpr const char* kUuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

TEST(EventTime, IsAsKubernetesWritesIt) {
  EXPECT_EQ(MicroTime(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(MicroTime(1'767'322'984'005'006'999), "2026-01-02T03:03:04.005006Z");
  EXPECT_EQ(SecondTime(1'767'322'984'999'999'999), "2026-01-02T03:03:04Z");
  EXPECT_EQ(MicroTime(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Uuid, IsOfVersionFourAndNeverTheSame) {
  base::Random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string uuid = RandomUuid(random);
    EXPECT_THAT(uuid, MatchesRegex(kUuid));
    EXPECT_FALSE(uuid.starts_with("00000000")) << uuid;  // random from the first digit on
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(EventName, IsTheObjectsWithTheTime) {
  base::Random random(1);
  EXPECT_EQ(EventName("web-0.x", 0x17a2b3c4d5e6f708, random), "web-0.x.17a2b3c4d5e6f708");
}

TEST(EventName, IsAUuidWhereThatIsNoDnsSubdomain) {
  base::Random random(1);
  for (const std::string& name : {std::string("system:kube"), std::string("Upper"), std::string(),
                                  std::string("a..b"), std::string("-a"), std::string(240, 'a')}) {
    EXPECT_THAT(EventName(name, 0x17a2b3c4d5e6f708, random), MatchesRegex(kUuid)) << name;
  }
}

TEST(EventNote, IsCutAtTheLimit) {
  EXPECT_EQ(TruncatedNote(std::string(1024, 'a')), std::string(1024, 'a'));
  EXPECT_EQ(TruncatedNote(std::string(1025, 'a')), std::string(1020, 'a') + " ...");
}

TEST(EventNote, IsNotCutWithinACharacter) {
  // Of two bytes each, so that byte 1020 is in the middle of one.
  std::string note = "a";
  for (int i = 0; i < 600; ++i) note += "\xc3\xa9";
  const std::string cut = TruncatedNote(note);
  EXPECT_EQ(cut, note.substr(0, 1019) + " ...");
}

TEST(EventNote, OfBytesThatAreNoTextIsCutToo) {
  EXPECT_EQ(TruncatedNote(std::string(2000, '\x80')), " ...");
}

Event Sample() {
  return {.regarding = {.kind = "Pod",
                        .namespace_name = "ns",
                        .name = "web",
                        .uid = "u",
                        .resource_version = "7"},
          .type = kWarningEvent,
          .reason = "FailedScheduling",
          .action = "Scheduling",
          .note = "0/3 nodes: 100%s",
          .controller = "berth"};
}

TEST(EventKey, LeavesOutTheNoteOnly) {
  const Event event = Sample();
  Event same = event;
  same.note = "other";
  EXPECT_EQ(SeriesKey(event), SeriesKey(same));
  const auto differs = [&](auto change) {
    Event other = event;
    change(other);
    return SeriesKey(other) != SeriesKey(event);
  };
  EXPECT_TRUE(differs([](Event& other) { other.type = kNormalEvent; }));
  EXPECT_TRUE(differs([](Event& other) { other.reason = "x"; }));
  EXPECT_TRUE(differs([](Event& other) { other.action = "x"; }));
  EXPECT_TRUE(differs([](Event& other) { other.controller = "x"; }));
  EXPECT_TRUE(differs([](Event& other) { other.regarding.resource_version = "8"; }));
  EXPECT_TRUE(differs([](Event& other) { other.regarding.uid = "8"; }));
  EXPECT_TRUE(differs([](Event& other) { other.related = other.regarding; }));
  EXPECT_TRUE(differs([](Event& other) { other.core_only = true; }));
}

constexpr std::int64_t kFirst = 1'767'322'984'005'006'000;
constexpr std::int64_t kLast = kFirst + 2'000'000'000;

TEST(EventBody, OfTheEventsGroup) {
  const Request request =
      CreateEvent(EventApi::kEvents, Sample(), {"web.1", 1, kFirst, kFirst}, "berth-host");
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.path, "/apis/events.k8s.io/v1/namespaces/ns/events");
  EXPECT_EQ(request.content_type, kJson);
  EXPECT_EQ(json::parse(request.body), json::parse(R"({
    "apiVersion": "events.k8s.io/v1", "kind": "Event",
    "metadata": {"name": "web.1", "namespace": "ns"},
    "eventTime": "2026-01-02T03:03:04.005006Z",
    "reportingController": "berth", "reportingInstance": "berth-host",
    "action": "Scheduling", "reason": "FailedScheduling", "type": "Warning",
    "note": "0/3 nodes: 100%s",
    "regarding": {"kind": "Pod", "apiVersion": "v1", "namespace": "ns", "name": "web", "uid": "u",
                  "resourceVersion": "7"}})"));
}

TEST(EventBody, OfTheCore) {
  Event event = Sample();
  event.related = EventRegarding{.kind = "Node", .name = "n"};
  const Request request =
      CreateEvent(EventApi::kCore, event, {"web.1", 2, kFirst, kLast}, "berth-host");
  EXPECT_EQ(request.path, "/api/v1/namespaces/ns/events");
  EXPECT_EQ(json::parse(request.body), json::parse(R"({
    "apiVersion": "v1", "kind": "Event",
    "metadata": {"name": "web.1", "namespace": "ns"},
    "firstTimestamp": "2026-01-02T03:03:04Z", "lastTimestamp": "2026-01-02T03:03:06Z", "count": 2,
    "source": {"component": "berth"}, "reportingComponent": "berth",
    "reason": "FailedScheduling", "type": "Warning", "message": "0/3 nodes: 100%s",
    "related": {"kind": "Node", "apiVersion": "v1", "name": "n"},
    "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "ns", "name": "web",
                       "uid": "u", "resourceVersion": "7"}})"));
}

TEST(EventBody, OfASeries) {
  const EventState state{"web.1", 5, kFirst, kLast};
  const Request request = UpdateEvent(EventApi::kEvents, Sample(), state);
  EXPECT_EQ(request.method, Method::kPatch);
  EXPECT_EQ(request.path, "/apis/events.k8s.io/v1/namespaces/ns/events/web.1");
  EXPECT_EQ(request.content_type, kStrategicMergePatch);
  EXPECT_EQ(json::parse(request.body), json::parse(R"({
    "series": {"count": 5, "lastObservedTime": "2026-01-02T03:03:06.005006Z"}})"));
  EXPECT_EQ(json::parse(UpdateEvent(EventApi::kCore, Sample(), state).body),
            json::parse(R"({"count": 5, "lastTimestamp": "2026-01-02T03:03:06Z"})"));
}

TEST(EventBody, OfAnObjectWithoutNamespaceIsInDefault) {
  Event event = Sample();
  event.regarding = {.kind = "Node", .name = "n"};
  const Request request = CreateEvent(EventApi::kEvents, event, {"n.1", 1, kFirst, kFirst}, "i");
  EXPECT_EQ(request.path, "/apis/events.k8s.io/v1/namespaces/default/events");
  EXPECT_EQ(json::parse(request.body)["metadata"]["namespace"], "default");
}

TEST(EventBody, SurvivesBytesThatAreNoText) {
  Event event = Sample();
  event.note =
      "a\xff"
      "b";
  const Request request = CreateEvent(EventApi::kEvents, event, {"n.1", 1, kFirst, kFirst}, "i");
  EXPECT_EQ(json::parse(request.body)["note"],
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace berth::kube
