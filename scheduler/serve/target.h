// What a request asks for: the path and the parameters behind it.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/serve/http.h"

namespace berth::serve {

// Takes %41 for A; with `plus_is_blank`, as in parameters, + for a blank.
base::Result<std::string> Unescape(std::string_view text, bool plus_is_blank);

// Sets path and query. "/a%20b?c=d&e" is "/a b" with c = "d" and e = "".
base::Result<void> ParseTarget(std::string_view target, HttpRequest& request);

}  // namespace berth::serve
