// Profiles, what they say to the queue, and what has to be watched for them.
#include "scheduler/queue/profiles.h"

#include <gmock/gmock.h>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/live/cluster_watch.h"
#include "tests/live/live_cluster.h"
#include "tests/support/builders.h"

namespace berth::live {
namespace {

using config::ExtensionPoint;
using framework::EventResource;
using support::PodBuilder;
using ::testing::Contains;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::shared_ptr<const api::Pod> PodOf(const std::string& scheduler,
                                      PodBuilder pod = PodBuilder("p")) {
  pod.spec().scheduler_name = scheduler;
  return pod.Build();
}

class ProfilesTest : public ::testing::Test {
 protected:
  ProfilesTest() {
    config_.profiles.push_back(config_.profiles.front());
    config_.profiles.back().scheduler_name = "second";
    profiles_ = *queue::Profiles::Make(config_, plugins::MakeRegistry(), cluster_);
  }

  cluster::Cluster cluster_;
  config::Configuration config_ = config::DefaultConfiguration();
  std::unique_ptr<queue::Profiles> profiles_;
};

TEST_F(ProfilesTest, AreFoundByTheNameOfTheScheduler) {
  EXPECT_NE(profiles_->Of(*PodOf("default-scheduler")), nullptr);
  EXPECT_NE(profiles_->Of(*PodOf("second")), profiles_->Of(*PodOf("default-scheduler")));
  EXPECT_EQ(profiles_->Of(*PodOf("somebody-else")), nullptr);
}

TEST_F(ProfilesTest, NameEachPluginOnce) {
  const auto names = profiles_->PluginsAt(ExtensionPoint::kFilter);
  EXPECT_THAT(names, Contains("NodeResourcesFit").Times(1));
  EXPECT_THAT(names, Not(Contains("DefaultBinder")));
}

TEST_F(ProfilesTest, KeepGatedPodsOut) {
  PodBuilder gated("p");
  gated.spec().scheduling_gates = {"not-yet"};
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second", gated), ""), "SchedulingGates");
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second", gated), "SchedulingGates"), "SchedulingGates");
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second"), ""), "");
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second"), "SchedulingGates"), "");
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("somebody-else", gated), ""), "");
}

TEST_F(ProfilesTest, KeepPodsOutThatWaitForVictims) {
  bool waits = true;
  profiles_->SetPreemptionGate([&](const api::Pod&) { return waits; });
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second"), ""), "DefaultPreemption");
  waits = false;
  EXPECT_EQ(profiles_->PreEnqueue(*PodOf("second"), "DefaultPreemption"), "");
}

TEST_F(ProfilesTest, SortByPriorityAndThenByTime) {
  const auto queued = [](int priority, int time) {
    PodBuilder pod("p");
    pod.spec().priority = priority;
    queue::QueuedPod one;
    one.pod = pod.Build();
    one.timestamp = base::Clock::Steady(std::chrono::seconds(time));
    return one;
  };
  EXPECT_TRUE(profiles_->Less(queued(2, 2), queued(1, 1)));
  EXPECT_TRUE(profiles_->Less(queued(1, 1), queued(1, 2)));
  EXPECT_FALSE(profiles_->Less(queued(1, 1), queued(1, 1)));
}

TEST_F(ProfilesTest, TellWhoWantsToHearOfWhat) {
  EXPECT_TRUE(profiles_->Wanted({EventResource::kNode, framework::kAdd}));
  EXPECT_TRUE(profiles_->WantedBy("NodeResourcesFit", {EventResource::kNode, framework::kAdd}));
  EXPECT_FALSE(profiles_->WantedBy("NodeName", {EventResource::kCsiDriver, framework::kUpdate}));
}

TEST_F(ProfilesTest, CannotBeMadeOfPluginsThatDoNotExist) {
  config_.profiles.back().plugins[static_cast<std::size_t>(ExtensionPoint::kFilter)].push_back(
      {"Nobody", 0});
  EXPECT_FALSE(queue::Profiles::Make(config_, plugins::MakeRegistry(), cluster_).has_value());
}

// ---- What is watched ----

class WatchedKindsTest : public ::testing::Test {
 protected:
  std::set<std::string_view> WatchedWithout(const std::set<std::string>& plugins) {
    auto setup = LiveCluster::DefaultSetup();
    for (auto& point : setup.config.profiles.front().plugins) {
      std::erase_if(point, [&](const auto& plugin) { return plugins.contains(plugin.name); });
    }
    LiveCluster cluster(setup);
    const ClusterWatch watch(*cluster.scheduler, cluster.api, cluster.clock, 1);
    EXPECT_FALSE(watch.IsSynced());
    return watch.waiting();
  }
};

TEST_F(WatchedKindsTest, AreAllOfThemByDefault) {
  EXPECT_THAT(WatchedWithout({}),
              UnorderedElementsAre("Node", "Pod", "Namespace", "Service", "ReplicationController",
                                   "ReplicaSet", "StatefulSet", "PodDisruptionBudget",
                                   "PersistentVolume", "PersistentVolumeClaim", "StorageClass",
                                   "CSINode", "CSIDriver", "CSIStorageCapacity", "VolumeAttachment",
                                   "ResourceClaim", "ResourceSlice", "DeviceClass"));
}

TEST_F(WatchedKindsTest, AreThoseThatPluginsLookAt) {
  EXPECT_THAT(
      WatchedWithout({"PodTopologySpread", "DefaultPreemption", "VolumeBinding",
                      "VolumeRestrictions", "NodeVolumeLimits", "VolumeZone", "DynamicResources",
                      "NodeResourcesFit", "NodeResourcesBalancedAllocation"}),
      UnorderedElementsAre("Node", "Pod", "Namespace"));
}

TEST_F(WatchedKindsTest, AreThereForAnyPluginThatNeedsThem) {
  const auto kinds = WatchedWithout({"VolumeBinding", "VolumeRestrictions", "VolumeZone"});
  EXPECT_THAT(kinds, Contains("PersistentVolume"));
}

}  // namespace
}  // namespace berth::live
