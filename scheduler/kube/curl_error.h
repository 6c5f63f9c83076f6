// Why no answer came, in words that say what to look at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::kube {

struct CurlFailure {
  int code;                    // a CURLcode
  std::string_view detail;     // what curl has to say about it; may be empty
  int os_error;                // errno of the connection; 0 if it does not say
  std::int64_t verify_result;  // X509_V_... of the server's certificate
  bool connected;              // whether a connection stood already
};

// "cannot connect to 10.0.0.1:6443: Connection refused"; `server` is host and port.
std::string DescribeCurlFailure(const CurlFailure& failure, const std::string& server);

}  // namespace berth::kube
