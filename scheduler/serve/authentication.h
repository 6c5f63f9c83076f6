// Who sends a request.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/serve/client_ca.h"
#include "scheduler/serve/http.h"
#include "scheduler/serve/user.h"

namespace berth::serve {

// A proxy in front of us that has authenticated its clients: --requestheader-*.
struct FrontProxy {
  std::shared_ptr<ClientCa> ca = {};            // of the proxy itself; null: none is believed
  std::vector<std::string> allowed_names = {};  // of the proxy; empty: any
  std::vector<std::string> username_headers = {"x-remote-user"};
  std::vector<std::string> uid_headers = {};
  std::vector<std::string> group_headers = {"x-remote-group"};
  std::vector<std::string> extra_prefixes = {"x-remote-extra-"};
};

struct AuthenticationConfig {
  std::shared_ptr<ClientCa> client_ca = {};  // null: certificates of clients say nothing
  FrontProxy front_proxy = {};
};

struct TokenOptions {
  PostReview review = {};  // none: tokens say nothing
  std::chrono::milliseconds time_to_live{10'000};
};

// In this order: headers of a front proxy, the certificate, the bearer token. The first that says
// who it is decides. Who shows nothing is system:anonymous; who shows something that does not hold
// is nobody. Thread-safe.
class Authenticator {
 public:
  Authenticator(const base::Clock& clock, AuthenticationConfig config, TokenOptions tokens);
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // For requests from now on.
  void Configure(AuthenticationConfig config);

  // Nothing for nobody. Calls back at once or later, on the thread on which the review comes back;
  // also after this object is gone.
  using Done = std::function<void(std::optional<User>)>;
  void Authenticate(const HttpRequest& request, Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace berth::serve
