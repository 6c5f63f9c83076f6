// The order of pods, and pods that come, change, go and fail.
#include "scheduler/queue/scheduling_queue.h"

#include "tests/queue/support.h"

namespace berth::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using Counts = SchedulingQueue::Counts;

class Order : public QueueTest {};
class Pods : public QueueTest {};
class Attempts : public QueueTest {};
class Activate : public QueueTest {};
class Take : public QueueTest {};

TEST_F(Order, IsThatOfQueueSortThenOfArrival) {
  queue_->Add(MakePod("low"));
  queue_->Add(MakePod("high", 10));
  queue_->Add(MakePod("low2"));
  clock_.Advance(1ms);
  queue_->Add(MakePod("high later", 10));
  for (const char* name : {"high", "high later", "low", "low2", ""}) EXPECT_EQ(PopName(), name);
}

TEST_F(Order, FollowsAnUpdate) {
  const auto first = MakePod("a");
  const auto second = MakePod("b");
  queue_->Add(first);
  queue_->Add(second);
  queue_->Update(second, MakePod("b", 1));
  EXPECT_EQ(PopName(), "b");
  EXPECT_EQ(PopName(), "a");
}

TEST_F(Order, OfManyPodsIsSorted) {
  for (int i = 0; i < 500; ++i) queue_->Add(MakePod("p" + std::to_string(i), i * 7 % 101));
  std::int32_t last = 1000;
  while (const auto popped = queue_->Pop()) {
    EXPECT_LE(popped->pod->Priority(), last);
    last = popped->pod->Priority();
  }
  EXPECT_EQ(queue_->in_flight(), 500u);
}

TEST_F(Pods, ThatComeAreActive) {
  queue_->Add(MakePod("a"));
  EXPECT_EQ(queue_->counts(), (Counts{.active = 1}));
  EXPECT_THAT(observer_.incoming, ElementsAre("active/UnschedulablePodAdd"));
  const QueuedPod* pod = queue_->Find("default", "a");
  ASSERT_NE(pod, nullptr);
  EXPECT_EQ(pod->timestamp, clock_.Now());
  EXPECT_EQ(pod->initial_attempt, clock_.Now());
  EXPECT_EQ(pod->attempts, 0);
}

TEST_F(Pods, ThatComeAgainStartAnew) {
  const auto pod = MakePod("a");
  AddFailed(pod, {{"Fit"}, {}});
  queue_->Add(pod);
  EXPECT_EQ(queue_->counts(), (Counts{.active = 1}));
  EXPECT_EQ(queue_->Find("default", "a")->attempts, 0);
  EXPECT_EQ(observer_.rejectors["Fit"], 0);
}

TEST_F(Pods, InFlightAreNotAddedTwice) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  ASSERT_TRUE(queue_->Pop().has_value());
  queue_->Add(pod);
  EXPECT_FALSE(queue_->Pop().has_value());
}

TEST_F(Pods, OfAnotherNamespaceAreOthers) {
  queue_->Add(MakePod("a"));
  queue_->Add(support::PodBuilder("a").Namespace("other").Build());
  EXPECT_EQ(queue_->counts().active, 2u);
  EXPECT_NE(queue_->Find("other", "a"), nullptr);
  EXPECT_EQ(queue_->Find("third", "a"), nullptr);
}

TEST_F(Pods, WithoutUidAreToldByName) {
  const auto a = support::PodBuilder("a").Build();
  const auto b = support::PodBuilder("b").Build();
  queue_->Add(a);
  queue_->Add(b);
  ASSERT_TRUE(queue_->Pop().has_value());
  ASSERT_TRUE(queue_->Pop().has_value());
  EXPECT_EQ(queue_->in_flight(), 2u);
  queue_->Done(*a);
  EXPECT_EQ(queue_->in_flight(), 1u);
}

TEST_F(Pods, ThatAreNotKnownAreAddedByAnUpdate) {
  queue_->Update(nullptr, MakePod("a"));
  EXPECT_THAT(observer_.incoming, ElementsAre("active/UnschedulablePodUpdate"));
  EXPECT_EQ(PopName(), "a");
}

TEST_F(Pods, AreReplacedWhereTheyWait) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto changed = Labelled(pod, "k", "v");
  queue_->Update(pod, changed);
  EXPECT_EQ(queue_->Pop()->pod, changed);
}

TEST_F(Pods, OfTheSameNameButAnotherUidStartAnew) {
  AddFailed(MakePod("a", 0, "1"), {{"Fit"}, {}});
  queue_->Update(MakePod("a", 0, "1"), MakePod("a", 0, "2"));
  EXPECT_EQ(queue_->counts(), (Counts{.active = 1}));
  EXPECT_EQ(queue_->Find("default", "a")->unschedulable_count, 0);
  queue_->Delete(*MakePod("a", 0, "1"));
  EXPECT_EQ(queue_->counts().active, 1u);
}

TEST_F(Pods, MayWaitWhileOneOfTheSameNameIsInFlight) {
  const auto old = MakePod("a", 0, "1");
  queue_->Add(old);
  const auto popped = queue_->Pop();
  queue_->Delete(*old);
  queue_->Add(MakePod("a", 0, "2"));
  const auto added = queue_->AddUnschedulableIfNotPresent(*popped, old, {{"Fit"}, {}});
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().message(), "pod default/a is waiting already");
  EXPECT_EQ(queue_->in_flight(), 0u);
  EXPECT_EQ(queue_->Pop()->pod->meta.uid, "2");
}

TEST_F(Pods, ThatGoAreForgottenWherever) {
  const auto active = MakePod("active");
  const auto unschedulable = MakePod("unschedulable");
  const auto backoff = MakePod("backoff");
  const auto broken = MakePod("broken");
  AddFailed(unschedulable, {{"Fit"}, {"Devices"}});
  AddFailed(backoff, {{"Affinity"}, {}});
  AddFailed(broken, {});
  Move(kNodeLabel);
  queue_->Add(active);
  EXPECT_EQ(queue_->counts(), (Counts{.active = 1, .backoff = 2, .unschedulable = 1}));
  for (const auto& pod : {active, unschedulable, backoff, broken}) queue_->Delete(*pod);
  EXPECT_EQ(queue_->counts(), Counts());
  EXPECT_THAT(observer_.rejectors,
              ElementsAre(Pair("Affinity", 0), Pair("Devices", 0), Pair("Fit", 0)));
  EXPECT_EQ(queue_->NextFlush(), base::Clock::Steady::max());
  queue_->Delete(*active);
}

TEST_F(Attempts, AreCountedAndForgetWhoTurnedThePodAway) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto first_ready = clock_.Now();
  auto popped = queue_->Pop();
  EXPECT_EQ(popped->attempts, 1);
  EXPECT_EQ(queue_->in_flight(), 1u);
  clock_.Advance(3s);
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, {{"Fit"}, {"Devices"}}));
  EXPECT_EQ(queue_->in_flight(), 0u);
  EXPECT_EQ(observer_.rejectors["Fit"], 1);
  EXPECT_EQ(observer_.rejectors["Devices"], 1);
  EXPECT_EQ(queue_->Find("default", "a")->timestamp, clock_.Now());
  Move(kPodDelete);
  popped = queue_->Pop();
  EXPECT_EQ(popped->attempts, 2);
  EXPECT_TRUE(popped->rejectors.empty());
  EXPECT_EQ(popped->initial_attempt, first_ready);
  EXPECT_EQ(observer_.rejectors["Fit"], 0);
  EXPECT_EQ(observer_.rejectors["Devices"], 0);
}

TEST_F(Attempts, ThatAreRejectedWaitForAnEvent) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto popped = queue_->Pop();
  observer_.TakeIncoming();
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, {{"Fit"}, {}}));
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  EXPECT_THAT(observer_.incoming, ElementsAre("unschedulable/ScheduleAttemptFailure"));
  EXPECT_FALSE(queue_->Pop().has_value());
}

TEST_F(Attempts, ThatBreakAreBackedOff) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto popped = queue_->Pop();
  observer_.TakeIncoming();
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, {}));
  EXPECT_EQ(WhereIs("a"), "backoff");
  EXPECT_THAT(observer_.incoming, ElementsAre("backoff/ScheduleAttemptFailure"));
}

TEST_F(Attempts, ComeBackWithThePodAsItIsByNow) {
  const auto pod = MakePod("a");
  const auto fresh = Labelled(pod, "k", "v");
  queue_->Add(pod);
  const auto popped = queue_->Pop();
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, fresh, {{"Fit"}, {}}));
  EXPECT_EQ(queue_->Find("default", "a")->pod, fresh);
}

// Its binding failed after Done: what it has missed is not known.
TEST_F(Attempts, ThatFailAfterDoneAreBackedOff) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto popped = queue_->Pop();
  queue_->Done(*pod);
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, {{"Fit"}, {}}));
  EXPECT_EQ(WhereIs("a"), "backoff");
}

TEST_F(Attempts, CountErrorsInARowApartFromRejections) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto fail = [&](const framework::Rejectors& rejectors) {
    clock_.Advance(20s);
    queue_->Flush();
    Move(kNodeAdd);
    const auto popped = queue_->Pop();
    ASSERT_TRUE(popped.has_value());
    ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, rejectors));
  };
  fail({});
  fail({});
  EXPECT_EQ(queue_->Find("default", "a")->consecutive_errors, 2);
  fail({{"Fit"}, {}});
  EXPECT_EQ(queue_->Find("default", "a")->consecutive_errors, 0);
  EXPECT_EQ(queue_->Find("default", "a")->unschedulable_count, 1);
  fail({});
  EXPECT_EQ(queue_->Find("default", "a")->consecutive_errors, 1);
  EXPECT_EQ(queue_->Find("default", "a")->unschedulable_count, 1);
}

TEST_F(Activate, MovesPodsFromWhereTheyWait) {
  const auto unschedulable = MakePod("unschedulable");
  const auto broken = MakePod("broken");
  AddFailed(unschedulable, {{"Fit"}, {}});
  AddFailed(broken, {});
  plugins_.pre_enqueued = 0;
  const PodPtr pods[] = {broken, unschedulable, MakePod("stranger")};
  queue_->Activate(pods);
  EXPECT_EQ(queue_->counts(), (Counts{.active = 2}));
  EXPECT_THAT(observer_.incoming, ElementsAre("active/ForceActivate", "active/ForceActivate"));
  EXPECT_EQ(plugins_.pre_enqueued, 1) << "of the one that was unschedulable only";
  observer_.TakeIncoming();
  queue_->Activate(pods);
  EXPECT_THAT(observer_.incoming, IsEmpty()) << "they are active already";
}

TEST_F(Activate, IsKeptForAPodInFlightAndForNoOther) {
  const auto meant = MakePod("meant");
  const auto other = MakePod("other");
  queue_->Add(meant);
  queue_->Add(other);
  const auto first = queue_->Pop();
  const auto second = queue_->Pop();
  const PodPtr pods[] = {meant};
  queue_->Activate(pods);
  EXPECT_THAT(queue_->InFlightEvents(),
              ElementsAre(Pair("PodPopped", 2), Pair("ForceActivate", 1)));
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*first, meant, {{"Fit"}, {}}));
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*second, other, {{"Fit"}, {}}));
  EXPECT_EQ(WhereIs("meant"), "backoff");
  EXPECT_EQ(WhereIs("other"), "unschedulable");
}

TEST_F(Take, PopsACertainPodFromWhereItWaits) {
  AddFailed(MakePod("unschedulable"), {{"Fit"}, {}});
  AddFailed(MakePod("broken"), {});
  queue_->Add(MakePod("first", 5));
  queue_->Add(MakePod("second"));
  for (const char* name : {"second", "unschedulable", "broken"}) {
    const auto taken = queue_->Take("default", name);
    ASSERT_TRUE(taken.has_value()) << name;
    EXPECT_EQ(taken->pod->meta.name, name);
    EXPECT_GT(taken->attempts, 0);
  }
  EXPECT_EQ(queue_->in_flight(), 3u);
  EXPECT_FALSE(queue_->Take("default", "second").has_value()) << "it is in flight";
  EXPECT_EQ(PopName(), "first");
}

TEST_F(Take, LeavesGatedPods) {
  queue_->Add(Labelled(MakePod("a"), "gate", "on"));
  EXPECT_FALSE(queue_->Take("default", "a").has_value());
  EXPECT_EQ(WhereIs("a"), "gated");
}

TEST_F(Pods, AreShownInTheOrderOfArrival) {
  AddFailed(MakePod("z"), {{"Fit"}, {}});
  queue_->Add(MakePod("y"));
  queue_->Add(MakePod("x", 7));
  std::vector<std::string> names;
  queue_->Visit([&](QueueName, const QueuedPod& pod) { names.push_back(pod.pod->meta.name); });
  EXPECT_THAT(names, ElementsAre("z", "y", "x"));
  queue_->Pop();
  names.clear();
  queue_->VisitInFlight([&](const api::Pod& pod) { names.push_back(pod.meta.name); });
  EXPECT_THAT(names, ElementsAre("x"));
}

}  // namespace
}  // namespace berth::queue
