// Events that wake pods, now or after the attempt that they came in.
#include "tests/queue/support.h"

namespace berth::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Counts = SchedulingQueue::Counts;

class Events : public QueueTest {};
class InFlightEvents : public QueueTest {
 protected:
  void Fail(const QueuedPod& popped, const framework::Rejectors& rejectors) {
    ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(popped, popped.pod, rejectors).has_value());
  }
  QueuedPod AddAndPop(const std::string& name) {
    queue_->Add(MakePod(name));
    return *queue_->Pop();
  }
};

TEST_F(Events, WakePodsWhoseRejectorsFindThemWorthIt) {
  AddFailed(MakePod("fit"), {{"Fit"}, {}});
  AddFailed(MakePod("affinity"), {{"Affinity"}, {}});
  AddFailed(MakePod("both"), {{"Fit", "Affinity"}, {}});
  plugins_.hints_asked = 0;
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("fit"), "backoff");
  EXPECT_EQ(WhereIs("affinity"), "unschedulable");
  EXPECT_EQ(WhereIs("both"), "backoff");
  EXPECT_EQ(plugins_.hints_asked, 2) << "the pod that nobody asks for is not looked at";
  EXPECT_THAT(observer_.incoming, ElementsAre("backoff/NodeAdd", "backoff/NodeAdd"));
}

TEST_F(Events, LeavePodsForWhichTheHintSaysNo) {
  plugins_.hint = [](auto, const api::Pod& pod, const auto&) { return pod.meta.name == "yes"; };
  AddFailed(MakePod("yes"), {{"Fit"}, {}});
  AddFailed(MakePod("no"), {{"Fit"}, {}});
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("yes"), "backoff");
  EXPECT_EQ(WhereIs("no"), "unschedulable");
}

TEST_F(Events, OfAPendingPluginLeaveOutTheBackoff) {
  AddFailed(MakePod("a"), {{"Fit"}, {"Devices"}});
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("a"), "active");
}

TEST_F(Events, AreOnlyForPodsThatPassThePrecheck) {
  AddFailed(MakePod("low"), {{"Fit"}, {}});
  AddFailed(MakePod("high", 9), {{"Fit"}, {}});
  queue_->MoveAllToActiveOrBackoffQueue(OwnedChange::Of<api::Node>(kNodeAdd, nullptr, node_),
                                        [](const api::Pod& pod) { return pod.Priority() <= 5; });
  EXPECT_EQ(WhereIs("low"), "backoff");
  EXPECT_EQ(WhereIs("high"), "unschedulable");
}

TEST_F(Events, ThatMatchEverythingWakeAll) {
  AddFailed(MakePod("fit"), {{"Fit"}, {}});
  AddFailed(MakePod("stranger"), {{"Nobody knows it"}, {}});
  queue_->Add(Labelled(MakePod("gated"), "gate", "on"));
  queue_->MoveAllToActiveOrBackoffQueue(
      OwnedChange::Of<api::Pod>(framework::ClusterEvent(), nullptr, nullptr));
  EXPECT_EQ(queue_->counts(), (Counts{.backoff = 2, .gated = 1}));
}

TEST_F(Events, ReachPluginsBeyondTheSixtyFourth) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("Plugin" + std::to_string(i));
  for (int i = 0; i < 100; ++i) AddFailed(MakePod("p" + names[i]), {{names[i]}, {}});
  plugins_.registrations.push_back({names[90], kNodeAdd});
  plugins_.registrations.push_back({names[5], kNodeAdd});
  Move(kNodeAdd);
  EXPECT_EQ(WhereIs("p" + names[90]), "backoff");
  EXPECT_EQ(WhereIs("p" + names[5]), "backoff");
  EXPECT_EQ(queue_->counts().unschedulable, 98u);
}

TEST_F(Events, OfThePodItselfMayWakeIt) {
  const auto pod = MakePod("a");
  AddFailed(pod, {{"Affinity"}, {}});
  const auto changed = Labelled(pod, "k", "v");
  queue_->Update(pod, changed);
  EXPECT_EQ(WhereIs("a"), "backoff");
  EXPECT_THAT(observer_.incoming, ElementsAre("backoff/UnschedulablePodUpdatePodLabel"));
  EXPECT_EQ(queue_->Find("default", "a")->pod, changed);
}

TEST_F(Events, OfThePodItselfAreComparedWithWhatIsKnown) {
  const auto pod = MakePod("a");
  AddFailed(pod, {{"Affinity"}, {}});
  queue_->Update(nullptr, pod);
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  queue_->Update(nullptr, Labelled(pod, "k", "v"));
  EXPECT_EQ(WhereIs("a"), "backoff");
}

TEST_F(Events, OfThePodItselfLeaveItToItsRejectors) {
  const auto pod = MakePod("a");
  AddFailed(pod, {{"Fit"}, {}});
  const auto changed = Labelled(pod, "k", "v");
  queue_->Update(pod, changed);
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  EXPECT_EQ(queue_->Find("default", "a")->pod, changed);
  EXPECT_THAT(observer_.incoming, IsEmpty());
}

TEST_F(InFlightEvents, CountForThePodsThatWerePoppedBefore) {
  const auto early = AddAndPop("early");
  Move(kNodeAdd);
  const auto late = AddAndPop("late");
  Fail(early, {{"Fit"}, {}});
  Fail(late, {{"Fit"}, {}});
  EXPECT_EQ(WhereIs("early"), "backoff");
  EXPECT_EQ(WhereIs("late"), "unschedulable");
}

TEST_F(InFlightEvents, ArePutToTheHintsOfThoseWhoTurnedThePodAway) {
  const auto popped = AddAndPop("a");
  Move(kNodeLabel);
  plugins_.hints_asked = 0;
  Fail(popped, {{"Fit"}, {}});
  EXPECT_EQ(WhereIs("a"), "unschedulable");
  EXPECT_EQ(plugins_.hints_asked, 0);
}

TEST_F(InFlightEvents, OfAPendingPluginWinOverOthers) {
  const auto popped = AddAndPop("a");
  Move(kPodDelete);
  Move(kNodeAdd);
  Fail(popped, {{"Fit"}, {"Devices"}});
  EXPECT_EQ(WhereIs("a"), "active");
}

TEST_F(InFlightEvents, AreNotAskedForOnceOneIsWorthIt) {
  const auto popped = AddAndPop("a");
  for (int i = 0; i < 5; ++i) Move(kNodeAdd);
  plugins_.hints_asked = 0;
  Fail(popped, {{"Fit"}, {}});
  EXPECT_EQ(plugins_.hints_asked, 1);
}

TEST_F(InFlightEvents, KeepTheirObjects) {
  const auto popped = AddAndPop("a");
  auto node = support::NodeBuilder("kept").Build();
  std::string seen;
  plugins_.hint = [&](auto, const auto&, const framework::ObjectChange& change) {
    seen = std::get<const api::Node*>(change.after)->meta.name;
    return true;
  };
  queue_->MoveAllToActiveOrBackoffQueue(OwnedChange::Of<api::Node>(kNodeAdd, nullptr, node));
  node.reset();
  Fail(popped, {{"Fit"}, {}});
  EXPECT_EQ(seen, "kept");
}

TEST_F(InFlightEvents, AreDroppedOnceNoPodIsBeforeThem) {
  Move(kNodeAdd);
  EXPECT_THAT(queue_->InFlightEvents(), ElementsAre(Pair("PodPopped", 0)));
  const auto first = AddAndPop("first");
  Move(kNodeAdd);
  Move(kNodeAdd);
  const auto second = AddAndPop("second");
  Move(kPodDelete);
  EXPECT_THAT(queue_->InFlightEvents(),
              ElementsAre(Pair("PodPopped", 2), Pair("NodeAdd", 2), Pair("AssignedPodDelete", 1)));
  queue_->Done(*first.pod);
  EXPECT_THAT(queue_->InFlightEvents(),
              ElementsAre(Pair("PodPopped", 1), Pair("AssignedPodDelete", 1)));
  queue_->Done(*second.pod);
  EXPECT_THAT(queue_->InFlightEvents(), ElementsAre(Pair("PodPopped", 0)));
}

TEST_F(InFlightEvents, AreKeptWhilePodsPoppedLaterEnd) {
  const auto first = AddAndPop("first");
  const auto second = AddAndPop("second");
  Move(kNodeAdd);
  queue_->Done(*second.pod);
  Fail(first, {{"Fit"}, {}});
  EXPECT_EQ(WhereIs("first"), "backoff");
}

TEST_F(InFlightEvents, ThatNobodyWantsAreNotKept) {
  AddAndPop("a");
  Move({EventResource::kStorageClass, framework::kAdd});
  EXPECT_THAT(queue_->InFlightEvents(), ElementsAre(Pair("PodPopped", 1)));
}

TEST_F(InFlightEvents, OfThePodItselfAreKept) {
  const auto popped = AddAndPop("a");
  const auto changed = Labelled(popped.pod, "k", "v");
  queue_->Update(popped.pod, changed);
  EXPECT_EQ(queue_->Pop().has_value(), false);
  EXPECT_THAT(queue_->InFlightEvents(),
              ElementsAre(Pair("PodPopped", 1), Pair("UnschedulablePodUpdatePodLabel", 1)));
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(popped, changed, {{"Affinity"}, {}}));
  EXPECT_EQ(WhereIs("a"), "backoff");
}

TEST_F(InFlightEvents, HaveALimitBeyondWhichThePodIsTriedAgain) {
  MakeQueue({.max_in_flight_events = 3});
  const auto first = AddAndPop("first");
  Move(kNodeLabel);
  const auto second = AddAndPop("second");
  for (int i = 0; i < 3; ++i) Move(kNodeLabel);
  EXPECT_THAT(queue_->InFlightEvents(),
              ElementsAre(Pair("PodPopped", 2), Pair("NodeUpdateNodeLabel", 3)));
  Fail(first, {{"Fit"}, {}});
  Fail(second, {{"Fit"}, {}});
  EXPECT_EQ(WhereIs("first"), "backoff") << "an event is missing";
  EXPECT_EQ(WhereIs("second"), "unschedulable");
}

}  // namespace
}  // namespace berth::queue
