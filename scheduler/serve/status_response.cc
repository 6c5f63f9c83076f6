#include "scheduler/serve/status_response.h"

#include <nlohmann/json.hpp>

namespace berth::serve {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse StatusResponse(int code, std::string_view message, std::string_view reason,
                            bool details) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", message}, {"reason", reason}};
  if (details) status["details"] = Json::object();
  status["code"] = code;
  return {.status = code,
          .body = status.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
          .content_type = "application/json"};
}

}  // namespace

std::string QuotedText(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpResponse Unauthorized() { return StatusResponse(401, "Unauthorized", "Unauthorized", false); }

HttpResponse Forbidden(const User& user, std::string_view verb, std::string_view path,
                       std::string_view reason) {
  std::string message = "forbidden: User " + QuotedText(user.name) + " cannot ";
  message += verb;
  message += " path " + QuotedText(path);
  if (!reason.empty()) message.append(": ").append(reason);
  return StatusResponse(403, message, "Forbidden", true);
}

}  // namespace berth::serve
