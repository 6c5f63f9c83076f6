// Text in a query of a URL.
#pragma once

#include <string>
#include <string_view>

namespace berth::kube {

// Percent-encoded but for unreserved characters (RFC 3986, section 2.3).
std::string Escaped(std::string_view text);

}  // namespace berth::kube
