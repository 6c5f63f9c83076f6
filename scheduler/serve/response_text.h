// An answer as bytes of HTTP/1.1.
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/serve/http.h"

namespace berth::serve {

struct Framing {
  bool close = false;             // this connection ends with this answer
  bool old = false;               // to HTTP/1.0
  std::int64_t unix_seconds = 0;  // the date of the answer
};

// Everything in front of the body.
std::string HeaderText(const HttpResponse& response, const Framing& framing);

}  // namespace berth::serve
