// The address of an API server.
#pragma once

#include <string>

#include "scheduler/base/result.h"

namespace berth::kube {

// "https://host:port/path" without a '/' at the end. What has no scheme gets https with `tls` and
// http without. Fails on everything that is not the root of a server.
base::Result<std::string> NormalServerUrl(const std::string& url, bool tls);

struct ServerAddress {
  bool tls = false;
  std::string host;  // as in the URL: an IPv6 address in brackets
  std::string port;  // always there
  std::string path;  // "" or "/base"

  // "host:port", where the port is not that of the scheme.
  std::string Authority() const;
};

// Of what NormalServerUrl has returned.
ServerAddress ParseServerUrl(const std::string& url);

}  // namespace berth::kube
