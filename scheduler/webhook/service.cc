#include "scheduler/webhook/service.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/event_uuid.h"
#include "scheduler/live/cluster_watch.h"
#include "scheduler/metrics/process_metrics.h"
#include "scheduler/serve/endpoints.h"
#include "scheduler/serve/http_server.h"
#include "scheduler/webhook/cluster_view.h"
#include "scheduler/webhook/given_clusters.h"
#include "scoring/row_memory.h"

namespace berth::webhook {

using base::Result;

namespace {

// How often the loop looks whether it is to stop.
constexpr std::chrono::milliseconds kLongestSleep{100};

std::size_t WorkersOf(const ServiceOptions& options) {
  if (options.workers > 0) return options.workers;
  return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
}

}  // namespace

struct Service::Parts {
  Parts(ServiceOptions service_options, const base::Clock& base_clock)
      : options(std::move(service_options)),
        clock(base_clock),
        registry(options.metrics),
        executor(base::MakeExecutor(WorkersOf(options))) {
    metrics::AddProcessMetrics(registry);
    metrics::AddBuildInfo(registry, {.major = "1", .minor = "36", .git_version = "v1.36.0"});
  }

  ServiceOptions options;
  const base::Clock& clock;
  metrics::Registry registry;
  const std::unique_ptr<base::Executor> executor;
  std::atomic<bool> listed = false;
  std::atomic<bool> shutting_down = false;

  std::unique_ptr<kube::Client> client;  // null without a cluster; so are the next two
  std::unique_ptr<ClusterView> view;
  std::unique_ptr<live::ClusterWatch> watch;
  std::unique_ptr<GivenClusters> given;  // null with a cluster
  std::unique_ptr<Verbs> verbs;
  serve::Router router;
  std::unique_ptr<serve::HttpServer> server;  // ends first

  Oracle& oracle() { return view != nullptr ? static_cast<Oracle&>(*view) : *given; }
  Result<void> Ready() const;
  Result<void> MakeOracle(const framework::Registry& plugins);
  void AddHealth();
  Result<void> Listen();
  void Follow(const std::atomic<bool>& stop);
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() {
  if (parts_->watch != nullptr) parts_->watch->Stop();
}

Result<void> Service::Parts::Ready() const {
  if (shutting_down) return base::Fail("shutting down");
  if (!listed) return base::Fail("the cluster has not been listed yet");
  return {};
}

Result<void> Service::Parts::MakeOracle(const framework::Registry& plugins) {
  if (!options.cluster) {
    listed = true;
    BERTH_ASSIGN(given, GivenClusters::Make(options.config, plugins, WorkersOf(options)));
    return {};
  }
  options.cluster->user_agent = "berth/extender";
  BERTH_ASSIGN(client, kube::MakeClient(*options.cluster, clock));
  BERTH_ASSIGN(view, ClusterView::Make(options.config, plugins, *client, clock));
  watch = std::make_unique<live::ClusterWatch>(view->scheduler(), *client, clock,
                                               kube::SeedOfTheMachine());
  return {};
}

void Service::Parts::AddHealth() {
  const auto add = [&](const std::string& name, serve::HealthCheck check) {
    serve::AddHealth(router, std::make_shared<serve::HealthEndpoint>(
                                 name, std::vector<serve::HealthCheck>{std::move(check)}));
  };
  add("healthz", serve::Ping());
  add("livez", serve::Ping());
  add("readyz", {"caches", [this] { return Ready(); }});
}

Result<void> Service::Parts::Listen() {
  serve::HttpServerOptions http;
  http.bind_address = options.address;
  http.port = options.port;
  http.max_connections = options.max_connections;
  http.threads = WorkersOf(options);
  http.messages.body_bytes = options.max_body_bytes;
  http.times = options.times;
  const bool has_tls = !options.tls_cert_file.empty() || !options.tls_private_key_file.empty();
  if (!options.client_ca_file.empty() && !has_tls) {
    return base::Fail("a client CA needs a certificate and a key to serve with");
  }
  if (has_tls) {
    http.tls = serve::TlsOptions{.cert_file = options.tls_cert_file,
                                 .key_file = options.tls_private_key_file,
                                 .client_ca_file = options.client_ca_file};
  }
  BERTH_ASSIGN(server,
               serve::HttpServer::Start(http, [this](const auto& request, const auto& respond) {
                 router.Answer(request, respond);
               }));
  return {};
}

Result<std::unique_ptr<Service>> Service::Make(ServiceOptions options,
                                               const framework::Registry& registry,
                                               const base::Clock& clock) {
  scoring::LeaveRowsToBeMadePresent();
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  BERTH_TRY(parts->MakeOracle(registry));
  parts->verbs = std::make_unique<Verbs>(
      parts->oracle(), *parts->executor, parts->registry, clock,
      VerbOptions{.served = parts->options.verbs,
                  .relative_scores = parts->options.relative_scores,
                  .wants_certificate = !parts->options.client_ca_file.empty(),
                  .ready = [&parts = *parts] { return parts.Ready(); }});
  parts->verbs->AddTo(parts->router);
  parts->AddHealth();
  serve::AddMetrics(parts->router, "/metrics", parts->registry);
  BERTH_TRY(parts->Listen());
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

std::uint16_t Service::port() const { return parts_->server->port(); }

// Takes over what is watched.
void Service::Parts::Follow(const std::atomic<bool>& stop) {
  watch->Start();
  live::Scheduler& scheduler = view->scheduler();
  while (!stop.load(std::memory_order_relaxed)) {
    view->TakeNews();
    if (!listed && watch->IsSynced()) {
      listed = true;
      base::log::Info(
          0, "The cluster is known",
          {{"nodes", scheduler.cluster().nodes.node_count()}, {"pods", scheduler.pods().size()}});
    }
    scheduler.inbox().WaitUntil(clock.Now() + kLongestSleep);
  }
}

void Service::Run(const std::atomic<bool>& stop) {
  const ServiceOptions& options = parts_->options;
  base::log::Info(0, "Serving as a scheduler's extender",
                  {{"address", options.address},
                   {"port", port()},
                   {"nodes", options.cluster ? "from the API server" : "from requests"},
                   {"workers", WorkersOf(options)}});
  if (parts_->watch != nullptr) {
    parts_->Follow(stop);
  } else {
    while (!stop.load(std::memory_order_relaxed)) std::this_thread::sleep_for(kLongestSleep);
  }
  parts_->shutting_down = true;
  parts_->server->Stop(options.stop_within);
  if (parts_->watch != nullptr) parts_->watch->Stop();
}

}  // namespace berth::webhook
