// Text as Go's encoding/json writes it.
#pragma once

#include <string>
#include <string_view>

namespace berth::webhook {

// Appends the text in quotes. As in Go, '<', '>' and '&' are escaped too, and bytes that are not
// UTF-8 become U+FFFD.
void AppendGoString(std::string_view text, std::string& out);

}  // namespace berth::webhook
