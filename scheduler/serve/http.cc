#include "scheduler/serve/http.h"

#include <algorithm>
#include <atomic>

#include "scheduler/base/check.h"

namespace berth::serve {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsSameHeader(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (IsSameHeader(header, name)) return value;
  }
  return "";
}

std::vector<std::string_view> HttpRequest::Headers(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [header, value] : headers) {
    if (IsSameHeader(header, name)) values.emplace_back(value);
  }
  return values;
}

bool HttpRequest::HasParameter(std::string_view name) const { return !Parameters(name).empty(); }

std::vector<std::string_view> HttpRequest::Parameters(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [parameter, value] : query) {
    if (parameter == name) values.emplace_back(value);
  }
  return values;
}

HttpResponse ErrorResponse(int status, std::string_view message) {
  return {.status = status, .body = std::string(message) + "\n"};
}

struct Responder::Answer {
  explicit Answer(std::shared_ptr<ResponseChannel> to) : channel(std::move(to)) {}
  ~Answer() {
    if (!given) channel->Answer(ErrorResponse(500, "the request was dropped"));
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  std::shared_ptr<ResponseChannel> channel;
  std::atomic<bool> given = false;
};

Responder::Responder(std::shared_ptr<ResponseChannel> channel)
    : answer_(std::make_shared<Answer>(std::move(channel))) {}

void Responder::operator()(HttpResponse response) const {
  const bool is_second = answer_->given.exchange(true);
  BERTH_CHECK(!is_second);
  answer_->channel->Answer(std::move(response));
}

void Responder::RunOnServer(std::function<void()> work) const {
  answer_->channel->Run(std::move(work));
}

Handler Immediately(std::function<HttpResponse(const HttpRequest&)> answer) {
  return [answer = std::move(answer)](const RequestPtr& request, const Responder& respond) {
    respond(answer(*request));
  };
}

}  // namespace berth::serve
