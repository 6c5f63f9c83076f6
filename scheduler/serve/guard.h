// Lets through to a handler who is known and may.
#pragma once

#include <memory>

#include "scheduler/serve/authentication.h"
#include "scheduler/serve/authorization.h"
#include "scheduler/serve/http.h"

namespace berth::serve {

// 401 to those who are nobody, 403 to those who may not, 500 if that could not be found out; the
// inner handler is called on the server's thread for all others.
Handler Guarded(std::shared_ptr<Authenticator> authenticator,
                std::shared_ptr<Authorizer> authorizer, Handler inner);

}  // namespace berth::serve
