#include "scheduler/live/api_writer.h"

#include <memory>
#include <utility>

namespace berth::live {
namespace {

kube::Request RequestOf(framework::ApiWrite write) {
  kube::Request request{.method = kube::Method::kPatch, .path = std::move(write.path)};
  request.body = std::move(write.body);
  switch (write.kind) {
    case framework::WriteKind::kCreate:
      request.method = kube::Method::kPost;
      break;
    case framework::WriteKind::kStrategicPatch:
      request.content_type = kube::kStrategicMergePatch;
      break;
    case framework::WriteKind::kMergePatch:
      request.content_type = kube::kMergePatch;
      break;
    case framework::WriteKind::kRemove:
      request.method = kube::Method::kDelete;
      break;
  }
  return request;
}

}  // namespace

void ApiWriter::Write(framework::ApiWrite write, Answered done) {
  Send(RequestOf(std::move(write)), std::move(done));
}

void ApiWriter::Send(kube::Request request, Answered done) {
  ++under_way_;
  // Shared, since the client's callbacks can be copied.
  auto shared = std::make_shared<Answered>(std::move(done));
  client_.Send(std::move(request), [this, shared](kube::Response response) {
    framework::ApiAnswer answer{response.status, std::move(response.body), ""};
    if (!answer.ok()) {
      response.body = std::move(answer.body);
      answer.error = kube::ErrorText(response);
      answer.body = std::move(response.body);
    }
    inbox_.Post([this, shared, answer = std::move(answer)]() mutable {
      --under_way_;
      (*shared)(std::move(answer));
    });
  });
}

}  // namespace berth::live
