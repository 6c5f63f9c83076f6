// An API server with a few objects, for those who list and watch.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"
#include "tests/support/fake_api_server.h"

namespace berth::record {

inline constexpr const char* kNodesPath = "/api/v1/nodes";
inline constexpr const char* kPodsPath = "/api/v1/pods";
inline constexpr const char* kReplicaSetsPath = "/apis/apps/v1/replicasets";

class FakeCluster {
 public:
  FakeCluster();

  // Everything is thread-safe.

  // JSON of an item, as a list has it: without its kind.
  void Add(const std::string& path, const std::string& object);
  // Of one watch of that path: sent as soon as somebody watches. Ends with a line feed.
  void Happen(const std::string& path, const std::string& line);
  // What the next requests of a path are answered with; the last one for good, if `always`.
  void Answer(const std::string& path, support::ServerResponse response, bool always = false);

  // Targets of all requests so far.
  std::vector<std::string> asked();

  kube::Client& client() { return *client_; }
  const base::Clock& clock() const { return clock_; }

 private:
  support::ServerResponse Handle(const support::ServerRequest& request);
  void Watch(const std::string& path, support::ResponseStream& stream);
  std::string NextLine(const std::string& path);

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> objects_;
  std::map<std::string, std::vector<std::string>> lines_;
  std::map<std::string, std::vector<std::pair<support::ServerResponse, bool>>> answers_;
  std::vector<std::string> asked_;
  base::SystemClock clock_;
  std::unique_ptr<support::FakeApiServer> server_;
  std::unique_ptr<kube::Client> client_;  // ends first
};

}  // namespace berth::record
