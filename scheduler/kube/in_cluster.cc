#include <cstdlib>

#include "scheduler/kube/kubeconfig.h"
#include "scheduler/kube/server_url.h"
#include "scheduler/kube/small_file.h"

namespace berth::kube {
namespace {

constexpr std::string_view kHost = "KUBERNETES_SERVICE_HOST";
constexpr std::string_view kPort = "KUBERNETES_SERVICE_PORT";

base::Result<std::string> ValueOf(const Environment& environment, std::string_view name) {
  const auto it = environment.find(name);
  if (it == environment.end() || it->second.empty()) {
    return base::Fail("not in a cluster: " + std::string(name) + " is not set");
  }
  return it->second;
}

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

Environment ServiceEnvironment() {
  Environment environment;
  for (const std::string_view name : {kHost, kPort}) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value != nullptr) environment.emplace(name, value);
  }
  return environment;
}

base::Result<ClientConfig> InClusterConfig(const std::string& folder,
                                           const Environment& environment) {
  BERTH_ASSIGN(const std::string host, ValueOf(environment, kHost));
  BERTH_ASSIGN(const std::string port, ValueOf(environment, kPort));
  const auto server = NormalServerUrl("https://" + Bracketed(host) + ":" + port, true);
  if (!server) {
    return std::unexpected(server.error().Within(std::string(kHost) + ", " + std::string(kPort)));
  }
  ClientConfig config;
  config.server = *server;
  config.token_file = folder + "/token";
  config.authority.file = folder + "/ca.crt";
  const auto token = ReadToken(config.token_file);
  if (!token) return std::unexpected(token.error().Within("service account: " + config.token_file));
  return config;
}

}  // namespace berth::kube
