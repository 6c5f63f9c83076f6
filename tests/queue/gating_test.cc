// Pods that PreEnqueue keeps out.
#include "tests/queue/support.h"

namespace berth::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Counts = SchedulingQueue::Counts;

class Gating : public QueueTest {
 protected:
  PodPtr Gated(const std::string& name, const std::string& gate = "on") {
    return Labelled(MakePod(name), "gate", gate);
  }
};

TEST_F(Gating, KeepsAPodAmongTheUnschedulable) {
  queue_->Add(Gated("a"));
  EXPECT_EQ(queue_->counts(), (Counts{.gated = 1}));
  EXPECT_THAT(observer_.incoming, ElementsAre("unschedulable/UnschedulablePodAdd"));
  EXPECT_EQ(observer_.rejectors["gate"], 1);
  const QueuedPod* pod = queue_->Find("default", "a");
  EXPECT_EQ(pod->gating_plugin, "gate");
  EXPECT_THAT(pod->rejectors.unschedulable, ElementsAre("gate"));
  EXPECT_EQ(pod->initial_attempt, std::nullopt) << "it was never ready";
  EXPECT_EQ(PopName(), "");
}

TEST_F(Gating, EndsWithAnUpdateThatItsPluginWants) {
  plugins_.registrations.push_back({"gate", kOwnLabel});
  const auto gated = Gated("a");
  queue_->Add(gated);
  clock_.Advance(1h);
  queue_->Update(gated, MakePod("a"));
  EXPECT_EQ(queue_->counts(), (Counts{.active = 1}));
  EXPECT_EQ(queue_->Find("default", "a")->initial_attempt, clock_.Now());
  const auto popped = queue_->Pop();
  EXPECT_EQ(observer_.rejectors["gate"], 0);
  EXPECT_FALSE(popped->gated());
}

TEST_F(Gating, IsNotLookedAtAgainForOtherEvents) {
  queue_->Add(Gated("a"));
  plugins_.hints_asked = plugins_.pre_enqueued = 0;
  Move(kNodeAdd);
  EXPECT_EQ(plugins_.hints_asked, 0);
  EXPECT_EQ(plugins_.pre_enqueued, 0);
}

// Turned away by Fit, woken by its event, then gated: Fit's events are of no use any more.
TEST_F(Gating, HoldsAPodThatAnEventHasWoken) {
  plugins_.registrations.push_back({"gate", kOwnLabel});
  const auto pod = MakePod("a");
  AddFailed(pod, {{"Fit"}, {}});
  const auto gated = Labelled(pod, "gate", "on");
  queue_->Update(pod, gated);
  EXPECT_EQ(queue_->counts(), (Counts{.unschedulable = 1})) << "Fit does not care for labels";
  Move(kNodeAdd);
  EXPECT_EQ(queue_->counts(), (Counts{.gated = 1}));
  EXPECT_THAT(observer_.incoming, IsEmpty()) << "it has stayed where it was";
  plugins_.pre_enqueued = 0;
  Move(kNodeAdd);
  EXPECT_EQ(plugins_.pre_enqueued, 0);
  queue_->Update(gated, pod);
  EXPECT_EQ(queue_->counts(), (Counts{.backoff = 1}));
}

TEST_F(Gating, AsksThePluginThatHeldThePodFirst) {
  plugins_.registrations.push_back({"second gate", kOwnLabel});
  const auto gated = Gated("a", "second");
  queue_->Add(gated);
  queue_->Update(gated, Gated("a", "first"));
  EXPECT_THAT(plugins_.asked_first, ElementsAre("", "second gate"));
  EXPECT_EQ(queue_->Find("default", "a")->gating_plugin, "gate");
  EXPECT_EQ(observer_.rejectors["gate"], 1);
  EXPECT_EQ(observer_.rejectors["second gate"], 1);
  queue_->Delete(*gated);
  EXPECT_EQ(observer_.rejectors["gate"], 0);
  EXPECT_EQ(observer_.rejectors["second gate"], 0);
}

TEST_F(Gating, CountsItsPluginOnce) {
  plugins_.registrations.push_back({"gate", kNodeAdd});
  queue_->Add(Gated("a"));
  Move(kNodeAdd);
  Move(kNodeAdd);
  EXPECT_EQ(plugins_.pre_enqueued, 3);
  EXPECT_EQ(observer_.rejectors["gate"], 1);
  EXPECT_EQ(queue_->counts(), (Counts{.gated = 1}));
}

TEST_F(Gating, HoldsAPodAfterItsAttempt) {
  const auto pod = MakePod("a");
  queue_->Add(pod);
  const auto popped = queue_->Pop();
  const auto gated = Labelled(pod, "gate", "on");
  ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, gated, {}));
  EXPECT_EQ(queue_->counts(), (Counts{.gated = 1}));
}

TEST_F(Gating, HoldsAPodThatIsActivated) {
  const auto gated = Gated("a");
  queue_->Add(gated);
  const PodPtr pods[] = {gated};
  queue_->Activate(pods);
  EXPECT_EQ(queue_->counts(), (Counts{.gated = 1}));
}

// A plugin that nobody registered for everything does not let pods out by time alone.
TEST_F(Gating, HoldsAPodBackOnAnEventForAll) {
  queue_->Add(Gated("a"));
  plugins_.pre_enqueued = 0;
  queue_->MoveAllToActiveOrBackoffQueue(
      OwnedChange::Of<api::Pod>(framework::kUnschedulableTimeout, nullptr, nullptr));
  EXPECT_EQ(plugins_.pre_enqueued, 0);
}

}  // namespace
}  // namespace berth::queue
