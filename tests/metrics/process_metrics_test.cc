#include "scheduler/metrics/process_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

#include "scheduler/metrics/pod_resource_metrics.h"

namespace berth::metrics {
namespace {

using testing::HasSubstr;

// The value of a series without labels; NaN if it is not there.
double ValueOf(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return std::nan("");
  return std::stod(text.substr(at + name.size() + 2));
}

TEST(ProcessMetrics, ReadTheProcess) {
  Registry registry;
  AddProcessMetrics(registry);
  const std::string text = registry.Text();
  EXPECT_GE(ValueOf(text, "process_cpu_seconds_total"), 0);
  EXPECT_GT(ValueOf(text, "process_resident_memory_bytes"), 100'000);
  EXPECT_GT(ValueOf(text, "process_virtual_memory_bytes"),
            ValueOf(text, "process_resident_memory_bytes"));
  EXPECT_GE(ValueOf(text, "process_open_fds"), 1);
  EXPECT_GE(ValueOf(text, "process_max_fds"), ValueOf(text, "process_open_fds"));
  EXPECT_GT(ValueOf(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
}

TEST(ProcessMetrics, TellTheBuildAndTheFeatures) {
  Registry registry;
  AddBuildInfo(registry, {.major = "1", .minor = "36", .git_version = "v1.36.0"});
  AddFeatures(registry, {{"GenericWorkload", "ALPHA", false}, {"Stable", "", true}});
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("kubernetes_build_info{major=\"1\",minor=\"36\",git_version="
                              "\"v1.36.0\","));
  EXPECT_THAT(
      text, HasSubstr("kubernetes_feature_enabled{name=\"GenericWorkload\",stage=\"ALPHA\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("kubernetes_feature_enabled{name=\"Stable\",stage=\"\"} 1\n"));
}

TEST(ProcessMetrics, CountRequestsAndElections) {
  Registry registry;
  ClientMetrics client(registry);
  LeaderElectionMetrics election(registry);
  client.requests.With({"200", "GET", "api:443"}).Increment();
  client.request_duration.With({"GET", "api:443"}).Observe(0.3);
  election.master_status.With({"kube-scheduler"}).Set(1);
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("rest_client_requests_total{code=\"200\",method=\"GET\","
                              "host=\"api:443\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rest_client_request_duration_seconds_bucket{verb=\"GET\","
                              "host=\"api:443\",le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("leader_election_master_status{name=\"kube-scheduler\"} 1\n"));
}

TEST(ProcessMetrics, CountChecksOfHealth) {
  Registry registry;
  HealthMetrics health(registry);
  health.Observe("ping", "livez", true);
  health.Observe("ping", "livez", false);
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("kubernetes_healthcheck{name=\"ping\",type=\"livez\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("kubernetes_healthchecks_total{name=\"ping\",type=\"livez\","
                              "status=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kubernetes_healthchecks_total{name=\"ping\",type=\"livez\","
                              "status=\"success\"} 1\n"));
}

TEST(PodResourceMetrics, ShowEachAmount) {
  Registry registry;
  AddPodResourceMetrics(
      registry,
      [](const EmitPodResource& emit) {
        emit({.namespace_name = "default",
              .pod = "web",
              .node = "n1",
              .scheduler = "default-scheduler",
              .priority = "0",
              .resource = "cpu",
              .unit = "cores",
              .value = 0.5});
      },
      [](const EmitPodResource&) {});
  EXPECT_EQ(
      registry.Text(),
      "# HELP kube_pod_resource_request [STABLE] What a pod asks for on a node as a whole, by "
      "resource and unit.\n"
      "# TYPE kube_pod_resource_request gauge\n"
      "kube_pod_resource_request{namespace=\"default\",pod=\"web\",node=\"n1\","
      "scheduler=\"default-scheduler\",priority=\"0\",resource=\"cpu\",unit=\"cores\"} 0.5\n");
}

}  // namespace
}  // namespace berth::metrics
