// YAML text as JSON text, so that there is one decoder.
//
// Plain scalars are typed as kubectl types them (YAML 1.1 as sigs.k8s.io/yaml reads it): null, true
// and false with yes/no/on/off/y/n, integers (decimal, octal, 0x, 0o, 0b, with underscores),
// floats; quoted ones are strings. Anchors, aliases and merge keys (<<) are carried out. A
// stateless function.
#pragma once

#include <cstddef>
#include <string_view>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/result.h"

namespace berth::api {

// A small text must not stand for a huge one, nor a large one take minutes (the parser reads some
// 10 MB a second). Whatever exceeds these is refused; JSON has no such limits.
struct YamlLimits {
  std::size_t text_bytes = std::size_t{256} << 20;
  std::size_t line_bytes = std::size_t{8} << 20;
  std::size_t nodes = 16'000'000;                   // scalars, lists and mappings in one document
  std::size_t alias_bytes = std::size_t{64} << 20;  // JSON that comes from following aliases
};

// One line of JSON for each document that is not empty, in their order. Fails with line and column
// on what is not YAML, on a document that is not a mapping, and beyond the limits.
base::Result<PaddedText> YamlToJson(std::string_view yaml, const YamlLimits& limits = {});

}  // namespace berth::api
