// Who may ask for what.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/serve/http.h"
#include "scheduler/serve/user.h"

namespace berth::serve {

struct AuthorizationOptions {
  // Paths that everybody may ask for; with * at the end, all that begin so.
  std::vector<std::string> always_allow_paths = {"/healthz", "/readyz", "/livez"};
  PostReview review = {};  // none: nobody may but those above and system:masters
  std::chrono::milliseconds allowed_time_to_live{10'000};
  std::chrono::milliseconds denied_time_to_live{10'000};
};

struct AccessDecision {
  bool allowed = false;
  std::string reason = {};  // may be empty
};

// Thread-safe.
class Authorizer {
 public:
  Authorizer(const base::Clock& clock, AuthorizationOptions options);
  ~Authorizer();
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  // An error if it could not be found out. Calls back as Authenticator does.
  using Done = std::function<void(base::Result<AccessDecision>)>;
  void Authorize(const User& user, const HttpRequest& request, Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// What the API server calls a method of HTTP on a path.
std::string VerbOf(const HttpRequest& request);

}  // namespace berth::serve
