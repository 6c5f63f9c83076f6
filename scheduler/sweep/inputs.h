// Everything that the runs of a sweep share, read and decoded once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/config/profile.h"
#include "scheduler/config/supported.h"
#include "scheduler/simulate/arrival_run.h"
#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/timed_run.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

struct Workload {
  std::vector<simulate::SharedNode> nodes;
  std::vector<simulate::SharedPod> running;
  std::vector<simulate::SharedPod> pending;
  api::ClusterObjects surroundings;  // nodes and pods have been taken out
  simulate::Lifetimes lifetimes;     // where pods arrive in virtual time
};

// Never changed once made: safe to read from several threads.
struct Inputs {
  std::vector<Workload> workloads;                 // as SweepFile::workloads
  std::vector<config::Profile> profiles;           // as SweepFile::profiles
  std::vector<simulate::BackoffSeconds> backoffs;  // likewise
  // Whose curves are kept: cpu, memory, then by name whatever the nodes have and some pod asks for.
  std::vector<std::string> resources;
  bool has_gpus = false;
};

// Reads nodes, workloads and profiles. Profiles may name plugins that are `loaded`. Errors name the
// file and what is wrong with it; among them is what a sweep has no place for: extenders,
// configurations of several profiles, groups of pods, claims for devices.
base::Result<Inputs> ReadInputs(const SweepFile& file, const config::LoadedPlugins& loaded,
                                base::Executor& executor);

}  // namespace berth::sweep
