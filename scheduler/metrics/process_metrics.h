// What every component of Kubernetes says of itself, whatever it does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scheduler/metrics/registry.h"

namespace berth::metrics {

// process_*: processor time, memory, files and the start of this process, read from /proc at each
// scrape. What /proc does not tell is left out.
void AddProcessMetrics(Registry& registry);

struct BuildInfo {
  std::string major = {};  // of the version of Kubernetes that this behaves as
  std::string minor = {};
  std::string git_version = {};  // "v1.36.0"
  std::string git_commit = {};
  std::string git_tree_state = {};  // "clean" or "dirty"
  std::string build_date = {};      // as in RFC 3339
  std::string compiler = {};
  std::string platform = {};  // "linux/amd64"
};
// kubernetes_build_info
void AddBuildInfo(Registry& registry, const BuildInfo& build);

struct Feature {
  std::string name;
  std::string stage;  // "ALPHA", "BETA", "DEPRECATED", or "" for what is generally available
  bool enabled = false;
};
// kubernetes_feature_enabled
void AddFeatures(Registry& registry, const std::vector<Feature>& features);

// How requests to the API server go.
struct ClientMetrics {
  explicit ClientMetrics(Registry& registry);

  CounterFamily& requests;            // code, method, host; code "<error>" where no answer came
  HistogramFamily& request_duration;  // verb, host
};

struct LeaderElectionMetrics {
  explicit LeaderElectionMetrics(Registry& registry);

  GaugeFamily& master_status;         // name; 1 for whoever leads
  CounterFamily& slow_path_renewals;  // name
};

// What /metrics/slis shows, in a registry of its own.
struct HealthMetrics {
  explicit HealthMetrics(Registry& registry);

  // type: "healthz", "livez" or "readyz".
  void Observe(const std::string& name, const std::string& type, bool ok);

  GaugeFamily& healthcheck;     // name, type; 1 for healthy
  CounterFamily& healthchecks;  // name, type, status
};

}  // namespace berth::metrics
