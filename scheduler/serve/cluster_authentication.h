// How a cluster tells its components whom to believe: the ConfigMap
// kube-system/extension-apiserver-authentication.
#pragma once

#include <string>

#include "scheduler/base/result.h"
#include "scheduler/serve/authentication.h"

namespace berth::serve {

// The path at which it is read.
inline constexpr auto kClusterAuthenticationPath =
    "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

// From the ConfigMap as JSON. What it does not have is not believed. An error names the key; with
// --authentication-tolerate-lookup-failure the caller goes on without.
base::Result<AuthenticationConfig> ReadClusterAuthentication(const std::string& config_map);

}  // namespace berth::serve
