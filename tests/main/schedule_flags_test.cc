// The flags of `berth schedule`: what they set, and what is refused.
#include "scheduler/main/schedule_flags.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/main/run_berth.h"

namespace berth::main {
namespace {

namespace fs = std::filesystem;

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file of this process, gone at the end of the test.
class Scratch {
 public:
  explicit Scratch(const std::string& text = "")
      : path_(fs::temp_directory_path() / ("berth_flags_test_" + std::to_string(getpid()))) {
    if (!text.empty()) std::ofstream(path_) << text;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove(path_); }

  std::string path() const { return path_.string(); }
  std::string Read() const {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

 private:
  fs::path path_;
};

// What the flags say; throws as CLI11 does.
ScheduleFlags Parse(std::vector<std::string> arguments) {
  CLI::App app;
  ScheduleFlags flags;
  AddScheduleFlags(app, flags);
  std::ranges::reverse(arguments);
  app.parse(arguments);
  return flags;
}

TEST(ScheduleFlags, AreOptional) {
  const auto options = ServiceOptionsOf(Parse({}));
  ASSERT_TRUE(options.has_value()) << options.error().message();
  EXPECT_TRUE(options->config.leader_election.leader_elect);
  EXPECT_EQ(options->max_in_unschedulable, minutes(5));
  EXPECT_EQ(options->serving.secure_port, 10259);
}

TEST(ScheduleFlags, SetHowToReachTheApiServer) {
  const auto options =
      ServiceOptionsOf(Parse({"--kubeconfig", "/some/file", "--master=https://there:1",
                              "--kube-api-qps=7.5", "--kube-api-burst=9"}));
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->config.client_connection.kubeconfig, "/some/file");
  EXPECT_EQ(options->config.client_connection.qps, 7.5F);
  EXPECT_EQ(options->config.client_connection.burst, 9);
  EXPECT_EQ(options->master, "https://there:1");
}

TEST(ScheduleFlags, SetTheElection) {
  const auto options = ServiceOptionsOf(
      Parse({"--leader-elect", "--leader-elect-lease-duration=30s", "--leader-elect-renew-deadline",
             "20s", "--leader-elect-retry-period=1500ms", "--leader-elect-resource-lock=leases",
             "--leader-elect-resource-name=berth", "--leader-elect-resource-namespace=there"}));
  ASSERT_TRUE(options.has_value());
  const config::LeaderElection& election = options->config.leader_election;
  EXPECT_TRUE(election.leader_elect);
  EXPECT_EQ(election.lease_duration, seconds(30));
  EXPECT_EQ(election.renew_deadline, seconds(20));
  EXPECT_EQ(election.retry_period, std::chrono::milliseconds(1500));
  EXPECT_EQ(election.resource_name, "berth");
  EXPECT_EQ(election.resource_namespace, "there");
  EXPECT_FALSE(
      ServiceOptionsOf(Parse({"--leader-elect=false"}))->config.leader_election.leader_elect);
}

TEST(ScheduleFlags, SetHowToServe) {
  const ScheduleFlags flags = Parse({"--bind-address=127.0.0.1",
                                     "--secure-port=0",
                                     "--tls-cert-file=c",
                                     "--tls-private-key-file",
                                     "k",
                                     "--tls-min-version=VersionTLS13",
                                     "--tls-cipher-suites=A,B",
                                     "--profiling=false",
                                     "--client-ca-file=ca",
                                     "--requestheader-client-ca-file=rca",
                                     "--requestheader-allowed-names=x,y",
                                     "--requestheader-username-headers=u",
                                     "--requestheader-uid-headers=i",
                                     "--requestheader-group-headers=g",
                                     "--requestheader-extra-headers-prefix=e",
                                     "--authentication-skip-lookup",
                                     "--authentication-tolerate-lookup-failure=false",
                                     "--authentication-token-webhook-cache-ttl=3s",
                                     "--authorization-always-allow-paths=/a,/b",
                                     "--authorization-webhook-cache-authorized-ttl=4s",
                                     "--authorization-webhook-cache-unauthorized-ttl=5s"});
  const live::ServingOptions& serving = flags.serving;
  EXPECT_EQ(serving.bind_address, "127.0.0.1");
  EXPECT_EQ(serving.secure_port, 0);
  EXPECT_EQ(serving.tls_cert_file, "c");
  EXPECT_EQ(serving.tls_private_key_file, "k");
  EXPECT_EQ(serving.tls_min_version, "VersionTLS13");
  EXPECT_THAT(serving.tls_cipher_suites, ElementsAre("A", "B"));
  EXPECT_FALSE(serving.profiling);
  EXPECT_EQ(serving.client_ca_file, "ca");
  EXPECT_EQ(serving.requestheader_client_ca_file, "rca");
  EXPECT_THAT(serving.requestheader_allowed_names, ElementsAre("x", "y"));
  EXPECT_THAT(serving.requestheader_username_headers, ElementsAre("u"));
  EXPECT_THAT(serving.requestheader_uid_headers, ElementsAre("i"));
  EXPECT_THAT(serving.requestheader_group_headers, ElementsAre("g"));
  EXPECT_THAT(serving.requestheader_extra_headers_prefix, ElementsAre("e"));
  EXPECT_TRUE(serving.authentication_skip_lookup);
  EXPECT_FALSE(serving.authentication_tolerate_lookup_failure);
  EXPECT_EQ(serving.token_cache_ttl, seconds(3));
  EXPECT_THAT(serving.always_allow_paths, ElementsAre("/a", "/b"));
  EXPECT_EQ(serving.authorized_cache_ttl, seconds(4));
  EXPECT_EQ(serving.unauthorized_cache_ttl, seconds(5));
}

TEST(ScheduleFlags, SetMetricsAndLogs) {
  const ScheduleFlags flags =
      Parse({"--disabled-metrics=a,b", "--allow-metric-labels=m,l=x", "-v", "4",
             "--logging-format=json", "--pod-max-in-unschedulable-pods-duration=1m30s"});
  EXPECT_THAT(flags.metrics.disabled, ElementsAre("a", "b"));
  EXPECT_EQ(flags.metrics.allowed_values.count("m"), 1);
  EXPECT_EQ(flags.log.verbosity, 4);
  EXPECT_EQ(flags.log.format, base::log::Format::kJson);
  EXPECT_EQ(flags.max_in_unschedulable, seconds(90));
  EXPECT_EQ(Parse({"--v=2"}).log.verbosity, 2);
}

TEST(ScheduleFlags, GoBeforeTheConfiguration) {
  const Scratch file(
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
      "leaderElection: {leaderElect: true, resourceName: of-the-file}\n"
      "clientConnection: {kubeconfig: of-the-file, qps: 3}\n");
  const auto options = ServiceOptionsOf(
      Parse({"--config", file.path(), "--kubeconfig=of-the-flag", "--leader-elect=false"}));
  ASSERT_TRUE(options.has_value()) << options.error().message();
  EXPECT_EQ(options->config.client_connection.kubeconfig, "of-the-flag");
  EXPECT_EQ(options->config.client_connection.qps, 3);
  EXPECT_FALSE(options->config.leader_election.leader_elect);
  EXPECT_EQ(options->config.leader_election.resource_name, "of-the-file");
}

// ---- What is refused ----

TEST(ScheduleFlags, RefuseElectionsThatCannotWork) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const auto options = ServiceOptionsOf(Parse(arguments));
    return options ? "" : options.error().message();
  };
  EXPECT_THAT(error({"--leader-elect-resource-lock=endpoints"}), HasSubstr("leases"));
  EXPECT_THAT(error({"--leader-elect-lease-duration=10s"}), HasSubstr("renew deadline"));
  EXPECT_THAT(error({"--leader-elect-retry-period=9s"}), HasSubstr("retry period"));
  EXPECT_THAT(error({"--leader-elect-lease-duration=-1s"}), HasSubstr("lease-duration"));
  EXPECT_THROW(Parse({"--leader-elect-resource-name="}), CLI::ParseError);
  EXPECT_EQ(error({"--leader-elect=false", "--leader-elect-resource-lock=endpoints"}), "");
}

TEST(ScheduleFlags, RefuseWhatBerthDoesNotDo) {
  const auto gate = ServiceOptionsOf(Parse({"--feature-gates=GenericWorkload=true"}));
  ASSERT_FALSE(gate.has_value());
  EXPECT_THAT(gate.error().message(), HasSubstr("GenericWorkload"));
}

TEST(ScheduleFlags, RefuseWrongValuesInOneLine) {
  for (const char* wrong :
       {"--secure-port=65536", "--secure-port=-1", "--secure-port=x", "--kube-api-qps=fast",
        "--kube-api-burst=1.5", "--leader-elect=perhaps", "--leader-elect-lease-duration=15",
        "--leader-elect-retry-period=soon", "--v=11", "--v=x", "--logging-format=xml",
        "--allow-metric-labels=nonsense", "--feature-gates=Nobody=true", "--no-such-flag",
        "--pod-max-in-unschedulable-pods-duration=1d", "--config=/no/such/file",
        "--authorization-webhook-cache-authorized-ttl=x", "--profiling=perhaps"}) {
    const Outcome outcome = RunBerth({"schedule", "--write-config-to=/dev/null", wrong});
    EXPECT_EQ(outcome.status, 2) << wrong;
    EXPECT_EQ(outcome.out, "") << wrong;
    EXPECT_TRUE(outcome.err.starts_with("berth: ")) << outcome.err;
    const std::string first = outcome.err.substr(0, outcome.err.find('\n') + 1);
    EXPECT_TRUE(outcome.err == first || outcome.err == first + "Try 'berth schedule --help'.\n")
        << outcome.err;
  }
}

TEST(ScheduleFlags, RefuseAKubeconfigThatIsNotThere) {
  const Outcome outcome = RunBerth({"schedule", "--kubeconfig=/no/such/file", "--secure-port=0"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("/no/such/file"));
}

// ---- --write-config-to ----

TEST(ScheduleFlags, WriteTheConfigurationThatWouldBeUsed) {
  const Scratch file;
  const Outcome outcome = RunBerth({"schedule", "--write-config-to", file.path(),
                                    "--leader-elect-resource-name=mine", "--kube-api-burst=77"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(file.Read(), HasSubstr("resourceName: mine"));
  EXPECT_THAT(file.Read(), HasSubstr("burst: 77"));
  EXPECT_EQ(RunBerth({"config", "validate", file.path()}).status, 0);
  const auto again = ServiceOptionsOf(Parse({"--config", file.path()}));
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(again->config.client_connection.burst, 77);
}

TEST(ScheduleFlags, SayWhereTheConfigurationCannotBeWritten) {
  const Outcome outcome = RunBerth({"schedule", "--write-config-to=/no/such/folder/file"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "berth: /no/such/folder/file: cannot be written\n");
}

TEST(ScheduleFlags, AreExplained) {
  const Outcome outcome = RunBerth({"schedule", "--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* flag : {"--config", "--leader-elect", "--secure-port", "--kubeconfig",
                           "--pod-max-in-unschedulable-pods-duration", "--logging-format"}) {
    EXPECT_THAT(outcome.out, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace berth::main
