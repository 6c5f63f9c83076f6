#include "scheduler/serve/guard.h"

#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/serve/status_response.h"

namespace berth::serve {
namespace {

struct Gate {
  std::shared_ptr<Authenticator> authenticator;
  std::shared_ptr<Authorizer> authorizer;
  Handler inner;
};
using GatePtr = std::shared_ptr<const Gate>;

void Decide(const GatePtr& gate, const User& user, const RequestPtr& request,
            const Responder& respond, const base::Result<AccessDecision>& decision) {
  if (!decision) {
    base::log::Error(decision.error().message(), "Cannot authorise a request",
                     {{"user", user.name}, {"path", request->path}});
    return respond(ErrorResponse(500, "Internal Server Error: " + QuotedText(request->path) + ": " +
                                          decision.error().message()));
  }
  if (!decision->allowed) {
    return respond(Forbidden(user, VerbOf(*request), request->path, decision->reason));
  }
  gate->inner(request, respond);
}

void Authorize(const GatePtr& gate, const User& user, const RequestPtr& request,
               const Responder& respond) {
  gate->authorizer->Authorize(user, *request, [=](const base::Result<AccessDecision>& decision) {
    respond.RunOnServer([=] { Decide(gate, user, request, respond, decision); });
  });
}

}  // namespace

Handler Guarded(std::shared_ptr<Authenticator> authenticator,
                std::shared_ptr<Authorizer> authorizer, Handler inner) {
  const auto gate = std::make_shared<const Gate>(
      Gate{std::move(authenticator), std::move(authorizer), std::move(inner)});
  return [gate](const RequestPtr& request, const Responder& respond) {
    gate->authenticator->Authenticate(*request, [=](const std::optional<User>& user) {
      if (!user) return respond(Unauthorized());
      respond.RunOnServer([=, user = *user] { Authorize(gate, user, request, respond); });
    });
  };
}

}  // namespace berth::serve
