// What a configuration comes to: fields, defaults, and where texts come from.
#include "scheduler/config/load.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/config/support.h"

namespace berth::config {
namespace {

using namespace std::chrono_literals;

TEST(Load, FillsInKubernetesDefaults) {
  const Configuration configuration = DefaultConfiguration();
  EXPECT_EQ(configuration.parallelism, 16);
  EXPECT_TRUE(configuration.leader_election.leader_elect);
  EXPECT_EQ(configuration.leader_election.lease_duration, 15s);
  EXPECT_EQ(configuration.leader_election.renew_deadline, 10s);
  EXPECT_EQ(configuration.leader_election.retry_period, 2s);
  EXPECT_EQ(configuration.leader_election.resource_name, "kube-scheduler");
  EXPECT_EQ(configuration.client_connection.qps, 50.0f);
  EXPECT_EQ(configuration.client_connection.burst, 100);
  EXPECT_TRUE(configuration.enable_profiling);
  EXPECT_EQ(configuration.enable_contention_profiling, true);
  EXPECT_EQ(configuration.percentage_of_nodes_to_score, std::nullopt);
  EXPECT_EQ(configuration.pod_initial_backoff_seconds, 1);
  EXPECT_EQ(configuration.pod_max_backoff_seconds, 10);
  EXPECT_FALSE(configuration.delay_cache_until_active);
  EXPECT_EQ(configuration.profiles.size(), 1u);
}

TEST(Load, ReadsEveryField) {
  const Configuration configuration = Loaded(R"(
parallelism: 4
leaderElection:
  leaderElect: false
  leaseDuration: 1m30s
  renewDeadline: 500ms
  retryPeriod: 1.5s
  resourceLock: leases
  resourceName: berth
  resourceNamespace: system
clientConnection:
  kubeconfig: /etc/kubeconfig
  acceptContentTypes: application/json
  contentType: application/json
  qps: 12.5
  burst: 25
enableProfiling: false
percentageOfNodesToScore: 0
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 20
delayCacheUntilActive: true
profiles:
- schedulerName: one
  percentageOfNodesToScore: 30
- schedulerName: two
)");
  EXPECT_EQ(configuration.parallelism, 4);
  EXPECT_FALSE(configuration.leader_election.leader_elect);
  EXPECT_EQ(configuration.leader_election.lease_duration, 90s);
  EXPECT_EQ(configuration.leader_election.renew_deadline, 500ms);
  EXPECT_EQ(configuration.leader_election.retry_period, 1500ms);
  EXPECT_EQ(configuration.leader_election.resource_name, "berth");
  EXPECT_EQ(configuration.leader_election.resource_namespace, "system");
  EXPECT_EQ(configuration.client_connection.kubeconfig, "/etc/kubeconfig");
  EXPECT_EQ(configuration.client_connection.accept_content_types, "application/json");
  EXPECT_EQ(configuration.client_connection.qps, 12.5f);
  EXPECT_EQ(configuration.client_connection.burst, 25);
  EXPECT_FALSE(configuration.enable_profiling);
  EXPECT_EQ(configuration.enable_contention_profiling, false);
  EXPECT_EQ(configuration.percentage_of_nodes_to_score, 0);
  EXPECT_EQ(configuration.pod_initial_backoff_seconds, 2);
  EXPECT_EQ(configuration.pod_max_backoff_seconds, 20);
  EXPECT_TRUE(configuration.delay_cache_until_active);
  ASSERT_EQ(configuration.profiles.size(), 2u);
  EXPECT_EQ(configuration.profiles[0].scheduler_name, "one");
  EXPECT_EQ(configuration.profiles[0].percentage_of_nodes_to_score, 30);
  EXPECT_EQ(configuration.profiles[1].percentage_of_nodes_to_score, std::nullopt);
}

TEST(Load, ReadsJson) {
  const auto configuration = LoadText(
      R"({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
          "parallelism": 3, "profiles": [{"schedulerName": "x"}]})",
      "f.json");
  ASSERT_TRUE(configuration.has_value()) << configuration.error().message();
  EXPECT_EQ(configuration->parallelism, 3);
  EXPECT_EQ(configuration->profiles[0].scheduler_name, "x");
}

TEST(Load, NullMeansAbsentAndZeroMeansUnsetWhereKubernetesSaysSo) {
  const Configuration configuration = Loaded(
      "parallelism: null\npercentageOfNodesToScore: ~\nprofiles:\nclientConnection: {qps: 0, "
      "burst: 0}\nleaderElection: {leaseDuration: 0s, resourceName: ''}\n");
  EXPECT_EQ(configuration.parallelism, 16);
  EXPECT_EQ(configuration.percentage_of_nodes_to_score, std::nullopt);
  EXPECT_EQ(configuration.profiles.size(), 1u);
  EXPECT_EQ(configuration.client_connection.qps, 50.0f);
  EXPECT_EQ(configuration.client_connection.burst, 100);
  EXPECT_EQ(configuration.leader_election.lease_duration, 15s);
  EXPECT_EQ(configuration.leader_election.resource_name, "kube-scheduler");
}

TEST(Load, ReadsAFileAndNamesItInErrors) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("berth_load_test_" + std::to_string(getpid()) + ".yaml");
  std::ofstream(path) << WithHead("parallelism: 2\n");
  const auto good = LoadFile(path.string());
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->parallelism, 2);

  std::ofstream(path) << WithHead("parallelism: -2\n");
  const auto bad = LoadFile(path.string());
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().message(), path.string() +
                                       ": parallelism: Invalid value: -2: should be an integer "
                                       "value greater than zero");
  std::filesystem::remove(path);

  const auto absent = LoadFile(path.string());
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().message(), path.string() + ": No such file or directory");
}

TEST(Load, RefusesAFolder) {
  const auto configuration = LoadFile(std::filesystem::temp_directory_path().string());
  ASSERT_FALSE(configuration.has_value());
  EXPECT_NE(configuration.error().message().find("Is a directory"), std::string::npos);
}

}  // namespace
}  // namespace berth::config
