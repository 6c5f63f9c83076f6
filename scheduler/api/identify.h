// Who an object is that could not be read.
#pragma once

#include <string>
#include <string_view>

namespace berth::api {

// Kind and name ("Pod team-a/web-1"), as far as its metadata can be read. `text` has
// JsonParser::kPadding readable bytes behind it.
std::string Identify(std::string_view text, std::string_view kind);

}  // namespace berth::api
