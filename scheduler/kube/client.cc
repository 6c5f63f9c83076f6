#include "scheduler/kube/client.h"

#include <future>
#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/base/text.h"

namespace berth::kube {
namespace {

// Of a body that is not a Status: a page of a proxy, perhaps.
constexpr std::size_t kMostOfBody = 200;

// A field of the Status object in the body; "" without it.
std::string StatusField(const std::string& body, const char* field) {
  const auto status = nlohmann::json::parse(body, nullptr, false);
  if (!status.is_object()) return "";
  const auto it = status.find(field);
  return it != status.end() && it->is_string() ? it->get<std::string>() : "";
}

std::string Shortened(const std::string& body) {
  const bool whole = body.size() <= kMostOfBody;
  return base::Printable(body.substr(0, kMostOfBody)) + (whole ? "" : "...");
}

}  // namespace

std::string ErrorText(const Response& response) {
  if (response.status == 0) return response.error.empty() ? "no answer" : response.error;
  std::string text = StatusField(response.body, "message");
  if (!text.empty()) return text;
  text = "the server answered with HTTP status " + std::to_string(response.status);
  if (!response.body.empty()) text += ": " + Shortened(response.body);
  return text;
}

std::string ReasonOf(const Response& response) {
  return response.status == 0 || response.ok() ? "" : StatusField(response.body, "reason");
}

Response Client::Call(Request request) {
  // Shared, for the answer is still being set when the waiting thread has it.
  auto answer = std::make_shared<std::promise<Response>>();
  std::future<Response> future = answer->get_future();
  Send(std::move(request), [answer](Response response) { answer->set_value(std::move(response)); });
  return future.get();
}

}  // namespace berth::kube
