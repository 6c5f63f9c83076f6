// What Kubernetes answers to those whom it does not let in: Status objects.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/serve/http.h"
#include "scheduler/serve/user.h"

namespace berth::serve {

// 401
HttpResponse Unauthorized();

// 403: forbidden: User "a" cannot get path "/metrics", and the reason if there is one.
HttpResponse Forbidden(const User& user, std::string_view verb, std::string_view path,
                       std::string_view reason);

// What is inside of quotes is quoted as in Go.
std::string QuotedText(std::string_view text);

}  // namespace berth::serve
