// A server of HTTP/1.1, with or without TLS, on threads of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/serve/http.h"
#include "scheduler/serve/request_parser.h"
#include "scheduler/serve/session.h"
#include "scheduler/serve/tls_context.h"

namespace berth::serve {

struct HttpServerOptions {
  std::string bind_address = "0.0.0.0";
  std::uint16_t port = 0;              // 0: any that is free
  std::optional<TlsOptions> tls = {};  // none: plain HTTP
  // Beyond this many, clients get a 503; if they keep coming, they are hung up on.
  std::size_t max_connections = 256;
  // Connections are spread over them; each is served by one, and the handler called there.
  std::size_t threads = 1;
  MessageLimits messages = {};
  TimeLimits times = {};
};

class HttpServer {
 public:
  // Listens when it returns. The handler is called on the server's threads, on each for one request
  // at a time: with more than one it must be thread-safe.
  // Fails if the address is taken or not one of this host, or if certificates cannot be read.
  static base::Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                         Handler handler);
  // Without waiting for what is under way.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  // Accepts nothing more, finishes requests that are under way, cuts off at the deadline. Returns
  // when that is done; not from a thread of the server. Later calls do nothing.
  void Stop(std::chrono::milliseconds deadline);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace berth::serve
