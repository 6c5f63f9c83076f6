// The flags of `berth schedule`: kube-scheduler's names and defaults.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/base/result.h"
#include "scheduler/config/supported.h"
#include "scheduler/live/service.h"
#include "scheduler/metrics/registry.h"

namespace berth::main {

// What was given on the command line. Unset: as the configuration says.
struct ScheduleFlags {
  std::string config_path;
  std::string write_config_to;
  std::string kubeconfig;
  std::string master;
  std::optional<double> qps;
  std::optional<int> burst;
  std::optional<bool> leader_elect;
  std::optional<std::chrono::nanoseconds> lease_duration;
  std::optional<std::chrono::nanoseconds> renew_deadline;
  std::optional<std::chrono::nanoseconds> retry_period;
  std::optional<std::string> resource_lock;
  std::optional<std::string> resource_name;
  std::optional<std::string> resource_namespace;
  std::chrono::nanoseconds max_in_unschedulable{std::chrono::minutes(5)};
  config::GateSettings gates;
  std::vector<std::string> plugin_paths;
  live::ServingOptions serving;
  metrics::RegistryOptions metrics;
  base::log::Options log;
};

void AddScheduleFlags(CLI::App& command, ScheduleFlags& flags);

// The configuration, which may name plugins that are `loaded`, with what the flags say; fails as
// loading it does, and where a flag and the configuration do not go together.
base::Result<live::ServiceOptions> ServiceOptionsOf(const ScheduleFlags& flags,
                                                    const config::LoadedPlugins& loaded = {});

}  // namespace berth::main
