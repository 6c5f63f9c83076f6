// What is written of which events, when, and what is done about answers.
#include "scheduler/kube/event_recorder.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/kube/event_fake_client.h"
#include "tests/support/fake_clock.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

Event Failed(const std::string& pod, const std::string& note = "does not fit") {
  return {.regarding = {.kind = "Pod", .namespace_name = "ns", .name = pod, .uid = pod + "-uid"},
          .type = kWarningEvent,
          .reason = "FailedScheduling",
          .action = "Scheduling",
          .note = note,
          .controller = "berth"};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  void Make(EventRecorder::Options options) {
    options.hostname = "host";
    recorder_ =
        std::make_unique<EventRecorder>(client_, clock_, options, EventRecorder::WithoutThread());
  }
  void SetUp() override { Make({}); }

  void Record(const std::string& pod) {
    recorder_->Record(Failed(pod));
    recorder_->Step();
  }
  // Of the request that has waited for longest.
  void Answer(const Response& response) {
    client_.Take().done(response);
    recorder_->Step();
  }
  void Pass(std::chrono::nanoseconds time) {
    clock_.Advance(time);
    recorder_->Step();
  }
  static std::int64_t CountIn(const FakeClient::Sent& sent) {
    return sent.body()["series"]["count"].get<std::int64_t>();
  }

  const Response ok_{.status = 201, .body = "{}"};
  FakeClient client_;
  support::FakeClock clock_;
  std::unique_ptr<EventRecorder> recorder_;
};

TEST_F(EventRecorderTest, WritesAnEvent) {
  Record("a");
  const auto sent = client_.Take();
  EXPECT_EQ(sent.text(), "POST /apis/events.k8s.io/v1/namespaces/ns/events");
  EXPECT_EQ(sent.body()["reportingInstance"], "berth-host");
  EXPECT_THAT(sent.body()["metadata"]["name"].get<std::string>(), StartsWith("a."));
  EXPECT_FALSE(sent.body().contains("series"));
  EXPECT_EQ(recorder_->counts().recorded, 1u);
}

TEST_F(EventRecorderTest, TakesTheTimeWhenItWasRecorded) {
  recorder_->Record(Failed("a"));
  clock_.Advance(5s);
  recorder_->Step();
  EXPECT_EQ(client_.Take().body()["eventTime"], "2023-11-14T22:13:20.000000Z");
}

TEST_F(EventRecorderTest, GivesEventsOfTheSameMomentDifferentNames) {
  Record("a");
  Event other = Failed("a");
  other.regarding.resource_version = "2";
  recorder_->Record(other);
  recorder_->Step();
  EXPECT_NE(client_.Take().body()["metadata"]["name"], client_.Take().body()["metadata"]["name"]);
}

TEST_F(EventRecorderTest, CutsLongNotes) {
  recorder_->Record(Failed("a", std::string(5000, 'x')));
  recorder_->Step();
  EXPECT_EQ(client_.Take().body()["note"].get<std::string>().size(), 1024u);
}

TEST_F(EventRecorderTest, WritesTheSecondTimeAndCountsTheRest) {
  Record("a");
  Answer(ok_);
  clock_.Advance(1s);
  Record("a");
  const auto patch = client_.Take();
  EXPECT_THAT(patch.text(), StartsWith("PATCH /apis/events.k8s.io/v1/namespaces/ns/events/a."));
  EXPECT_EQ(CountIn(patch), 2);
  EXPECT_EQ(patch.body()["series"]["lastObservedTime"], "2023-11-14T22:13:21.000000Z");
  patch.done(ok_);
  for (int i = 0; i < 10; ++i) Record("a");
  EXPECT_EQ(client_.waiting(), 0u);
}

TEST_F(EventRecorderTest, WritesTheCountOfASeriesEveryHalfHour) {
  Record("a");
  Answer(ok_);
  Record("a");
  Answer(ok_);
  for (int minute = 1; minute < 30; ++minute) {
    clock_.Advance(1min);
    Record("a");
    ASSERT_EQ(client_.waiting(), 0u) << minute;
  }
  Pass(1min);
  EXPECT_EQ(CountIn(client_.Take()), 31);
}

TEST_F(EventRecorderTest, WritesTheCountWhenASeriesIsOver) {
  Record("a");
  Answer(ok_);
  Record("a");
  Answer(ok_);
  Record("a");
  Pass(6min - 1ns);
  EXPECT_EQ(client_.waiting(), 0u);
  Pass(1ns);
  EXPECT_EQ(CountIn(client_.Take()), 3);
  Record("a");
  EXPECT_THAT(client_.Take().text(), StartsWith("POST"));
}

TEST_F(EventRecorderTest, ForgetsWhatHappenedOnceWithoutAWord) {
  Record("a");
  Answer(ok_);
  Pass(6min);
  EXPECT_EQ(client_.waiting(), 0u);
  EXPECT_EQ(recorder_->Step(), base::Clock::Steady::max());
}

TEST_F(EventRecorderTest, ForgetsTheOldestWhereThereAreTooMany) {
  Make({.max_series = 2});
  for (const char* pod : {"a", "b", "a", "c", "b"}) Record(pod);
  // b was seen longest ago when c came, so that it is new again.
  EXPECT_THAT(client_.Take().body()["regarding"]["name"], "a");
  EXPECT_THAT(client_.Take().body()["regarding"]["name"], "b");
  EXPECT_THAT(client_.Take().body()["regarding"]["name"], "c");
  const auto again = client_.Take();
  EXPECT_THAT(again.text(), StartsWith("POST"));
  EXPECT_THAT(again.body()["regarding"]["name"], "b");
}

// One request after the other, or the PATCH might find nothing.
TEST_F(EventRecorderTest, WaitsForTheFirstWriteBeforeTheSecond) {
  Record("a");
  Record("a");
  Record("a");
  EXPECT_EQ(client_.waiting(), 1u);
  Answer(ok_);
  EXPECT_EQ(CountIn(client_.Take()), 3);
}

TEST_F(EventRecorderTest, TriesAgainWhereNoAnswerCame) {
  Record("a");
  const auto first = client_.Take();
  first.done(NoAnswer());
  recorder_->Step();
  Pass(10s - 1ns);
  EXPECT_EQ(client_.waiting(), 0u);
  EXPECT_LE(recorder_->Step(), clock_.Now() + 2500ms + 1ns);
  Pass(2500ms + 1ns);
  EXPECT_EQ(client_.Take().request.body, first.request.body);
}

TEST_F(EventRecorderTest, GivesUpAfterTwelveTries) {
  Record("a");
  for (int i = 1; i < 12; ++i) {
    Answer(NoAnswer());
    Pass(13s);
  }
  EXPECT_EQ(recorder_->counts().failed, 0u);
  Answer(NoAnswer());
  Pass(13s);
  EXPECT_EQ(client_.waiting(), 0u);
  EXPECT_EQ(recorder_->counts().failed, 1u);
  Record("a");
  EXPECT_THAT(client_.Take().text(), StartsWith("POST"));
}

TEST_F(EventRecorderTest, DoesNotTryAgainWhatIsRefused) {
  Record("a");
  Answer(StatusResponse(403, "Forbidden", "no"));
  Pass(1min);
  EXPECT_EQ(client_.waiting(), 0u);
  EXPECT_EQ(recorder_->counts().failed, 1u);
}

TEST_F(EventRecorderTest, TakesAnEventThatIsThereAlreadyForItsOwn) {
  Record("a");
  Answer(NoAnswer());
  Pass(13s);
  Answer(StatusResponse(409, "AlreadyExists", "events \"a\" already exists"));
  EXPECT_EQ(recorder_->counts().failed, 0u);
  Record("a");
  EXPECT_THAT(client_.Take().text(), StartsWith("PATCH"));
}

TEST_F(EventRecorderTest, WritesAnEventAnewThatTheServerHasForgotten) {
  Record("a");
  Answer(ok_);
  Record("a");
  Answer(StatusResponse(404, "NotFound", "events \"a\" not found"));
  const auto again = client_.Take();
  EXPECT_THAT(again.text(), StartsWith("POST"));
  EXPECT_EQ(CountIn(again), 2);
}

TEST_F(EventRecorderTest, FallsBackToTheCoreWhereTheGroupIsMissing) {
  Record("a");
  Answer({.status = 404, .body = "404 page not found\n"});
  EXPECT_EQ(client_.Take().text(), "POST /api/v1/namespaces/ns/events");
  Record("b");
  EXPECT_EQ(client_.Take().text(), "POST /api/v1/namespaces/ns/events");
}

TEST_F(EventRecorderTest, DoesNotFallBackBecauseANamespaceIsMissing) {
  Record("a");
  Answer(StatusResponse(404, "NotFound", "namespaces \"ns\" not found"));
  EXPECT_EQ(recorder_->counts().failed, 1u);
  Record("b");
  EXPECT_THAT(client_.Take().text(), StartsWith("POST /apis/events.k8s.io/"));
}

TEST_F(EventRecorderTest, WritesEventsOfTheCoreWhereAsked) {
  Event event = Failed("a");
  event.core_only = true;
  recorder_->Record(event);
  recorder_->Step();
  EXPECT_EQ(client_.Take().text(), "POST /api/v1/namespaces/ns/events");
  Record("a");
  EXPECT_THAT(client_.Take().text(), StartsWith("POST /apis/events.k8s.io/"));
}

TEST_F(EventRecorderTest, DropsWhatIsTooMuchAndCountsIt) {
  for (int i = 0; i < 1005; ++i) recorder_->Record(Failed("p" + std::to_string(i)));
  EXPECT_EQ(recorder_->counts().recorded, 1000u);
  EXPECT_EQ(recorder_->counts().dropped, 5u);
}

TEST_F(EventRecorderTest, HasSoManyRequestsUnderWayOnly) {
  Make({.max_under_way = 3});
  for (int i = 0; i < 5; ++i) Record("p" + std::to_string(i));
  EXPECT_EQ(client_.waiting(), 3u);
  Answer(ok_);
  EXPECT_EQ(client_.waiting(), 3u);
}

TEST_F(EventRecorderTest, KeepsSoManyForANewTryOnly) {
  Make({.max_queued = 2});
  for (const char* pod : {"a", "b", "c"}) Record(pod);
  for (int i = 0; i < 3; ++i) Answer(NoAnswer());
  EXPECT_EQ(recorder_->counts().failed, 1u);
  Pass(13s);
  EXPECT_EQ(client_.waiting(), 2u);
}

TEST_F(EventRecorderTest, IgnoresAnswersThatComeTooLate) {
  Record("a");
  const auto sent = client_.Take();
  recorder_.reset();
  sent.done(ok_);
}

TEST_F(EventRecorderTest, FlushDoesNotWaitForWhatIsTriedAgainLater) {
  Record("a");
  EXPECT_FALSE(recorder_->Flush(std::chrono::steady_clock::now()));
  Answer(NoAnswer());
  EXPECT_TRUE(recorder_->Flush(std::chrono::steady_clock::now()));
}

TEST(EventRecorderThread, WritesWhatSeveralThreadsRecord) {
  FakeClient client;
  std::atomic<int> written = 0;
  client.respond = [&](const Request&) {
    ++written;
    return Response{.status = 201, .body = "{}"};
  };
  const base::SystemClock clock;
  EventRecorder recorder(client, clock, {.hostname = "host"});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&recorder, t] {
      for (int i = 0; i < 100; ++i) {
        recorder.Record(Failed(std::to_string(t) + "-" + std::to_string(i)));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(recorder.Flush(std::chrono::steady_clock::now() + 60s));
  EXPECT_EQ(written, 400);
}

TEST(EventRecorderThread, EndsWithRequestsUnderWay) {
  FakeClient client;
  const base::SystemClock clock;
  auto recorder = std::make_unique<EventRecorder>(client, clock, EventRecorder::Options{});
  recorder->Record(Failed("a"));
  EXPECT_FALSE(recorder->Flush(std::chrono::steady_clock::now() + 2ms));
  recorder.reset();
}

}  // namespace
}  // namespace berth::kube
