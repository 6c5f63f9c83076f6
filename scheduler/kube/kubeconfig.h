// Where the API server is and who we are to it: from a kubeconfig, as kubectl reads it, or from the
// service account of the pod that we run in.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/kube/client_config.h"

namespace berth::kube {

// Initialised, so that g++ lets those who name some fields leave out others.
// NOLINTBEGIN(readability-redundant-member-init)
struct KubeconfigOptions {
  std::string context = {};  // empty: its current-context
  std::string master = {};   // --master: goes before the server of the cluster; may be empty
};
// NOLINTEND(readability-redundant-member-init)

// Reads YAML or JSON. Relative paths are those from the folder of the file; fields that are not
// known are passed over, since kubectl and others keep their own there. An error names the file and
// the field: "kubeconfig F: users[1].user.client-key-data: not base64".
base::Result<ClientConfig> LoadKubeconfig(const std::string& path,
                                          const KubeconfigOptions& options = {});

// The same of a text; `where` begins the errors, and `folder` is that of relative paths.
base::Result<ClientConfig> ParseKubeconfig(std::string_view text, const std::string& where,
                                           const std::string& folder,
                                           const KubeconfigOptions& options = {});

inline constexpr std::string_view kServiceAccountFolder =
    "/var/run/secrets/kubernetes.io/serviceaccount";

using Environment = std::map<std::string, std::string, std::less<>>;

// KUBERNETES_SERVICE_HOST and _PORT of this process.
Environment ServiceEnvironment();

// Fails where this is not a pod of a cluster, and says what is missing.
base::Result<ClientConfig> InClusterConfig(
    const std::string& folder = std::string(kServiceAccountFolder),
    const Environment& environment = ServiceEnvironment());

}  // namespace berth::kube
