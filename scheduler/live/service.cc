#include "scheduler/live/service.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/base/random.h"
#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/event_uuid.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/kube/leader_election.h"
#include "scheduler/live/cache_comparer.h"
#include "scheduler/live/cluster_watch.h"
#include "scheduler/live/counted_observer.h"
#include "scheduler/live/recorded_events.h"
#include "scheduler/live/scheduler.h"
#include "scheduler/metrics/process_metrics.h"
#include "scoring/row_memory.h"

namespace berth::live {

using base::Result;
using Steady = base::Clock::Steady;

namespace {

// How often the loop looks at what no message tells it, and tells gauges how things are.
constexpr std::chrono::milliseconds kLongestSleep{100};
constexpr std::chrono::seconds kFlushEvents{1};
constexpr std::chrono::seconds kStopServing{1};
constexpr std::chrono::seconds kReleaseLease{2};
constexpr std::chrono::minutes kRefreshAuthentication{1};
// Enough to keep an API server busy; each more is one more to watch.
constexpr std::size_t kBindingConnections = 16;
constexpr std::size_t kEventConnections = 4;
constexpr std::string_view kComponent = "kube-scheduler";

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
  scheduler.algorithm.seed = kube::SeedOfTheMachine();
  scheduler.queue = QueueOptionsOf(options);
  return scheduler;
}

kube::LeaseSettings LeaseSettingsOf(const config::LeaderElection& election) {
  base::Random random(kube::SeedOfTheMachine());
  return {.namespace_name = election.resource_namespace,
          .name = election.resource_name,
          .identity = kube::LeaderIdentity(Hostname(), random),
          .lease_duration = election.lease_duration,
          .renew_deadline = election.renew_deadline,
          .retry_period = election.retry_period};
}

class CountedRequests final : public kube::RequestObserver {
 public:
  explicit CountedRequests(metrics::Registry& registry) : metrics_(registry) {}

  void OnRequest(const kube::RequestFacts& facts) override {
    const std::string method(facts.method);
    const std::string host(facts.host);
    metrics_.requests.With({std::string(facts.code), method, host}).Increment();
    metrics_.request_duration.With({method, host}).Observe(facts.duration.count());
  }

 private:
  metrics::ClientMetrics metrics_;
};

}  // namespace

struct Service::Parts {
  Parts(ServiceOptions service_options, const base::Clock& base_clock)
      : options(std::move(service_options)),
        clock(base_clock),
        registry(options.metrics),
        metrics(registry),
        election_metrics(registry),
        requests(registry),
        observer(metrics) {
    metrics::AddProcessMetrics(registry);
    metrics::AddBuildInfo(registry, {.major = "1", .minor = "36", .git_version = "v1.36.0"});
    registry.AddCensus();
  }

  ServiceOptions options;
  const base::Clock& clock;
  metrics::Registry registry;
  metrics::SchedulerMetrics metrics;
  metrics::LeaderElectionMetrics election_metrics;
  CountedRequests requests;
  CountedObserver observer;
  ServiceState state;
  std::atomic<bool> lost_lease = false;

  // Three, so that neither events nor the lease ever wait behind anything else.
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<kube::Client> event_client;
  std::unique_ptr<kube::Client> lease_client;
  std::unique_ptr<kube::EventRecorder> recorder;
  std::unique_ptr<RecordedEvents> events;
  std::unique_ptr<kube::LeaderElection> election;  // null: always leads
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<ClusterWatch> watch;
  std::unique_ptr<Serving> serving;  // null: nothing is served
  Steady next_publish = {};
  Steady next_refresh = {};

  Result<void> Connect();
  Result<void> MakeScheduler(const framework::Registry& plugins);
  Result<void> Serve();
  void RunForLeader();
  kube::LeaderElection::Callbacks ElectionCallbacks(const kube::LeaseSettings& settings);

  bool MayBind() const {
    return !options.config.leader_election.leader_elect ||
           (election != nullptr && election->MayLead());
  }
  void Loop(const ServiceSignals& signals);
  // What is done now and then.
  void Tend(const ServiceSignals& signals);
  void Finish();
  void Sleep();
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() = default;

Result<void> Service::Parts::Connect() {
  BERTH_ASSIGN(kube::ClientConfig config, ClientConfigOf(options));
  const auto connect = [&](const char* user_agent, std::size_t connections) {
    config.user_agent = std::string("berth/") + user_agent;
    config.max_connections = connections;
    return kube::MakeClient(config, clock, &requests);
  };
  BERTH_ASSIGN(client, connect("scheduler", kBindingConnections));
  BERTH_ASSIGN(event_client, connect("events", kEventConnections));
  BERTH_ASSIGN(lease_client, connect("leader-election", 1));
  recorder = std::make_unique<kube::EventRecorder>(
      *event_client, clock, kube::EventRecorder::Options{.hostname = Hostname()});
  events = std::make_unique<RecordedEvents>(*recorder);
  return {};
}

Result<void> Service::Parts::MakeScheduler(const framework::Registry& plugins) {
  SchedulerOptions scheduling = SchedulerOptionsOf(options);
  scheduling.algorithm.stages = &observer;
  BERTH_ASSIGN(scheduler, Scheduler::Make(options.config, plugins, scheduling, *client, clock,
                                          *events, observer, [this] { return MayBind(); }));
  watch = std::make_unique<ClusterWatch>(*scheduler, *client, clock, kube::SeedOfTheMachine());
  return {};
}

Result<void> Service::Parts::Serve() {
  if (options.serving.secure_port == 0) return {};
  BERTH_ASSIGN(serving, Serving::Start(options.serving,
                                       {.client = *client,
                                        .clock = clock,
                                        .scheduler = *scheduler,
                                        .registry = registry,
                                        .state = state,
                                        .leader_elect = options.config.leader_election.leader_elect,
                                        .config = options.config,
                                        .algorithm = SchedulerOptionsOf(options).algorithm}));
  base::log::Info(0, "Serving securely",
                  {{"address", options.serving.bind_address}, {"port", serving->port()}});
  return {};
}

Result<std::unique_ptr<Service>> Service::Make(ServiceOptions options,
                                               const framework::Registry& registry,
                                               const base::Clock& clock) {
  scoring::LeaveRowsToBeMadePresent();
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  BERTH_TRY(parts->Connect());
  BERTH_TRY(parts->MakeScheduler(registry));
  BERTH_TRY(parts->Serve());
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

kube::LeaderElection::Callbacks Service::Parts::ElectionCallbacks(
    const kube::LeaseSettings& settings) {
  metrics::Gauge& master =
      election_metrics.master_status.With({options.config.leader_election.resource_name});
  return {.on_started_leading =
              [this, settings, &master] {
                master.Set(1);
                recorder->Record(kube::BecameLeaderEvent(settings, kComponent));
                base::log::Info(0, "Successfully acquired lease",
                                {{"lock", settings.namespace_name + "/" + settings.name}});
                // So that the scheduler's thread looks at once.
                scheduler->inbox().Post([] {});
              },
          .on_stopped_leading =
              [this, settings, &master](bool lost) {
                master.Set(0);
                recorder->Record(kube::StoppedLeadingEvent(settings, kComponent));
                if (lost) lost_lease = true;
              },
          .on_new_leader =
              [](const std::string& identity) {
                base::log::Info(0, "New leader elected", {{"identity", identity}});
              }};
}

void Service::Parts::RunForLeader() {
  const config::LeaderElection& wanted = options.config.leader_election;
  if (!wanted.leader_elect) return;
  const kube::LeaseSettings settings = LeaseSettingsOf(wanted);
  base::log::Info(
      0, "Attempting to acquire leader lease...",
      {{"lock", settings.namespace_name + "/" + settings.name}, {"identity", settings.identity}});
  election = std::make_unique<kube::LeaderElection>(
      settings, *lease_client, clock, kube::SeedOfTheMachine(), ElectionCallbacks(settings));
}

void Service::Parts::Sleep() {
  scheduler->inbox().WaitUntil(std::min(scheduler->NextDue(), clock.Now() + kLongestSleep));
}

void Service::Parts::Tend(const ServiceSignals& signals) {
  const Steady now = clock.Now();
  if (now < next_publish) return;
  next_publish = now + kLongestSleep;
  observer.Publish(*scheduler);
  if (!state.handlers_synced && watch->IsSynced()) {
    state.handlers_synced = true;
    base::log::Info(
        0, "Handlers synced",
        {{"nodes", scheduler->cluster().nodes.node_count()}, {"pods", scheduler->pods().size()}});
  }
  if (signals.compare_cache.exchange(false)) {
    LogCacheDifferences(CompareCache(scheduler->contents()));
  }
  if (serving != nullptr && now >= next_refresh) {
    next_refresh = now + kRefreshAuthentication;
    serving->RefreshAuthentication();
  }
}

void Service::Parts::Loop(const ServiceSignals& signals) {
  while (!signals.stop.load(std::memory_order_relaxed) && !lost_lease) {
    const bool decides = watch->IsSynced() && MayBind();
    const bool decided = scheduler->Step(decides);
    Tend(signals);
    if (!decided) Sleep();
  }
}

void Service::Parts::Finish() {
  state.shutting_down = true;
  const Steady deadline = clock.Now() + options.stop_within;
  while (!lost_lease && !scheduler->IsQuiet() && clock.Now() < deadline) {
    scheduler->Step(false);
    if (!scheduler->IsQuiet()) Sleep();
  }
  watch->Stop();
  if (election != nullptr) election->Stop(std::chrono::steady_clock::now() + kReleaseLease);
  recorder->Flush(std::chrono::steady_clock::now() + kFlushEvents);
  if (serving != nullptr) serving->Stop(kStopServing);
}

ServiceEnd Service::Run(const ServiceSignals& signals) {
  base::log::Info(0, "Starting Kubernetes Scheduler", {{"version", "1.36"}});
  parts_->RunForLeader();
  parts_->watch->Start();
  parts_->Loop(signals);
  parts_->Finish();
  if (!parts_->lost_lease) return ServiceEnd::kStopped;
  base::log::Error("", "Leaderelection lost");
  return ServiceEnd::kLostLease;
}

}  // namespace berth::live
