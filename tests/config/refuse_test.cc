// Every refusal says where and why, in Kubernetes' words where it has any.
#include <tuple>

#include "tests/config/support.h"

namespace berth::config {
namespace {

struct Case {
  const char* body;
  const char* error;
};

class Refuse : public ::testing::TestWithParam<Case> {};

TEST_P(Refuse, WithThePathOfTheField) {
  EXPECT_EQ(ErrorOf(GetParam().body), std::string("f: ") + GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Shape, Refuse,
    ::testing::Values(
        Case{"colour: red", "colour: unknown field"},
        Case{"profiles: [{schedulerName: a, filters: []}]", "profiles[0].filters: unknown field"},
        Case{"Parallelism: 3", "Parallelism: unknown field"},
        Case{"\"bad\\nname\": 3", "[\"bad\\nname\"]: unknown field"},
        Case{"parallelism: 3\nparallelism: 3", "parallelism: duplicate field"},
        Case{"leaderElection: {leaderElect: true, leaderElect: true}",
             "leaderElection.leaderElect: duplicate field"},
        Case{"parallelism: many", "parallelism: must be an integer, but is a string"},
        Case{"parallelism: 1.5", "parallelism: must be an integer, but is a number"},
        Case{"parallelism: '3'", "parallelism: must be an integer, but is a string"},
        Case{"parallelism: 3000000000",
             "parallelism: Invalid value: 3000000000: does not fit 32 bits"},
        Case{"parallelism: 1e400", "parallelism: must be an integer, but is a string"},
        Case{"enableProfiling: 1", "enableProfiling: must be a boolean, but is an integer"},
        Case{"profiles: {}", "profiles: must be a list, but is a map"},
        Case{"profiles: [x]", "profiles[0]: must be a map, but is a string"},
        Case{"profiles: [null]", "profiles[0]: must be a map, but is null"},
        Case{"profiles: [{schedulerName: 5}]",
             "profiles[0].schedulerName: must be a string, but is an integer"},
        Case{"clientConnection: {qps: fast}",
             "clientConnection.qps: must be a number, but is a string"},
        Case{"clientConnection: {qps: 1e300}", "clientConnection.qps: does not fit 32 bits"},
        Case{"leaderElection: {leaseDuration: 15}",
             "leaderElection.leaseDuration: must be a string, but is an integer"},
        Case{"leaderElection: {leaseDuration: 15 seconds}",
             "leaderElection.leaseDuration: Invalid value: \"15 seconds\": not a duration (such "
             "as 15s, 1m30s or 300ms)"}));

INSTANTIATE_TEST_SUITE_P(
    Values, Refuse,
    ::testing::Values(
        Case{"parallelism: 0",
             "parallelism: Invalid value: 0: should be an integer value greater than zero"},
        Case{"percentageOfNodesToScore: 101",
             "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]"},
        Case{"profiles: [{percentageOfNodesToScore: -1}]",
             "profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range "
             "[0-100]"},
        Case{"podInitialBackoffSeconds: 0",
             "podInitialBackoffSeconds: Invalid value: 0: must be greater than 0"},
        Case{"podInitialBackoffSeconds: 5\npodMaxBackoffSeconds: 4",
             "podMaxBackoffSeconds: Invalid value: 4: must be greater than or equal to "
             "PodInitialBackoffSeconds"},
        Case{"clientConnection: {burst: -1}",
             "clientConnection.burst: Invalid value: -1: must be non-negative"},
        Case{"leaderElection: {leaseDuration: 10s}",
             "leaderElection.leaseDuration: Invalid value: \"10s\": must be greater than "
             "renewDeadline"},
        Case{"leaderElection: {retryPeriod: 9s}",
             "leaderElection.renewDeadline: Invalid value: \"10s\": must be greater than "
             "retryPeriod times 1.2"},
        Case{"leaderElection: {retryPeriod: -1s}",
             "leaderElection.retryPeriod: Invalid value: \"-1s\": must be greater than zero"},
        Case{"leaderElection: {resourceLock: endpoints}",
             "leaderElection.resourceLock: Invalid value: \"endpoints\": resourceLock value must "
             "be \"leases\""},
        Case{"profiles: [{}, {schedulerName: b}]", "profiles[0].schedulerName: Required value"},
        Case{"profiles: [{schedulerName: b}, {schedulerName: b}]",
             "profiles[1].schedulerName: Duplicate value: \"b\""}));

INSTANTIATE_TEST_SUITE_P(
    Plugins, Refuse,
    ::testing::Values(
        Case{"profiles: [{plugins: {filter: {enabled: [{name: Nope}]}}}]",
             "profiles[0].plugins.filter.enabled[0].name: FilterPlugin \"Nope\" does not exist"},
        Case{"profiles: [{plugins: {multiPoint: {enabled: [{name: Nope}]}}}]",
             "profiles[0].plugins.multiPoint.enabled[0].name: MultiPointPlugin \"Nope\" does not "
             "exist"},
        Case{"profiles: [{plugins: {score: {disabled: [{name: '*'}, {name: Nope}]}}}]",
             "profiles[0].plugins.score.disabled[1].name: ScorePlugin \"Nope\" does not exist"},
        Case{"profiles: [{plugins: {filter: {enabled: [{name: NodeName}, {name: "
             "ImageLocality}]}}}]",
             "profiles[0].plugins.filter.enabled[1].name: plugin \"ImageLocality\" does not "
             "extend FilterPlugin plugin"},
        Case{"profiles: [{plugins: {placementScore: {enabled: [{name: NodeName}]}}}]",
             "profiles[0].plugins.placementScore.enabled[0].name: plugin \"NodeName\" does not "
             "extend PlacementScorePlugin plugin"},
        Case{"profiles: [{plugins: {multiPoint: {enabled: [{name: NodeName}, {name: "
             "NodeName}]}}}]",
             "profiles[0].plugins.multiPoint.enabled[1].name: plugin \"NodeName\" already "
             "registered as \"MultiPointPlugin\""},
        Case{"profiles: [{plugins: {reserve: {enabled: [{name: NodeName}]}}}]",
             "profiles[0].plugins.reserve.enabled[0].name: plugin \"NodeName\" does not extend "
             "ReservePlugin plugin"},
        Case{"profiles: [{plugins: {permit: {enabled: [{name: PodGroupPodsCount}]}}}]",
             "profiles[0].plugins.permit.enabled[0].name: plugin \"PodGroupPodsCount\" is not "
             "supported yet"},
        Case{"profiles: [{plugins: {multiPoint: {enabled: [{name: EBSLimits}]}}}]",
             "profiles[0].plugins.multiPoint.enabled[0].name: Invalid value: \"EBSLimits\": was "
             "removed; NodeVolumeLimits does its work since"},
        Case{"profiles: [{plugins: {score: {enabled: [{name: NodeAffinity, weight: -1}]}}}]",
             "profiles[0].plugins.score.enabled[0].weight: Invalid value: -1: must not be "
             "negative"},
        Case{"profiles: [{plugins: {score: {enabled: [{weight: 2}]}}}]",
             "profiles[0].plugins.score.enabled[0].name: Required value"},
        Case{"profiles: [{plugins: {scores: {}}}]", "profiles[0].plugins.scores: unknown field"},
        Case{"profiles: [{pluginConfig: [{name: Nope}]}]",
             "profiles[0].pluginConfig[0].name: plugin \"Nope\" does not exist"},
        Case{"profiles: [{pluginConfig: [{args: {}}]}]",
             "profiles[0].pluginConfig[0].name: Required value"},
        Case{"profiles: [{pluginConfig: [{name: PodGroupPodsCount, args: {x: 5}}]}]",
             "profiles[0].pluginConfig[0].name: plugin \"PodGroupPodsCount\" is not supported yet"},
        Case{"profiles: [{pluginConfig: [{name: NodeName}, {name: NodeName}]}]",
             "profiles[0].pluginConfig[1].name: repeated config for plugin NodeName"}));

TEST(RefuseKind, AnythingThatIsNotAConfiguration) {
  const auto error = [](const char* text) { return LoadText(text, "f").error().message(); };
  EXPECT_EQ(error("kind: Pod\napiVersion: v1\nspec: {}"),
            "f: kind: Invalid value: \"Pod\": must be \"KubeSchedulerConfiguration\"");
  EXPECT_EQ(error("kind: KubeSchedulerConfiguration"),
            "f: apiVersion: Required value: must be \"kubescheduler.config.k8s.io/v1\"");
  EXPECT_EQ(error("kind: KubeSchedulerConfiguration\napiVersion: "
                  "kubescheduler.config.k8s.io/v1beta3"),
            "f: apiVersion: Invalid value: \"kubescheduler.config.k8s.io/v1beta3\": must be "
            "\"kubescheduler.config.k8s.io/v1\"");
  EXPECT_EQ(error("{}"), "f: kind: Required value: must be \"KubeSchedulerConfiguration\"");
  EXPECT_EQ(error("- 1"), "f: not a KubeSchedulerConfiguration: must be a map");
  EXPECT_EQ(error("hello"), "f: not a KubeSchedulerConfiguration: must be a map");
}

}  // namespace
}  // namespace berth::config
