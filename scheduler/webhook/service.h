// `berth extender`: the webhook that kube-scheduler calls, put together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/kube/client_config.h"
#include "scheduler/metrics/registry.h"
#include "scheduler/serve/session.h"
#include "scheduler/webhook/verbs.h"

namespace berth::webhook {

struct ServiceOptions {
  config::Configuration config;
  // None: whole nodes in the requests are all there is.
  std::optional<kube::ClientConfig> cluster = {};
  std::string address = "0.0.0.0";
  std::uint16_t port = 8888;  // 0: any that is free
  // Both or none; none: plain HTTP.
  std::string tls_cert_file = {};
  std::string tls_private_key_file = {};
  std::string client_ca_file = {};  // set: schedulers have to show a certificate
  std::vector<Verb> verbs = VerbOptions().served;
  bool relative_scores = false;
  std::size_t workers = 0;  // 0: one a core
  std::size_t max_connections = 1024;
  std::size_t max_body_bytes = std::size_t{256} << 20;
  serve::TimeLimits times = {};
  metrics::RegistryOptions metrics = {};
  // After being asked to stop, for what is just being answered.
  std::chrono::milliseconds stop_within{5'000};
};

// Threads: the workers accept, read, answer and write; with a cluster, the one that calls Run takes
// over what the client's thread has decoded, between two questions.
class Service {
 public:
  // Listens when it returns; /readyz fails and verbs answer 503 until all has been listed. Fails
  // where the configuration, credentials or certificates cannot be used, or the port is taken. The
  // clock outlives the service.
  static base::Result<std::unique_ptr<Service>> Make(ServiceOptions options,
                                                     const framework::Registry& registry,
                                                     const base::Clock& clock);
  ~Service();

  std::uint16_t port() const;

  // Until `stop`; then finishes what is being answered. Once.
  void Run(const std::atomic<bool>& stop);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::webhook
