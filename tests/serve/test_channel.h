// Handlers without a server: what they answer is kept, and what they put off runs at once.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "scheduler/serve/http.h"

namespace berth::serve {

class TestChannel final : public ResponseChannel {
 public:
  void Answer(HttpResponse response) override { answer_ = std::move(response); }
  void Run(std::function<void()> work) override { work(); }

  const std::optional<HttpResponse>& answer() const { return answer_; }

 private:
  std::optional<HttpResponse> answer_;
};

// What the handler answers, which it must do at once.
inline HttpResponse Ask(const Handler& handler, HttpRequest request) {
  const auto channel = std::make_shared<TestChannel>();
  handler(std::make_shared<const HttpRequest>(std::move(request)), Responder(channel));
  return channel->answer().value();
}

}  // namespace berth::serve
