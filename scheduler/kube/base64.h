// Base64 as RFC 4648 has it, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth::kube {

std::string EncodeBase64(std::string_view bytes);

// Line breaks are passed over, as in the documents of Kubernetes; nullopt where anything else is
// not base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace berth::kube
