// /healthz, /livez and /readyz: whether this process is well, as answers that kubelets and people
// know from Kubernetes' components.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/serve/http.h"

namespace berth::serve {

// The error goes to the log; who asks at the root of the endpoint is not told it.
struct HealthCheck {
  std::string name;
  std::function<base::Result<void>()> check;  // on the server's thread; short
};

// One that passes as long as there is anybody to answer.
HealthCheck Ping();

// Told of each outcome: the name of the check, the name of the endpoint, whether all is well.
using HealthObserver =
    std::function<void(const std::string& check, const std::string& endpoint, bool ok)>;

// One endpoint, such as "healthz".
class HealthEndpoint {
 public:
  HealthEndpoint(std::string name, std::vector<HealthCheck> checks, HealthObserver observe = {});

  // For the path /NAME: "ok", or a line a check and 500 if one fails. Parameters: verbose (the
  // lines in any case), exclude=CHECK (as often as wanted).
  HttpResponse AnswerAll(const HttpRequest& request) const;
  // For the path /NAME/CHECK.
  HttpResponse AnswerOne(const HttpRequest& request) const;

  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  const std::vector<HealthCheck> checks_;
  const HealthObserver observe_;
};

}  // namespace berth::serve
