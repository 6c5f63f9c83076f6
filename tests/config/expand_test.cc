// Merging with the default plugins and the expansion of multiPoint.
#include "scheduler/config/expand.h"

#include <gmock/gmock.h>

#include "scheduler/config/defaults.h"
#include "tests/config/support.h"

namespace berth::config {
namespace {

using enum ExtensionPoint;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

Profile ProfileOf(const std::string& body) { return Loaded(body).profiles.at(0); }

TEST(Expand, RunsTheDefaultPluginsInKubernetesOrder) {
  const Profile profile = DefaultConfiguration().profiles.at(0);
  EXPECT_EQ(profile.scheduler_name, "default-scheduler");
  EXPECT_THAT(NamesAt(profile, kPreEnqueue),
              ElementsAre("SchedulingGates", "DynamicResources", "DefaultPreemption"));
  EXPECT_THAT(NamesAt(profile, kQueueSort), ElementsAre("PrioritySort"));
  EXPECT_THAT(NamesAt(profile, kPreFilter),
              ElementsAre("NodeAffinity", "NodePorts", "NodeResourcesFit", "VolumeRestrictions",
                          "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread",
                          "InterPodAffinity", "DynamicResources", "NodeDeclaredFeatures"));
  EXPECT_THAT(NamesAt(profile, kFilter),
              ElementsAre("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity",
                          "NodePorts", "NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits",
                          "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity",
                          "DynamicResources", "NodeDeclaredFeatures"));
  EXPECT_THAT(
      NamesAt(profile, kPreScore),
      ElementsAre("TaintToleration", "NodeAffinity", "NodeResourcesFit", "VolumeBinding",
                  "PodTopologySpread", "InterPodAffinity", "NodeResourcesBalancedAllocation"));
  EXPECT_THAT(
      NamesAt(profile, kScore),
      ElementsAre("TaintToleration 3", "NodeAffinity 2", "NodeResourcesFit 1", "VolumeBinding 1",
                  "PodTopologySpread 2", "InterPodAffinity 2", "DynamicResources 2",
                  "NodeResourcesBalancedAllocation 1", "ImageLocality 1"));
  EXPECT_THAT(NamesAt(profile, kBind), ElementsAre("DefaultBinder"));
  EXPECT_THAT(NamesAt(profile, kPostFilter), ElementsAre("DynamicResources", "DefaultPreemption"));
  for (const auto point : {kReserve, kPreBind}) {
    EXPECT_THAT(NamesAt(profile, point), ElementsAre("VolumeBinding", "DynamicResources"))
        << FieldName(point);
  }
  for (const auto point : {kPermit, kPostBind}) {
    EXPECT_THAT(NamesAt(profile, point), IsEmpty()) << FieldName(point);
  }
}

TEST(Expand, OwnListOfAPointReplacesTheDefaults) {
  const Profile profile = ProfileOf(R"(
profiles:
- schedulerName: packed
  plugins:
    score:
      disabled: [{name: "*"}]
      enabled:
      - {name: NodeResourcesFit, weight: 3}
      - {name: InterPodAffinity, weight: 1}
)");
  EXPECT_THAT(NamesAt(profile, kScore), ElementsAre("NodeResourcesFit 3", "InterPodAffinity 1"));
  EXPECT_EQ(profile.At(kPreScore).size(), 7u);
}

TEST(Expand, WeightInMultiPointKeepsThePlace) {
  const Profile profile = ProfileOf(R"(
profiles:
- plugins:
    multiPoint:
      enabled:
      - {name: TaintToleration, weight: 10}
      - {name: NodeResourcesBalancedAllocation, weight: 4}
    score: {disabled: [{name: ImageLocality}]}
    filter: {disabled: [{name: NodePorts}]}
)");
  EXPECT_THAT(NamesAt(profile, kScore),
              ElementsAre("TaintToleration 10", "NodeAffinity 2", "NodeResourcesFit 1",
                          "VolumeBinding 1", "PodTopologySpread 2", "InterPodAffinity 2",
                          "DynamicResources 2", "NodeResourcesBalancedAllocation 4"));
  EXPECT_THAT(NamesAt(profile, kFilter), Not(Contains("NodePorts")));
  EXPECT_THAT(NamesAt(profile, kPreFilter), Contains("NodePorts"));
}

TEST(Expand, DefaultReplacedWithoutWeightWeighsOne) {
  const Profile profile =
      ProfileOf("profiles: [{plugins: {multiPoint: {enabled: [{name: TaintToleration}]}}}]");
  EXPECT_EQ(NamesAt(profile, kScore).at(0), "TaintToleration 1");
}

TEST(Expand, OverridesOfAPointComeFirstInItsOrder) {
  const Profile profile = ProfileOf(R"(
profiles:
- plugins:
    score:
      enabled:
      - {name: ImageLocality, weight: 7}
      - {name: NodeAffinity}
)");
  EXPECT_THAT(
      NamesAt(profile, kScore),
      ElementsAre("ImageLocality 7", "NodeAffinity 1", "TaintToleration 3", "NodeResourcesFit 1",
                  "VolumeBinding 1", "PodTopologySpread 2", "InterPodAffinity 2",
                  "DynamicResources 2", "NodeResourcesBalancedAllocation 1"));
}

TEST(Expand, EnabledAtThePointOutweighsDisabledThere) {
  const Profile profile = ProfileOf(R"(
profiles:
- plugins:
    score:
      disabled: [{name: TaintToleration}]
      enabled: [{name: TaintToleration, weight: 5}]
)");
  EXPECT_EQ(NamesAt(profile, kScore).back(), "TaintToleration 5");
  EXPECT_EQ(NamesAt(profile, kScore).front(), "NodeAffinity 2");
}

TEST(Expand, MultiPointDisabledAndEnabledAgainComesLast) {
  const Profile profile = ProfileOf(R"(
profiles:
- plugins:
    multiPoint:
      disabled: [{name: NodeName}]
      enabled: [{name: NodeName}]
)");
  EXPECT_EQ(NamesAt(profile, kFilter).back(), "NodeName");
}

TEST(Expand, AllOfMultiPointDisabledLeavesWhatIsNamed) {
  const Profile profile = ProfileOf(R"(
profiles:
- plugins:
    multiPoint:
      disabled: [{name: "*"}]
      enabled: [{name: NodeResourcesFit}, {name: DefaultBinder}]
    queueSort: {enabled: [{name: PrioritySort}]}
    filter: {enabled: [{name: NodeName}]}
)");
  EXPECT_THAT(NamesAt(profile, kFilter), ElementsAre("NodeResourcesFit", "NodeName"));
  EXPECT_THAT(NamesAt(profile, kScore), ElementsAre("NodeResourcesFit 1"));
  EXPECT_THAT(NamesAt(profile, kPreEnqueue), IsEmpty());
}

TEST(Expand, DisablingWhatBerthDoesNotHaveIsHarmless) {
  const Profile profile = ProfileOf(
      "profiles: [{plugins: {multiPoint: {disabled: [{name: GangScheduling}, {name: EBSLimits}]}, "
      "postFilter: {disabled: [{name: DefaultPreemption}]}}}]");
  EXPECT_EQ(profile.At(kFilter).size(), DefaultConfiguration().profiles[0].At(kFilter).size());
}

TEST(Expand, ArgumentsBelongToPluginsThatRun) {
  const Profile all = DefaultConfiguration().profiles.at(0);
  EXPECT_EQ(all.args.size(), 8u);
  EXPECT_TRUE(std::holds_alternative<NodeAffinityArgs>(*all.args.Find("NodeAffinity")));
  EXPECT_FALSE(all.args.Contains("NodeName"));

  const Profile few = ProfileOf(
      "profiles: [{plugins: {multiPoint: {disabled: [{name: NodeAffinity}]}}, "
      "pluginConfig: [{name: NodeAffinity}]}]");
  EXPECT_FALSE(few.args.Contains("NodeAffinity"));
  EXPECT_TRUE(few.args.Contains("NodeResourcesFit"));
}

TEST(Expand, ResourcesIgnoredForExtendersJoinEveryProfile) {
  const Configuration configuration = Loaded(R"(
profiles:
- schedulerName: a
- schedulerName: b
  pluginConfig: [{name: NodeResourcesFit, args: {ignoredResources: [example.com/own]}}]
extenders:
- urlPrefix: http://localhost
  managedResources:
  - {name: example.com/gpu, ignoredByScheduler: true}
  - {name: example.com/nic}
)");
  const auto ignored = [&](std::size_t i) {
    const auto* args = configuration.profiles.at(i).args.Find("NodeResourcesFit");
    return std::get<NodeResourcesFitArgs>(*args).ignored_resources;
  };
  EXPECT_THAT(ignored(0), ElementsAre("example.com/gpu"));
  EXPECT_THAT(ignored(1), ElementsAre("example.com/own", "example.com/gpu"));
}

TEST(Expand, NeedsOneQueueSortAndABinder) {
  EXPECT_EQ(ErrorOf("profiles: [{plugins: {queueSort: {disabled: [{name: '*'}]}}}]"),
            "f: profiles[0].plugins: only one queue sort plugin required for profile with "
            "scheduler name \"default-scheduler\", but got 0");
  EXPECT_EQ(ErrorOf("profiles: [{plugins: {bind: {disabled: [{name: DefaultBinder}]}}}]"),
            "f: profiles[0].plugins: at least one bind plugin is needed for profile with "
            "scheduler name \"default-scheduler\"");
}

TEST(Defaults, AreIdempotent) {
  Configuration configuration = Loaded(
      "profiles: [{plugins: {multiPoint: {disabled: [{name: NodeName}], enabled: [{name: "
      "NodeName}, "
      "{name: ImageLocality, weight: 9}]}}}]");
  const PluginSet before = configuration.profile_specs.at(0).plugins[kMultiPointSet];
  ApplyDefaults(configuration);
  const PluginSet& after = configuration.profile_specs.at(0).plugins[kMultiPointSet];
  ASSERT_EQ(before.enabled.size(), after.enabled.size());
  for (std::size_t i = 0; i < before.enabled.size(); ++i) {
    EXPECT_EQ(before.enabled[i].name, after.enabled[i].name);
    EXPECT_EQ(before.enabled[i].weight, after.enabled[i].weight);
  }
}

}  // namespace
}  // namespace berth::config
