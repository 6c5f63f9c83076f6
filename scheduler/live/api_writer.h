// Writes to the API server whose answers come back to the scheduler's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "scheduler/framework/api_write.h"
#include "scheduler/kube/client.h"
#include "scheduler/live/inbox.h"

namespace berth::live {

using Answered = std::move_only_function<void(framework::ApiAnswer)>;

class ApiWriter {
 public:
  // Both outlive this and what is under way.
  ApiWriter(kube::Client& client, Inbox& inbox) : client_(client), inbox_(inbox) {}

  void Write(framework::ApiWrite write, Answered done);
  void Send(kube::Request request, Answered done);

  // Requests whose answers have not been looked at yet. On the scheduler's thread.
  std::size_t under_way() const { return under_way_; }

 private:
  kube::Client& client_;
  Inbox& inbox_;
  std::size_t under_way_ = 0;
};

}  // namespace berth::live
