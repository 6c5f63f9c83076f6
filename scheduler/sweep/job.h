// A sweep as objects of a cluster: an Indexed Job, one index a shard.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

// What an API server takes in one ConfigMap.
inline constexpr std::size_t kMaxConfigMapBytes = std::size_t{1} << 20;

struct JobOptions {
  std::string name = "berth-sweep";
  std::string image = "berth";
  std::size_t shards = 1;
  // A PersistentVolumeClaim that holds the folder of the sweep file, and takes the results. Empty:
  // the files go into a ConfigMap, and each shard prints its results into its log.
  std::string volume_claim;
};

// The manifests in JSON, to be given to kubectl. Fails where a file is not below the folder of the
// sweep file, where there are more shards than runs, and where the files are too large for a
// ConfigMap.
base::Result<std::string> JobManifest(const SweepFile& file, const JobOptions& options);

}  // namespace berth::sweep
