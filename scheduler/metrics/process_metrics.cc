#include "scheduler/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

namespace berth::metrics {
namespace {

// Fields of /proc/self/stat by the numbers of proc(5).
constexpr std::size_t kUserTicks = 14;
constexpr std::size_t kSystemTicks = 15;
constexpr std::size_t kStartTicks = 22;
constexpr std::size_t kVirtualBytes = 23;
constexpr std::size_t kResidentPages = 24;

std::string ReadWhole(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Nothing if the file is not what it should be.
std::optional<double> StatField(std::size_t number) {
  const std::string text = ReadWhole("/proc/self/stat");
  // The second field is the program's name in brackets and may itself have blanks and brackets.
  const auto bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(bracket + 1));
  std::string field;
  for (std::size_t i = 3; i <= number; ++i) {
    if (!(fields >> field)) return std::nullopt;
  }
  double value = 0;
  const auto read = std::from_chars(field.data(), field.data() + field.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

std::optional<double> ProcessorSeconds() {
  const auto user = StatField(kUserTicks);
  const auto system = StatField(kSystemTicks);
  if (!user || !system) return std::nullopt;
  return (*user + *system) / TicksPerSecond();
}

std::optional<double> ResidentBytes() {
  const auto pages = StatField(kResidentPages);
  if (!pages) return std::nullopt;
  return *pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> BootSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> StartSeconds() {
  const auto boot = BootSeconds();
  const auto ticks = StatField(kStartTicks);
  if (!boot || !ticks) return std::nullopt;
  return *boot + *ticks / TicksPerSecond();
}

std::optional<double> OpenFiles() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  if (error || count == 0) return std::nullopt;
  return static_cast<double>(count - 1);  // not the one that this very loop holds
}

std::optional<double> LimitOf(decltype(RLIMIT_NOFILE) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

using Reading = std::optional<double> (*)();

void AddReading(Registry& registry, ComputedKind kind, std::string name, std::string help,
                Reading read) {
  registry.AddComputed(
      kind, {.name = std::move(name), .help = std::move(help), .stability = Stability::kUnmarked},
      [read](const Emit& emit) {
        if (const auto value = read()) emit({}, *value);
      });
}

}  // namespace

void AddProcessMetrics(Registry& registry) {
  AddReading(registry, ComputedKind::kCounter, "process_cpu_seconds_total",
             "Processor time that this process has used, in user and in system mode, in seconds.",
             &ProcessorSeconds);
  AddReading(registry, ComputedKind::kGauge, "process_resident_memory_bytes",
             "Memory of this process that is in RAM, in bytes.", &ResidentBytes);
  AddReading(registry, ComputedKind::kGauge, "process_virtual_memory_bytes",
             "Address space of this process, in bytes.", [] { return StatField(kVirtualBytes); });
  AddReading(registry, ComputedKind::kGauge, "process_virtual_memory_max_bytes",
             "Address space that this process may use, in bytes.",
             [] { return LimitOf(RLIMIT_AS); });
  AddReading(registry, ComputedKind::kGauge, "process_open_fds",
             "Files and sockets that this process has open.", &OpenFiles);
  AddReading(registry, ComputedKind::kGauge, "process_max_fds",
             "Files and sockets that this process may have open.",
             [] { return LimitOf(RLIMIT_NOFILE); });
  AddReading(registry, ComputedKind::kGauge, "process_start_time_seconds",
             "When this process was started, in seconds since the Unix epoch.", &StartSeconds);
}

void AddBuildInfo(Registry& registry, const BuildInfo& build) {
  registry
      .AddGauge({.name = "kubernetes_build_info",
                 .help = "Always 1; the labels say what this program was built from and how.",
                 .labels = {"major", "minor", "git_version", "git_commit", "git_tree_state",
                            "build_date", "go_version", "compiler", "platform"}})
      .With({build.major, build.minor, build.git_version, build.git_commit, build.git_tree_state,
             build.build_date, "", build.compiler, build.platform})
      .Set(1);
}

void AddFeatures(Registry& registry, const std::vector<Feature>& features) {
  GaugeFamily& family = registry.AddGauge(
      {.name = "kubernetes_feature_enabled",
       .help = "1 where a feature gate is on and 0 where it is off, by name and stage.",
       .stability = Stability::kBeta,
       .labels = {"name", "stage"}});
  for (const Feature& feature : features) {
    family.With({feature.name, feature.stage}).Set(feature.enabled ? 1 : 0);
  }
}

ClientMetrics::ClientMetrics(Registry& registry)
    : requests(registry.AddCounter(
          {.name = "rest_client_requests_total",
           .help = "Requests to the API server, by status of the answer, method and host.",
           .labels = {"code", "method", "host"}})),
      request_duration(registry.AddHistogram(
          {.name = "rest_client_request_duration_seconds",
           .help = "How long requests to the API server take, in seconds, by verb and host.",
           .labels = {"verb", "host"}},
          {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60})) {}

LeaderElectionMetrics::LeaderElectionMetrics(Registry& registry)
    : master_status(registry.AddGauge(
          {.name = "leader_election_master_status",
           .help = "1 where this process holds the lease of that name, 0 where another does.",
           .labels = {"name"}})),
      slow_path_renewals(registry.AddCounter(
          {.name = "leader_election_slowpath_total",
           .help = "Renewals of the lease of that name that had to read it first.",
           .labels = {"name"}})) {}

HealthMetrics::HealthMetrics(Registry& registry)
    : healthcheck(registry.AddGauge(
          {.name = "kubernetes_healthcheck",
           .help = "The last outcome of a check of health: 1 for healthy, 0 for not.",
           .stability = Stability::kStable,
           .labels = {"name", "type"}})),
      healthchecks(registry.AddCounter({.name = "kubernetes_healthchecks_total",
                                        .help = "Outcomes of checks of health.",
                                        .stability = Stability::kStable,
                                        .labels = {"name", "type", "status"}})) {}

void HealthMetrics::Observe(const std::string& name, const std::string& type, bool ok) {
  healthcheck.With({name, type}).Set(ok ? 1 : 0);
  healthchecks.With({name, type, ok ? "success" : "error"}).Increment();
}

}  // namespace berth::metrics
