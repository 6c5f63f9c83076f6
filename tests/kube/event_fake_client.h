// A client whose server is the test: requests are kept, and answered when and as the test likes.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "scheduler/kube/client.h"

namespace berth::kube {

class FakeClient final : public Client {
 public:
  struct Sent {
    Request request;
    std::function<void(Response)> done;

    nlohmann::json body() const { return nlohmann::json::parse(request.body); }
    std::string text() const { return MethodName() + " " + request.path; }

   private:
    std::string MethodName() const {
      switch (request.method) {
        case Method::kGet:
          return "GET";
        case Method::kPost:
          return "POST";
        case Method::kPut:
          return "PUT";
        case Method::kPatch:
          return "PATCH";
        case Method::kDelete:
          break;
      }
      return "DELETE";
    }
  };

  void Send(Request request, std::function<void(Response)> done) override {
    std::unique_lock lock(mutex_);
    if (respond) {
      const Response response = respond(request);
      lock.unlock();
      return done(response);
    }
    sent_.push_back({std::move(request), std::move(done)});
  }

  std::shared_ptr<Stream> Open(Request, StreamCalls) override {
    ADD_FAILURE() << "nobody watches here";
    return nullptr;
  }

  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return sent_.size();
  }

  // The request that has waited for longest, which there must be.
  Sent Take() {
    const std::scoped_lock lock(mutex_);
    if (sent_.empty()) {
      ADD_FAILURE() << "nothing was sent";
      return {.request = {.path = "", .body = "{}"}, .done = [](const Response&) {}};
    }
    Sent sent = std::move(sent_.front());
    sent_.pop_front();
    return sent;
  }

  // Answers every request at once instead, if set before the first.
  std::function<Response(const Request&)> respond;

 private:
  mutable std::mutex mutex_;
  std::deque<Sent> sent_;
};

inline Response StatusResponse(int status, const std::string& reason, const std::string& message) {
  const nlohmann::json body{{"kind", "Status"}, {"reason", reason}, {"message", message}};
  return {.status = status, .body = body.dump()};
}

inline Response NoAnswer() { return {.status = 0, .error = "connection refused"}; }

}  // namespace berth::kube
