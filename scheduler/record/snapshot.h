// What there is in a cluster, listed.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/kube/client.h"
#include "scheduler/live/watched_kinds.h"

namespace berth::record {

struct ListedKind {
  live::WatchedKind kind;
  std::string version;                      // of the list
  std::map<std::string, std::string> seen;  // the version of each object, by "namespace/name"
};

struct Snapshot {
  std::string version;               // of the cluster
  std::vector<ListedKind> kinds;     // without those that the API server does not serve
  std::vector<std::string> absent;   // those
  std::vector<std::string> at_once;  // kinds whose list is of another moment, see below
  std::vector<std::string> objects;  // one line of JSON each; pods last, by age
  std::size_t nodes = 0;
  std::size_t pods = 0;
  std::size_t pods_without_node = 0;  // left out: their node is gone
};

// The state of all kinds at one moment. The nodes are listed as they are now, which gives a version
// of the cluster; everything else is then listed exactly as it was at that version. Where that is
// forgotten meanwhile, all begins anew. A kind whose store counts versions of its own, so that it
// does not know that one, is listed as it is now and named in `at_once`.
//
// Only lists are asked for. Waits for each; not from a callback of the client. Fails with the kind
// that could not be listed, and when `interrupted`.
base::Result<Snapshot> TakeSnapshot(kube::Client& client, const std::atomic<bool>& interrupted);

// The beginning of a recording (simulate/recording.h), up to the end of its List.
std::string SnapshotText(const Snapshot& snapshot, std::int64_t taken_at_nanoseconds);

}  // namespace berth::record
