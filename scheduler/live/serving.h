// What a scheduler tells over its secure port.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/kube/client.h"
#include "scheduler/live/scheduler.h"
#include "scheduler/metrics/registry.h"

namespace berth::live {

// As kube-scheduler's flags of the same names.
struct ServingOptions {
  std::string bind_address = "0.0.0.0";
  std::uint16_t secure_port = 10259;  // 0: nothing is served
  std::string tls_cert_file;
  std::string tls_private_key_file;
  std::string tls_min_version;
  std::vector<std::string> tls_cipher_suites;

  std::string client_ca_file;
  std::string requestheader_client_ca_file;
  std::vector<std::string> requestheader_allowed_names;
  std::vector<std::string> requestheader_username_headers = {"x-remote-user"};
  std::vector<std::string> requestheader_uid_headers;
  std::vector<std::string> requestheader_group_headers = {"x-remote-group"};
  std::vector<std::string> requestheader_extra_headers_prefix = {"x-remote-extra-"};
  bool authentication_skip_lookup = false;
  bool authentication_tolerate_lookup_failure = true;
  std::chrono::milliseconds token_cache_ttl{10'000};

  std::vector<std::string> always_allow_paths = {"/healthz", "/readyz", "/livez"};
  std::chrono::milliseconds authorized_cache_ttl{10'000};
  std::chrono::milliseconds unauthorized_cache_ttl{10'000};

  bool profiling = true;                     // /debug/flags/v
  std::map<std::string, std::string> flags;  // as given, for /flagz
};

// What /readyz asks. Set by the service, read by the server.
struct ServiceState {
  std::atomic<bool> handlers_synced = false;
  std::atomic<bool> shutting_down = false;
};

// Runs on the server's thread; what it has to know of the scheduler is asked through its inbox.
class Serving {
 public:
  struct Wiring {
    kube::Client& client;  // for TokenReviews and SubjectAccessReviews
    const base::Clock& clock;
    Scheduler& scheduler;
    metrics::Registry& registry;
    const ServiceState& state;
    bool leader_elect = false;
    config::Configuration config;       // for /configz
    cycle::AlgorithmOptions algorithm;  // for /debug/explain
  };

  // Listens when it returns. Fails where the address is taken or a certificate cannot be read.
  static base::Result<std::unique_ptr<Serving>> Start(const ServingOptions& options, Wiring wiring);
  ~Serving();

  std::uint16_t port() const;
  // Reads again whom the cluster says to believe: kube-system/extension-apiserver-authentication.
  void RefreshAuthentication();
  void Stop(std::chrono::milliseconds deadline);

 private:
  struct Parts;
  explicit Serving(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::live
