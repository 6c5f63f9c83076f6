#include "scheduler/live/serving.h"

#include <utility>

#include "scheduler/api/yaml_to_json.h"
#include "scheduler/base/log.h"
#include "scheduler/config/print.h"
#include "scheduler/live/debug_answers.h"
#include "scheduler/metrics/process_metrics.h"
#include "scheduler/serve/cluster_authentication.h"
#include "scheduler/serve/endpoints.h"
#include "scheduler/serve/guard.h"
#include "scheduler/serve/http_server.h"
#include "scheduler/serve/router.h"

namespace berth::live {

using base::Result;
using serve::HttpRequest;
using serve::HttpResponse;
using serve::RequestPtr;
using serve::Responder;

namespace {

constexpr std::string_view kTokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews";
constexpr std::string_view kAccessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
constexpr std::chrono::seconds kReviewTimeout{10};

serve::PostReview ReviewsAt(kube::Client& client, std::string_view path) {
  return [&client, path](std::string body, std::function<void(int, std::string)> done) {
    kube::Request request{
        .method = kube::Method::kPost, .path = std::string(path), .timeout = kReviewTimeout};
    request.body = std::move(body);
    client.Send(std::move(request), [done = std::move(done)](const kube::Response& response) {
      if (response.ok()) return done(response.status, response.body);
      done(response.status, kube::ErrorText(response));
    });
  };
}

std::string ConfigzJson(const config::Configuration& config) {
  const auto json = api::YamlToJson(config::Print(config));
  // What was printed here is YAML.
  return "{\"componentconfig\":" + std::string(json ? json->view() : "{}") + "}";
}

HttpResponse Json(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  response.content_type = "application/json";
  return response;
}

}  // namespace

struct Serving::Parts {
  Parts(ServingOptions serving_options, Wiring serving_wiring)
      : options(std::move(serving_options)),
        wiring(std::move(serving_wiring)),
        health(health_registry) {}

  ServingOptions options;
  Wiring wiring;
  metrics::Registry health_registry;
  metrics::HealthMetrics health;
  serve::Router router;
  serve::AuthenticationConfig configured;  // by flags
  std::shared_ptr<serve::Authenticator> authenticator;
  std::unique_ptr<serve::HttpServer> server;  // ends first

  void AddHealth();
  void AddDebug();
  // Asks on the scheduler's thread.
  void Ask(const std::string& path,
           std::function<HttpResponse(const HttpRequest&, Scheduler&)> answer);
  Result<void> ReadCertificateAuthorities();
  Result<void> Listen();
};

Serving::Serving(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Serving::~Serving() = default;

void Serving::Parts::AddHealth() {
  const auto observe = [this](const std::string& check, const std::string& endpoint, bool ok) {
    health.Observe(check, endpoint, ok);
  };
  const ServiceState& state = wiring.state;
  // Who lost the lease is about to end; so this check has nothing to find, as in kube-scheduler.
  const serve::HealthCheck leader{"leaderElection", []() -> Result<void> { return {}; }};
  const serve::HealthCheck shutdown{"shutdown", [&state]() -> Result<void> {
                                      if (state.shutting_down) return base::Fail("shutting down");
                                      return {};
                                    }};
  const serve::HealthCheck synced{"sched-handler-sync", [&state]() -> Result<void> {
                                    if (state.handlers_synced) return {};
                                    return base::Fail("handlers are not fully synchronized");
                                  }};
  std::vector<serve::HealthCheck> healthz = {wiring.leader_elect ? leader : serve::Ping()};
  std::vector<serve::HealthCheck> readyz = {shutdown, synced};
  if (wiring.leader_elect) readyz.insert(readyz.begin(), leader);
  const auto add = [&](const std::string& name, std::vector<serve::HealthCheck> checks) {
    serve::AddHealth(router,
                     std::make_shared<serve::HealthEndpoint>(name, std::move(checks), observe));
  };
  add("healthz", std::move(healthz));
  add("livez", {serve::Ping()});
  add("readyz", std::move(readyz));
  serve::AddMetrics(router, "/metrics/slis", health_registry);
}

void Serving::Parts::Ask(const std::string& path,
                         std::function<HttpResponse(const HttpRequest&, Scheduler&)> answer) {
  router.Add("GET", path, [this, answer](RequestPtr request, Responder respond) {
    Scheduler& scheduler = wiring.scheduler;
    scheduler.inbox().Post(
        [&scheduler, answer, request = std::move(request), respond = std::move(respond)] {
          respond(answer(*request, scheduler));
        });
  });
}

void Serving::Parts::AddDebug() {
  Ask("/debug/cache",
      [](const HttpRequest&, Scheduler& scheduler) { return Json(DebugCache(scheduler)); });
  Ask("/debug/queue",
      [](const HttpRequest&, Scheduler& scheduler) { return Json(DebugQueue(scheduler)); });
  Ask("/debug/explain",
      [algorithm = wiring.algorithm](const HttpRequest& request, Scheduler& scheduler) {
        constexpr int kBadRequest = 400;
        constexpr int kNotFound = 404;
        const auto names = request.Parameters("pod");
        if (names.size() != 1) {
          return serve::ErrorResponse(kBadRequest, "which pod? /debug/explain?pod=NAMESPACE/NAME");
        }
        auto explained = DebugExplain(scheduler, names.front(), algorithm);
        if (!explained) return serve::ErrorResponse(kNotFound, explained.error().message());
        return Json(*std::move(explained));
      });
  if (options.profiling) {
    serve::AddVerbosity(router, [](int verbosity) { base::log::SetVerbosity(verbosity); });
  }
}

Result<void> Serving::Parts::ReadCertificateAuthorities() {
  if (!options.client_ca_file.empty()) {
    BERTH_ASSIGN(configured.client_ca, serve::ClientCa::FromFile(options.client_ca_file));
  }
  serve::FrontProxy& proxy = configured.front_proxy;
  if (!options.requestheader_client_ca_file.empty()) {
    BERTH_ASSIGN(proxy.ca, serve::ClientCa::FromFile(options.requestheader_client_ca_file));
  }
  proxy.allowed_names = options.requestheader_allowed_names;
  proxy.username_headers = options.requestheader_username_headers;
  proxy.uid_headers = options.requestheader_uid_headers;
  proxy.group_headers = options.requestheader_group_headers;
  proxy.extra_prefixes = options.requestheader_extra_headers_prefix;
  return {};
}

Result<void> Serving::Parts::Listen() {
  serve::TokenOptions tokens{.time_to_live = options.token_cache_ttl};
  tokens.review = ReviewsAt(wiring.client, kTokenReviews);
  authenticator =
      std::make_shared<serve::Authenticator>(wiring.clock, configured, std::move(tokens));
  serve::AuthorizationOptions authorization{.always_allow_paths = options.always_allow_paths,
                                            .review = ReviewsAt(wiring.client, kAccessReviews),
                                            .allowed_time_to_live = options.authorized_cache_ttl,
                                            .denied_time_to_live = options.unauthorized_cache_ttl};
  auto authorizer = std::make_shared<serve::Authorizer>(wiring.clock, std::move(authorization));
  serve::HttpServerOptions server_options;
  server_options.bind_address = options.bind_address;
  server_options.port = options.secure_port;
  server_options.tls = serve::TlsOptions{.cert_file = options.tls_cert_file,
                                         .key_file = options.tls_private_key_file,
                                         .min_version = options.tls_min_version,
                                         .cipher_suites = options.tls_cipher_suites};
  const serve::Handler route = [this](const RequestPtr& request, const Responder& respond) {
    router.Answer(request, respond);
  };
  BERTH_ASSIGN(server,
               serve::HttpServer::Start(
                   server_options, serve::Guarded(authenticator, std::move(authorizer), route)));
  return {};
}

Result<std::unique_ptr<Serving>> Serving::Start(const ServingOptions& options, Wiring wiring) {
  auto parts = std::make_unique<Parts>(options, std::move(wiring));
  parts->AddHealth();
  serve::AddMetrics(parts->router, "/metrics", parts->wiring.registry);
  serve::AddConfigz(parts->router, [json = ConfigzJson(parts->wiring.config)] { return json; });
  parts->AddDebug();
  serve::AddFlagz(parts->router, "kube-scheduler", options.flags);
  serve::AddStatusz(parts->router, parts->wiring.clock,
                    {.component = "kube-scheduler",
                     .binary_version = "1.36.0",
                     .emulation_version = "1.36",
                     .start_wall_nanoseconds = parts->wiring.clock.WallNanoseconds()});
  BERTH_TRY(parts->ReadCertificateAuthorities());
  BERTH_TRY(parts->Listen());
  std::unique_ptr<Serving> serving(new Serving(std::move(parts)));
  if (!options.authentication_skip_lookup) serving->RefreshAuthentication();
  return serving;
}

std::uint16_t Serving::port() const { return parts_->server->port(); }

void Serving::RefreshAuthentication() {
  if (parts_->options.authentication_skip_lookup) return;
  parts_->wiring.client.Send(
      {.path = serve::kClusterAuthenticationPath},
      [authenticator = parts_->authenticator,
       configured = parts_->configured](const kube::Response& response) {
        if (!response.ok()) {
          return base::log::Warning(
              "Unable to get configmap/extension-apiserver-authentication in "
              "kube-system",
              {{"err", kube::ErrorText(response)}});
        }
        auto found = serve::ReadClusterAuthentication(response.body);
        if (!found) {
          return base::log::Warning(
              "Unable to use configmap/extension-apiserver-authentication in "
              "kube-system",
              {{"err", found.error().message()}});
        }
        // What flags say goes before what the cluster says.
        if (configured.client_ca != nullptr) found->client_ca = configured.client_ca;
        if (configured.front_proxy.ca != nullptr) found->front_proxy = configured.front_proxy;
        authenticator->Configure(*std::move(found));
      });
}

void Serving::Stop(std::chrono::milliseconds deadline) { parts_->server->Stop(deadline); }

}  // namespace berth::live
