// What the fuzz targets of the server do with an input; they end the process if something is wrong.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any bytes of a connection, at once and byte by byte: the same requests, until one is
// refused. Limits may be met a few bytes earlier or later, and what is wrong first with them.
void TryHttpRequests(std::string_view bytes);

}  // namespace berth::fuzz
