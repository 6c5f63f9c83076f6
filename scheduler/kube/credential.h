// What a request shows the API server to say who sends it, and where that comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/kube/client_config.h"
#include "scheduler/kube/program.h"

namespace berth::kube {

// Initialised, so that g++ lets those who name some fields leave out others.
// NOLINTBEGIN(readability-redundant-member-init)

struct Credential {
  std::string authorization = {};  // the value of the header; empty: none
  std::string certificate = {};    // PEM; empty: none
  std::string key = {};            // PEM
  // Nanoseconds of the wall clock; nullopt: it does not say.
  std::optional<std::int64_t> expires = {};

  friend bool operator==(const Credential&, const Credential&) = default;
};
// NOLINTEND(readability-redundant-member-init)

// Reads the files of the configuration, or runs its plugin; may take as long as that takes. Fails
// with a sentence that names the file or the plugin.
base::Result<Credential> FetchCredential(const ClientConfig& config, const Interrupt& interrupt);

// What an exec plugin has printed.
base::Result<Credential> ParseExecCredential(std::string_view text, const std::string& api_version);

// KUBERNETES_EXEC_INFO for a plugin.
std::string ExecInfo(const ClientConfig& config);

}  // namespace berth::kube
