// The client that talks to a real API server: libcurl on a thread of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/client_config.h"

namespace berth::kube {

// One try of a request that has come to its end; of a stream, to its status.
struct RequestFacts {
  std::string_view method;  // "GET"
  std::string_view host;    // "10.0.0.1:6443"
  std::string_view code;    // "200"; "<error>" where no answer came
  std::chrono::duration<double> duration;
};

// For rest_client_requests_total and rest_client_request_duration_seconds. Called on the client's
// thread.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void OnRequest(const RequestFacts& facts) = 0;
};

// Connections are kept and used again, over TLS too; a request that was refused with 401 is tried
// once more with fresh credentials, where there can be any. Redirects are not followed.
//
// The clock and the observer (which may be null) outlive the client. Its end gives every request
// that is under way an error; what is asked for meanwhile, from a callback, gets no answer. Fails
// where the certificate authority cannot be read.
base::Result<std::unique_ptr<Client>> MakeClient(ClientConfig config, const base::Clock& clock,
                                                 RequestObserver* observer = nullptr);

}  // namespace berth::kube
