#include "scheduler/live/service.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/live/cluster_watch.h"
#include "scheduler/live/recorded_events.h"
#include "scheduler/live/scheduler.h"

namespace berth::live {

using base::Result;

namespace {

// How often the loop looks at what no message tells it: whether it is to stop.
constexpr std::chrono::milliseconds kLongestSleep{100};
constexpr std::chrono::seconds kFlushEvents{1};

std::string Hostname() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

Result<kube::ClientConfig> ClientConfigOf(const ServiceOptions& options) {
  const config::ClientConnection& connection = options.config.client_connection;
  auto config =
      connection.kubeconfig.empty() && options.master.empty()
          ? kube::InClusterConfig()
          : kube::LoadKubeconfig(connection.kubeconfig, {.context = "", .master = options.master});
  if (!config) return config;
  config->qps = connection.qps;
  config->burst = connection.burst;
  config->user_agent = "berth/scheduler";
  return config;
}

queue::SchedulingQueue::Options QueueOptionsOf(const ServiceOptions& options) {
  return {.initial_backoff = std::chrono::seconds(options.config.pod_initial_backoff_seconds),
          .max_backoff = std::chrono::seconds(options.config.pod_max_backoff_seconds),
          .max_in_unschedulable = options.max_in_unschedulable};
}

SchedulerOptions SchedulerOptionsOf(const ServiceOptions& options) {
  SchedulerOptions scheduler;
  scheduler.algorithm.percentage_of_nodes_to_score = options.config.percentage_of_nodes_to_score;
  scheduler.queue = QueueOptionsOf(options);
  return scheduler;
}

}  // namespace

struct Service::Parts {
  Parts(ServiceOptions service_options, const base::Clock& base_clock)
      : options(std::move(service_options)), clock(base_clock) {}

  ServiceOptions options;
  const base::Clock& clock;
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<kube::Client> event_client;  // so that events never hold up bindings
  std::unique_ptr<kube::EventRecorder> recorder;
  std::unique_ptr<RecordedEvents> events;
  SchedulerObserver observer;
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<ClusterWatch> watch;

  Result<void> Connect();
  Result<void> MakeScheduler(const framework::Registry& registry);
  void Loop(const std::atomic<bool>& stop);
  void Finish();
  void Sleep();
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() = default;

Result<void> Service::Parts::Connect() {
  BERTH_ASSIGN(const kube::ClientConfig config, ClientConfigOf(options));
  BERTH_ASSIGN(client, kube::MakeClient(config, clock));
  BERTH_ASSIGN(event_client, kube::MakeClient(config, clock));
  recorder = std::make_unique<kube::EventRecorder>(
      *event_client, clock, kube::EventRecorder::Options{.hostname = Hostname()});
  events = std::make_unique<RecordedEvents>(*recorder);
  return {};
}

Result<void> Service::Parts::MakeScheduler(const framework::Registry& registry) {
  BERTH_ASSIGN(scheduler, Scheduler::Make(options.config, registry, SchedulerOptionsOf(options),
                                          *client, clock, *events, observer, [] { return true; }));
  watch = std::make_unique<ClusterWatch>(*scheduler, *client, clock, std::random_device{}());
  return {};
}

Result<std::unique_ptr<Service>> Service::Make(ServiceOptions options,
                                               const framework::Registry& registry,
                                               const base::Clock& clock) {
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  BERTH_TRY(parts->Connect());
  BERTH_TRY(parts->MakeScheduler(registry));
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

void Service::Parts::Sleep() {
  scheduler->inbox().WaitUntil(std::min(scheduler->NextDue(), clock.Now() + kLongestSleep));
}

void Service::Parts::Loop(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
    if (!scheduler->Step(watch->IsSynced())) Sleep();
  }
}

void Service::Parts::Finish() {
  const auto deadline = clock.Now() + options.stop_within;
  while (!scheduler->IsQuiet() && clock.Now() < deadline) {
    scheduler->Step(false);
    if (!scheduler->IsQuiet()) Sleep();
  }
  watch->Stop();
  recorder->Flush(std::chrono::steady_clock::now() + kFlushEvents);
}

ServiceEnd Service::Run(const std::atomic<bool>& stop) {
  base::log::Info(0, "Starting Kubernetes Scheduler");
  parts_->watch->Start();
  parts_->Loop(stop);
  parts_->Finish();
  return ServiceEnd::kStopped;
}

}  // namespace berth::live
