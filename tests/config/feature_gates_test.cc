// Feature gates: which are known, what may be set, and how they act on a configuration.
#include "scheduler/config/feature_gates.h"

#include <gmock/gmock.h>

#include "scheduler/config/print.h"
#include "tests/config/support.h"

namespace berth::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kFilter = ExtensionPoint::kFilter;
constexpr auto kPermit = ExtensionPoint::kPermit;

std::string ErrorOfFlag(std::string_view text) {
  const auto settings = ParseGates(text);
  if (!settings) return settings.error().message();
  const auto gates = FeatureGates::Make(*settings);
  return gates ? "valid" : gates.error().message();
}

FeatureGates GatesOf(std::string_view text) { return *FeatureGates::Make(*ParseGates(text)); }

TEST(FeatureGates, StandAsInKubernetes) {
  const FeatureGates gates;
  EXPECT_TRUE(gates[Gate::kNodeDeclaredFeatures]);
  EXPECT_TRUE(gates[Gate::kPodLevelResources]);
  EXPECT_TRUE(gates[Gate::kMatchLabelKeysInPodTopologySpread]);
  EXPECT_FALSE(gates[Gate::kTaintTolerationComparisonOperators]);
  EXPECT_FALSE(gates[Gate::kVolumeLimitScaling]);
  EXPECT_FALSE(gates[Gate::kGenericWorkload]);
  EXPECT_FALSE(gates[Gate::kGangScheduling]);
}

TEST(FeatureGates, AreReadAsKubernetesReadsTheFlag) {
  const auto settings = ParseGates("GenericWorkload=true, NodeDeclaredFeatures = f,,");
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(*settings, (GateSettings{{"GenericWorkload", true}, {"NodeDeclaredFeatures", false}}));
  EXPECT_TRUE(ParseGates("")->empty());
  EXPECT_EQ(*ParseGates("GenericWorkload=1,GenericWorkload=0"),
            (GateSettings{{"GenericWorkload", false}}));
}

TEST(FeatureGates, RefuseWhatKubernetesRefuses) {
  EXPECT_EQ(ErrorOfFlag("Nonsense=true"), "unrecognized feature gate: Nonsense");
  EXPECT_EQ(ErrorOfFlag("SidecarContainers=false"),
            "cannot set feature gate SidecarContainers to false, feature is locked to true");
  EXPECT_EQ(ErrorOfFlag("SidecarContainers=true"), "valid");
  EXPECT_EQ(ErrorOfFlag("GenericWorkload=abc"),
            "invalid value of GenericWorkload=abc, err: strconv.ParseBool: parsing \"abc\": "
            "invalid syntax");
  EXPECT_EQ(ErrorOfFlag("GenericWorkload"), "missing bool value for GenericWorkload");
}

TEST(FeatureGates, RefuseWhatBerthDoesNotHave) {
  EXPECT_EQ(ErrorOfFlag("WorkloadAwarePreemption=true"),
            "feature gate WorkloadAwarePreemption=true is not supported: Berth has it off only");
  EXPECT_EQ(ErrorOfFlag("TopologyAwareWorkloadScheduling=true"),
            "feature gate TopologyAwareWorkloadScheduling=true is not supported: Berth has it off "
            "only");
  EXPECT_EQ(ErrorOfFlag("DRAPrioritizedList=false"),
            "feature gate DRAPrioritizedList=false is not supported: Berth has it on only");
  EXPECT_EQ(ErrorOfFlag("WorkloadAwarePreemption=false,DRAPrioritizedList=true"), "valid");
}

TEST(FeatureGates, OnesThatNeedAnotherAreRefusedWithoutIt) {
  EXPECT_EQ(ErrorOfFlag("GangScheduling=true"),
            "feature gate GangScheduling needs GenericWorkload, which is off");
  EXPECT_EQ(ErrorOfFlag("GangScheduling=true,GenericWorkload=true"), "valid");
  EXPECT_EQ(ErrorOfFlag("GenericWorkload=true"), "valid");
}

TEST(FeatureGates, AllOfAStageAreSetButThoseThatAreNamed) {
  // Alpha gates that Berth does not have keep the whole stage from being on.
  EXPECT_THAT(ErrorOfFlag("AllAlpha=true"), HasSubstr("is not supported"));
  const FeatureGates gates = GatesOf(
      "AllAlpha=true,DRADeviceTaintRules=false,DRAListTypeAttributes=false,"
      "DRANodeAllocatableResources=false,DRAWorkloadResourceClaims=false,"
      "StorageCapacityScoring=false,TopologyAwareWorkloadScheduling=false,"
      "WorkloadAwarePreemption=false,WorkloadWithJob=false,VolumeLimitScaling=false");
  EXPECT_TRUE(gates[Gate::kGangScheduling]);
  EXPECT_TRUE(gates[Gate::kTaintTolerationComparisonOperators]);
  EXPECT_FALSE(gates[Gate::kVolumeLimitScaling]);
  EXPECT_FALSE(GatesOf("AllAlpha=false")[Gate::kGangScheduling]);
  EXPECT_THAT(ErrorOfFlag("AllBeta=false"), HasSubstr("is not supported"));
}

TEST(FeatureGates, EveryGateCanBeSetToItsDefault) {
  for (const GateInfo& gate : KnownGates()) {
    const std::string text = std::string(gate.name) + "=" + (gate.on_by_default ? "true" : "false");
    EXPECT_EQ(ErrorOfFlag(text), "valid");
  }
}

TEST(FeatureGates, AreTakenFromTheConfigurationToo) {
  const Configuration configuration = Loaded("featureGates: {NodeDeclaredFeatures: false}");
  EXPECT_FALSE(configuration.gates[Gate::kNodeDeclaredFeatures]);
  EXPECT_EQ(ErrorOf("featureGates: {Nonsense: true}"),
            "f: featureGates: unrecognized feature gate: Nonsense");
  EXPECT_THAT(ErrorOf("featureGates: {GenericWorkload: 1}"),
              HasSubstr("featureGates.GenericWorkload"));
  EXPECT_THAT(ErrorOf("featureGates: [GenericWorkload]"), HasSubstr("must be a map"));
  EXPECT_EQ(ErrorOf("featureGates: {GangScheduling: true}"),
            "f: feature gate GangScheduling needs GenericWorkload, which is off");
}

TEST(FeatureGates, TheFlagGoesBeforeTheFile) {
  const std::string text = WithHead("featureGates: {GenericWorkload: true, GangScheduling: true}");
  const auto configuration = LoadText(text, "f", {{"GangScheduling", false}});
  ASSERT_TRUE(configuration) << configuration.error().message();
  EXPECT_TRUE(configuration->gates[Gate::kGenericWorkload]);
  EXPECT_FALSE(configuration->gates[Gate::kGangScheduling]);
}

TEST(FeatureGates, ArePrintedIfTheyAreSet) {
  EXPECT_THAT(Print(DefaultConfiguration()), Not(HasSubstr("featureGates")));
  const Configuration configuration = Loaded("featureGates: {NodeDeclaredFeatures: false}");
  const std::string printed = Print(configuration);
  EXPECT_THAT(printed, HasSubstr("featureGates:\n  NodeDeclaredFeatures: false\n"));
  const auto again = LoadText(printed, "printed");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(Print(*again), printed);
}

TEST(FeatureGates, DecideWhichPluginsRun) {
  const auto points = [](const GateSettings& gates, ExtensionPoint point) {
    return NamesAt(DefaultConfiguration(gates)->profiles.front(), point);
  };
  EXPECT_THAT(points({}, kFilter), Contains("NodeDeclaredFeatures"));
  EXPECT_THAT(points({{"NodeDeclaredFeatures", false}}, kFilter),
              Not(Contains("NodeDeclaredFeatures")));
  EXPECT_THAT(points({}, kPermit), ::testing::IsEmpty());
  EXPECT_THAT(points({{"GangScheduling", true}, {"GenericWorkload", true}}, kPermit),
              Contains("GangScheduling"));
}

TEST(FeatureGates, APluginWhoseGateIsOffCannotBeEnabled) {
  EXPECT_EQ(ErrorOf("profiles: [{plugins: {permit: {enabled: [{name: GangScheduling}]}}}]"),
            "f: profiles[0].plugins.permit.enabled[0].name: plugin \"GangScheduling\" needs the "
            "feature gate GangScheduling");
}

}  // namespace
}  // namespace berth::config
