// What the fuzz targets of the API client do with an input; they end the process if something is
// wrong.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any text as a kubeconfig: an error that begins with its name, or a configuration with a server.
void TryKubeconfig(std::string_view text);

// Any bytes as the answer to a watch, whole and in pieces: the same lines; and what the scanner
// finds in a line is what a JSON parser finds there.
void TryWatch(std::string_view bytes);

}  // namespace berth::fuzz
