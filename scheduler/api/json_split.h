// Cuts JSON text into the objects that are to be decoded one by one, without decoding them: a cheap
// pass that bounds memory (a parser's index covers one object, not the file), lets objects be
// decoded in parallel, and finds truncation and nesting that is too deep before anything else looks
// at the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::api {

// Nesting that no Kubernetes object comes near.
inline constexpr std::size_t kMaxJsonDepth = 256;

// One Kubernetes object in the text, with what is needed to choose its decoder.
struct JsonSpan {
  std::string_view text;         // from its { to its }
  std::string_view kind;         // between the quotes, escapes and all; empty when there is none
  std::string_view api_version;  // likewise
};

// One value of the top level: an object, and the elements of its member "items" if that is an
// array.
struct JsonDocument {
  JsonSpan object;
  bool has_items = false;
  std::vector<JsonSpan> items;
};

// All values of the text, which may follow one another with white space between ("documents").
// Fails, with line and column, on text that ends inside a value, on brackets that do not match, on
// anything but objects at the top level or in "items", and on nesting deeper than kMaxJsonDepth.
// What stands inside an object is not checked further. Views point into `text`.
base::Result<std::vector<JsonDocument>> SplitJson(std::string_view text);

// "line 3 column 17" of a position in the text, counted from 1, in bytes.
std::string LineAndColumn(std::string_view text, std::size_t offset);

}  // namespace berth::api
