// Which events are worth another try, by what plugins register and hint.
#include "scheduler/framework/event_registrations.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "tests/support/builders.h"

namespace berth::framework {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::Contains;
using ::testing::Not;

constexpr ClusterEvent kNodeAdd{EventResource::kNode, kAdd};
constexpr ClusterEvent kNodeLabel{EventResource::kNode, kUpdateNodeLabel};
constexpr ClusterEvent kNodeTaint{EventResource::kNode, kUpdateNodeTaint};

// Registers what it is told to, and hints what it is told to.
class HintingPlugin final : public Plugin {
 public:
  HintingPlugin(std::string_view name, std::vector<EventRegistration> events,
                base::Result<Hint> hint)
      : name_(name), events_(std::move(events)), hint_(std::move(hint)) {}

  std::string_view Name() const override { return name_; }
  std::vector<EventRegistration> EventsToRegister() const override { return events_; }
  base::Result<Hint> QueueingHint(const PodContext&, const api::Pod&,
                                  const ObjectChange&) const override {
    ++asked;
    return hint_;
  }

  mutable int asked = 0;

 private:
  std::string_view name_;
  std::vector<EventRegistration> events_;
  base::Result<Hint> hint_;
};

class PlainPlugin final : public Plugin {
 public:
  std::string_view Name() const override { return "Plain"; }
};

class WorthRequeuingTest : public ::testing::Test {
 protected:
  QueueingStrategy Ask(const EventRegistrations& registrations, const Rejectors& rejectors,
                       const ClusterEvent& event, EventObject after = {}) {
    const PodContext context{cluster_, cluster_.classes.ClassOfPending(*pod_)};
    return registrations.WorthRequeuing(rejectors, context, *pod_, {event, {}, after});
  }

  cluster::Cluster cluster_;
  std::shared_ptr<const api::Pod> pod_ = PodBuilder("p").Build();
  HintingPlugin queue_{"Queue", {{kNodeAdd}}, Hint::kQueue};
  HintingPlugin skip_{"Skip", {{kNodeAdd}}, Hint::kSkip};
  HintingPlugin fail_{"Fail", {{kNodeAdd}}, base::Fail("broken")};
  HintingPlugin silent_{"Silent", {{kNodeAdd, false}}, Hint::kSkip};
};

TEST_F(WorthRequeuingTest, APodThatNobodyTurnedAwayIsTriedAgain) {
  const EventRegistrations none({});
  EXPECT_EQ(Ask(none, {}, kNodeAdd), QueueingStrategy::kAfterBackoff);
}

TEST_F(WorthRequeuingTest, HintsOfThoseWhoTurnedItAwayDecide) {
  const Plugin* plugins[] = {&queue_, &skip_, &fail_, &silent_};
  const EventRegistrations registrations(plugins);
  EXPECT_EQ(Ask(registrations, {{"Queue"}, {}}, kNodeAdd), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(Ask(registrations, {{"Skip"}, {}}, kNodeAdd), QueueingStrategy::kSkip);
  EXPECT_EQ(Ask(registrations, {{"Skip", "Queue"}, {}}, kNodeAdd), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(Ask(registrations, {{"Another"}, {}}, kNodeAdd), QueueingStrategy::kSkip);
  EXPECT_EQ(Ask(registrations, {{"Queue"}, {}}, kNodeLabel), QueueingStrategy::kSkip);
}

TEST_F(WorthRequeuingTest, AnErrorOrNoHintIsAsGoodAsQueue) {
  const Plugin* plugins[] = {&fail_, &silent_};
  const EventRegistrations registrations(plugins);
  EXPECT_EQ(Ask(registrations, {{"Fail"}, {}}, kNodeAdd), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(Ask(registrations, {{"Silent"}, {}}, kNodeAdd), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(silent_.asked, 0);
}

TEST_F(WorthRequeuingTest, APendingPluginDoesNotWaitForTheBackoff) {
  const Plugin* plugins[] = {&skip_, &queue_};
  const EventRegistrations registrations(plugins);
  EXPECT_EQ(Ask(registrations, {{}, {"Queue"}}, kNodeAdd), QueueingStrategy::kImmediately);
  EXPECT_EQ(Ask(registrations, {{"Queue"}, {"Skip"}}, kNodeAdd), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(Ask(registrations, {{}, {"Skip"}}, kNodeAdd), QueueingStrategy::kSkip);
}

TEST_F(WorthRequeuingTest, OneQueueIsEnough) {
  HintingPlugin second("Second", {{kNodeAdd}}, Hint::kQueue);
  const Plugin* plugins[] = {&queue_, &second};
  const EventRegistrations registrations(plugins);
  EXPECT_EQ(Ask(registrations, {{"Queue", "Second"}, {}}, kNodeAdd),
            QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(queue_.asked + second.asked, 1);
}

TEST_F(WorthRequeuingTest, AWildcardEventIsForEverybodyOrForThePodItNames) {
  const Plugin* plugins[] = {&skip_};
  const EventRegistrations registrations(plugins);
  const Rejectors rejectors{{"Skip"}, {}};
  EXPECT_EQ(Ask(registrations, rejectors, kUnschedulableTimeout), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(Ask(registrations, rejectors, kForceActivate, pod_.get()),
            QueueingStrategy::kAfterBackoff);
  PodBuilder other("other");
  other.pod().meta.uid = "1";
  EXPECT_EQ(Ask(registrations, rejectors, kForceActivate, other.Build().get()),
            QueueingStrategy::kSkip);
}

TEST_F(WorthRequeuingTest, APluginThatDoesNotSayHearsOfEverything) {
  const PlainPlugin plain;
  const Plugin* plugins[] = {&plain};
  const EventRegistrations registrations(plugins);
  EXPECT_TRUE(registrations.Wanted({EventResource::kCsiNode, kUpdate}));
  EXPECT_EQ(Ask(registrations, {{"Plain"}, {}}, {EventResource::kCsiNode, kUpdate}),
            QueueingStrategy::kAfterBackoff);
}

TEST_F(WorthRequeuingTest, WhoHearsOfNewNodesHearsOfTheirTaints) {
  const Plugin* plugins[] = {&skip_};
  const EventRegistrations registrations(plugins);
  EXPECT_TRUE(registrations.WantedBy("Skip", kNodeTaint));
  EXPECT_EQ(Ask(registrations, {{"Skip"}, {}}, kNodeTaint), QueueingStrategy::kAfterBackoff);
  EXPECT_EQ(skip_.asked, 0) << "there is no hint for these";

  const HintingPlugin own("Own", {{{EventResource::kNode, kAdd | kUpdateNodeTaint}}}, Hint::kSkip);
  const Plugin* others[] = {&own};
  EXPECT_EQ(Ask(EventRegistrations(others), {{"Own"}, {}}, kNodeTaint), QueueingStrategy::kSkip);
}

class DefaultProfileEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto runtime = ProfileRuntime::Make(config::DefaultConfiguration().profiles.front(),
                                        plugins::MakeRegistry(), ColumnCaching::kOn);
    ASSERT_TRUE(runtime.has_value());
    runtime_ = *std::move(runtime);
    plugins_ = RejectingPlugins(*runtime_);
  }
  std::vector<std::string_view> Names() const {
    std::vector<std::string_view> names;
    for (const Plugin* plugin : plugins_) names.push_back(plugin->Name());
    return names;
  }

  std::unique_ptr<ProfileRuntime> runtime_;
  std::vector<const Plugin*> plugins_;
};

TEST_F(DefaultProfileEventsTest, ThoseWhoOnlyScoreDoNotCount) {
  EXPECT_THAT(Names(), Contains("NodeResourcesFit"));
  EXPECT_THAT(Names(), Contains("SchedulingGates"));
  EXPECT_THAT(Names(), Not(Contains("ImageLocality")));
  EXPECT_THAT(Names(), Not(Contains("NodeResourcesBalancedAllocation")));
}

TEST_F(DefaultProfileEventsTest, TenPluginsHearOfTaintsBesideTheirOwnEvents) {
  const EventRegistrations registrations(plugins_);
  const std::vector<std::string_view> added = {
      "NodeName",           "NodePorts",           "NodeAffinity", "NodeResourcesFit",
      "VolumeRestrictions", "VolumeBinding",       "VolumeZone",   "InterPodAffinity",
      "DynamicResources",   "NodeDeclaredFeatures"};
  const std::vector<std::string_view> own = {"NodeUnschedulable", "TaintToleration",
                                             "PodTopologySpread"};
  for (const Plugin* plugin : plugins_) {
    const bool expected = std::ranges::find(added, plugin->Name()) != added.end() ||
                          std::ranges::find(own, plugin->Name()) != own.end();
    EXPECT_EQ(registrations.WantedBy(plugin->Name(), kNodeTaint), expected) << plugin->Name();
  }
}

TEST_F(DefaultProfileEventsTest, NobodyWantsConditionsAnnotationsOrAnyOtherPodUpdate) {
  const EventRegistrations registrations(plugins_);
  EXPECT_FALSE(registrations.Wanted({EventResource::kNode, kUpdateNodeCondition}));
  EXPECT_FALSE(registrations.Wanted({EventResource::kNode, kUpdateNodeAnnotation}));
  EXPECT_FALSE(registrations.WantedBy("NodeVolumeLimits", kNodeAdd));
  for (const Plugin* plugin : plugins_) {
    EXPECT_EQ(registrations.WantedBy(plugin->Name(), {EventResource::kAssignedPod, kUpdate}),
              plugin->Name() == "NodeDeclaredFeatures")
        << plugin->Name();
  }
}

}  // namespace
}  // namespace berth::framework
