// How long pods wait after a failure, and what time alone does.
#include "scheduler/queue/backoff.h"

#include "tests/queue/support.h"

namespace berth::queue {
namespace {

using ::testing::ElementsAre;
using Counts = SchedulingQueue::Counts;

std::vector<std::chrono::nanoseconds> Durations(const Backoff::Options& options, int count) {
  const support::FakeClock clock;
  const Backoff backoff(options, clock);
  std::vector<std::chrono::nanoseconds> durations;
  QueuedPod pod;
  for (pod.unschedulable_count = 0; pod.unschedulable_count < count; ++pod.unschedulable_count) {
    durations.push_back(backoff.DurationOf(pod));
  }
  return durations;
}

TEST(Backoff, DoublesUpToItsMaximum) {
  EXPECT_THAT(Durations({}, 8), ElementsAre(0s, 1s, 2s, 4s, 8s, 10s, 10s, 10s));
  EXPECT_THAT(Durations({3s, 3s}, 4), ElementsAre(0s, 3s, 3s, 3s));
  EXPECT_THAT(Durations({5s, 2s}, 3), ElementsAre(0s, 2s, 2s));
  EXPECT_EQ(Durations({}, 200).back(), 10s);
}

TEST(Backoff, CanBeSwitchedOff) { EXPECT_THAT(Durations({1s, 0s}, 3), ElementsAre(0s, 0s, 0s)); }

TEST(Backoff, CountsErrorsInARowIfThereAreAny) {
  const support::FakeClock clock;
  QueuedPod pod;
  pod.unschedulable_count = 5;
  pod.consecutive_errors = 2;
  EXPECT_EQ(Backoff({}, clock).DurationOf(pod), 2s);
}

class Waiting : public QueueTest {};

TEST_F(Waiting, EndsInTheSecondAfterTheOneThatItEndsIn) {
  clock_.Advance(700ms);
  AddFailed(MakePod("a"), {});  // until 1.7 s, so until second 1 is over
  EXPECT_EQ(queue_->NextFlush(), clock_.Now() + 1300ms);
  clock_.Advance(1200ms);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "backoff");
  clock_.Advance(99ms);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "backoff");
  clock_.Advance(1ms);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "active");
  EXPECT_THAT(observer_.incoming, ElementsAre("active/BackoffComplete"));
}

TEST_F(Waiting, IsNotInWholeSecondsWithoutPopFromBackoff) {
  MakeQueue({.pop_from_backoff = false});
  clock_.Advance(700ms);
  AddFailed(MakePod("a"), {});
  EXPECT_EQ(queue_->NextFlush(), clock_.Now() + 1s);
  clock_.Advance(1s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "active");
}

TEST_F(Waiting, IsOverForAPodThatAnEventWakesLate) {
  AddFailed(MakePod("early"), {{"Fit"}, {}});
  clock_.Advance(1999ms);
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("early"), "backoff");
  MakeQueue({});
  AddFailed(MakePod("late"), {{"Fit"}, {}});
  clock_.Advance(2s);
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("late"), "active");
}

TEST_F(Waiting, GivesWayWhenNothingElseIsToBeDone) {
  AddFailed(MakePod("a"), {{"Fit"}, {}});
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("a"), "backoff");
  observer_.TakeIncoming();
  queue_->Add(MakePod("b"));
  EXPECT_EQ(PopName(), "b");
  observer_.TakeIncoming();
  EXPECT_EQ(PopName(), "a");
  EXPECT_THAT(observer_.incoming, ElementsAre("active/PopFromBackoffQ"));
}

TEST_F(Waiting, DoesNotGiveWayAfterAnError) {
  AddFailed(MakePod("a"), {});
  EXPECT_EQ(PopName(), "");
}

TEST_F(Waiting, DoesNotGiveWayWithTheGateOff) {
  MakeQueue({.pop_from_backoff = false});
  AddFailed(MakePod("a"), {{"Fit"}, {}});
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("a"), "backoff");
  EXPECT_EQ(PopName(), "");
}

TEST_F(Waiting, OrdersPodsBySecondsThenByQueueSort) {
  clock_.Advance(100ms);
  AddFailed(MakePod("low"), {{"Fit"}, {}});
  clock_.Advance(500ms);
  AddFailed(MakePod("high", 9), {{"Fit"}, {}});
  clock_.Advance(500ms);
  AddFailed(MakePod("next second", 99), {{"Fit"}, {}});
  Move(kNodeAdd);
  EXPECT_EQ(queue_->counts(), (Counts{.backoff = 3}));
  for (const char* name : {"high", "low", "next second"}) EXPECT_EQ(PopName(), name);
}

TEST_F(Waiting, OrdersPodsByQueueSortOnceItIsOver) {
  AddFailed(MakePod("low"), {});
  clock_.Advance(500ms);
  AddFailed(MakePod("high", 9), {});
  clock_.Advance(10s);
  queue_->Flush();
  EXPECT_EQ(PopName(), "high");
  EXPECT_EQ(PopName(), "low");
}

TEST_F(Waiting, DoesNotAskPreEnqueueAgainWhenItIsOver) {
  AddFailed(MakePod("a"), {});
  plugins_.pre_enqueued = 0;
  clock_.Advance(10s);
  queue_->Flush();
  EXPECT_EQ(PopName(), "a");
  EXPECT_EQ(plugins_.pre_enqueued, 0);
}

TEST_F(Waiting, DoesNotMindJumpsOfTheWallClock) {
  AddFailed(MakePod("a"), {});
  clock_.JumpWall(-3600s);
  clock_.Advance(2s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "active");
  EXPECT_EQ(PopName(), "a");
  AddFailed(MakePod("b"), {});
  clock_.JumpWall(7200s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("b"), "backoff");
}

class Unschedulable : public QueueTest {};

TEST_F(Unschedulable, PodsAreWokenAfterLong) {
  AddFailed(MakePod("a"), {{"Fit"}, {}});
  EXPECT_EQ(queue_->NextFlush(), clock_.Now() + 330s) << "more than five minutes, at a half minute";
  clock_.Advance(329s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  clock_.Advance(1s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "active");
  EXPECT_THAT(observer_.incoming, ElementsAre("active/UnschedulableTimeout"));
  const auto popped = queue_->Pop();
  EXPECT_TRUE(popped->was_flushed);
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, popped->pod, {{"Fit"}, {}}));
  EXPECT_FALSE(queue_->Find("default", "a")->was_flushed);
}

TEST_F(Unschedulable, PodsAreLookedAtEveryHalfMinute) {
  clock_.Advance(10s);
  AddFailed(MakePod("a"), {{"Fit"}, {}});
  EXPECT_EQ(queue_->NextFlush(), clock_.Now() + 320s);
  clock_.Advance(319s);
  queue_->Flush();  // that of second 300, late: it counts what was over by then
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  clock_.Advance(1s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "active");
}

TEST_F(Unschedulable, GatedPodsAreLeftAlone) {
  queue_->Add(Labelled(MakePod("a"), "gate", "on"));
  EXPECT_EQ(queue_->NextFlush(), base::Clock::Steady::max());
  clock_.Advance(3600s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "gated");
}

TEST_F(Unschedulable, GatedPodsAreWokenByAPluginThatWantsAll) {
  plugins_.registrations.push_back({"gate", ClusterEvent()});
  queue_->Add(Labelled(MakePod("a"), "gate", "on"));
  plugins_.pre_enqueued = 0;
  clock_.Advance(3600s);
  queue_->Flush();
  EXPECT_EQ(WhereIs("a"), "gated");
  EXPECT_EQ(plugins_.pre_enqueued, 1);
  EXPECT_EQ(queue_->NextFlush(), clock_.Now() + 30s);
}

TEST_F(Unschedulable, NothingIsDueWhereNothingWaits) {
  EXPECT_EQ(queue_->NextFlush(), base::Clock::Steady::max());
  queue_->Add(MakePod("a"));
  EXPECT_EQ(queue_->NextFlush(), base::Clock::Steady::max());
  clock_.Advance(10000s);
  queue_->Flush();
}

}  // namespace
}  // namespace berth::queue
