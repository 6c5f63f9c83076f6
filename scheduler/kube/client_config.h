// How to reach an API server and as whom: what a kubeconfig or a service account comes to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::kube {

// Initialised, so that g++ lets those who name some fields leave out others.
// NOLINTBEGIN(readability-redundant-member-init)

// Certificates or a key in PEM, as text or in a file that is read when it is needed.
struct Pem {
  std::string text = {};
  std::string file = {};  // without text

  bool empty() const { return text.empty() && file.empty(); }
};

// A program that prints credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string command = {};
  std::vector<std::string> args = {};
  std::vector<std::pair<std::string, std::string>> env = {};  // beside ours
  std::string api_version = {};                               // with its group
  bool provide_cluster_info = false;
  std::string cluster_extension = {};  // JSON: what the cluster has for the plugin; "" if nothing
  std::string install_hint = {};       // for a person, where the command is not there
};

struct ClientConfig {
  std::string server = {};  // "https://host:port", perhaps with a path; no '/' at the end

  Pem authority = {};  // whose certificates are trusted; empty: those of the system
  std::string tls_server_name = {};
  bool insecure_skip_tls_verify = false;
  std::string proxy_url = {};  // empty: as HTTPS_PROXY and NO_PROXY say

  // Of these at most one kind: a token (that in the file goes first), a password, a plugin. A
  // certificate may stand beside them.
  Pem certificate = {};
  Pem key = {};
  std::string token = {};
  std::string token_file = {};
  std::string username = {};
  std::string password = {};
  std::optional<ExecPlugin> exec = {};

  std::string user_agent = "berth";
  double qps = 50;  // of Client::Send; 0 or less: no limit
  int burst = 100;

  // Whether an answer that asks to try again later (429, or 5xx with Retry-After) is followed.
  bool tries_again_later = true;

  std::size_t max_connections = 32;  // of Client::Send; each stream has one of its own
  std::size_t max_response_bytes = std::size_t{64} << 20;
};

// NOLINTEND(readability-redundant-member-init)

}  // namespace berth::kube
