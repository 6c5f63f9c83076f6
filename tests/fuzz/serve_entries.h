// What the fuzz targets of the server do with an input; they end the process if something is wrong.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any bytes of a connection, at once and byte by byte: the same requests. What is wrong
// may be seen earlier or later, and so in another light.
void TryHttpRequests(std::string_view bytes);

}  // namespace berth::fuzz
