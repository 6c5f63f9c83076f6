// YAML or JSON text into a Value. The only file that knows a parser library.
#pragma once

#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/value.h"

namespace berth::config {

// Limits against hostile documents. Far above what a configuration needs.
inline constexpr std::size_t kMaxDocumentBytes = 4u << 20;
inline constexpr std::size_t kMaxDocumentDepth = 64;
inline constexpr std::size_t kMaxDocumentValues = 200'000;  // after aliases are expanded

// One document; text whose first character is '{' is JSON, everything else YAML (aliases are
// expanded, plain scalars are read by the rules of YAML 1.1 as Kubernetes does). Fails on bad
// syntax with line and column, on a second document and beyond the limits above.
base::Result<Value> ParseDocument(std::string_view text);

}  // namespace berth::config
