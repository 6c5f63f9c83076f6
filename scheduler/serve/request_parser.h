// Bytes of a connection to requests, one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scheduler/serve/http.h"

namespace berth::serve {

struct MessageLimits {
  std::size_t header_bytes = 32 << 10;
  std::size_t body_bytes = 3 << 20;
};

class RequestParser {
 public:
  enum class State : std::uint8_t {
    kIncomplete,  // feed it more
    kComplete,    // take the request
    kRefused,     // answer refusal() and read no further
  };

  explicit RequestParser(MessageLimits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  State Feed(std::string_view bytes);
  // Whether there is anything of the next request yet.
  bool HasStarted() const;
  // True once for a request whose client waits to be told before it sends the body.
  bool TakeExpectation();
  const HttpResponse& refusal() const;
  // Whether the client would like to go on with this connection.
  bool KeepsAlive() const;
  // HTTP/1.0, where a connection that goes on has to be agreed on.
  bool IsOld() const;
  // The complete request, without what belongs to the connection. Then Feed("") looks for the next
  // one in what has come in already.
  HttpRequest Take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace berth::serve
