// What the tests of the webhook share: objects as text, and an extender with a server.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/clock.h"
#include "scheduler/config/configuration.h"
#include "scheduler/serve/http_server.h"
#include "scheduler/webhook/cluster_view.h"
#include "scheduler/webhook/given_clusters.h"
#include "scheduler/webhook/verbs.h"
#include "tests/serve/test_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_cluster_client.h"

namespace berth::webhook {

using Json = nlohmann::json;

struct NodeFields {
  std::string cpu = "4";
  bool is_tainted = false;
  std::string padding = "";  // an annotation
};
Json NodeJson(const std::string& name, const NodeFields& fields = {});
// Of the namespace default; `node` "" where it waits.
Json PodJson(const std::string& name, const std::string& cpu = "1", const std::string& node = "");

// Requests.
std::string ByName(const Json& pod, const std::vector<std::string>& names);
std::string WithNodes(const Json& pod, const std::vector<Json>& nodes);

std::string PostText(std::string_view verb, std::string_view body);

// An oracle with verbs and a server on a free port.
class Extender {
 public:
  explicit Extender(std::unique_ptr<Oracle> oracle, VerbOptions options = {},
                    serve::HttpServerOptions server = {});

  std::uint16_t port() const { return server_->port(); }
  // Over a connection of its own.
  serve::Answer Post(std::string_view verb, std::string_view body) const;
  // Of a 200.
  Json Ask(std::string_view verb, std::string_view body) const;

  metrics::Registry registry;

 private:
  base::SystemClock clock_;
  std::unique_ptr<base::Executor> executor_ = base::MakeExecutor(2);
  std::unique_ptr<Oracle> oracle_;
  std::unique_ptr<Verbs> verbs_;
  serve::Router router_;
  std::unique_ptr<serve::HttpServer> server_;
};

// Without credentials.
std::unique_ptr<Oracle> GivenOracle(const config::Configuration& config, std::size_t clusters = 2);
std::unique_ptr<Oracle> GivenOracle(std::size_t clusters = 2);

// A view of a small API server in memory.
class WatchedCluster {
 public:
  WatchedCluster();
  explicit WatchedCluster(const config::Configuration& config);

  void PutNode(const Json& node) { api.Put(support::kNodes, node); }
  void PutPod(const Json& pod) { api.Put(support::kPods, pod); }
  // Lets the view see what has changed; on the one thread that does.
  void Show();
  // As its oracle; this outlives it.
  std::unique_ptr<Oracle> oracle();

  support::FakeClock clock;
  support::FakeClusterClient api;
  std::unique_ptr<ClusterView> view;

 private:
  api::PodSpecTable specs_;
  std::unique_ptr<kube::WatchSink> nodes_;
  std::unique_ptr<kube::WatchSink> pods_;
};

}  // namespace berth::webhook
