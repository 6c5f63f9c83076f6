#include "tests/record/fake_cluster.h"

#include <chrono>
#include <thread>
#include <utility>

#include "scheduler/kube/curl_client.h"

namespace berth::record {

using support::ResponseStream;
using support::ServerRequest;
using support::ServerResponse;

FakeCluster::FakeCluster()
    : server_(std::make_unique<support::FakeApiServer>(
          [this](const ServerRequest& request) { return Handle(request); })) {
  client_ = *kube::MakeClient({.server = server_->url(), .qps = 0}, clock_);
}

void FakeCluster::Add(const std::string& path, const std::string& object) {
  const std::lock_guard lock(mutex_);
  objects_[path].push_back(object);
}

void FakeCluster::Happen(const std::string& path, const std::string& line) {
  const std::lock_guard lock(mutex_);
  lines_[path].push_back(line);
}

void FakeCluster::Answer(const std::string& path, ServerResponse response, bool always) {
  const std::lock_guard lock(mutex_);
  answers_[path].emplace_back(std::move(response), always);
}

std::vector<std::string> FakeCluster::asked() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

ServerResponse FakeCluster::Handle(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  asked_.push_back(request.target);
  const std::string path = request.Path();
  auto& answers = answers_[path];
  if (!answers.empty()) {
    auto [response, always] = answers.front();
    if (!always) answers.erase(answers.begin());
    return response;
  }
  if (request.Parameter("watch") == "true") {
    return {.stream = [this, path](ResponseStream& stream) { Watch(path, stream); }};
  }
  std::string body = R"({"kind":"SomeList","metadata":{"resourceVersion":"41"},"items":[)";
  for (const std::string& object : objects_[path]) {
    if (body.back() != '[') body += ",";
    body += object;
  }
  return {.body = body + "]}"};
}

std::string FakeCluster::NextLine(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto& lines = lines_[path];
  if (lines.empty()) return "";
  std::string line = lines.front();
  lines.erase(lines.begin());
  return line;
}

void FakeCluster::Watch(const std::string& path, ResponseStream& stream) {
  while (stream.IsOpen()) {
    const std::string line = NextLine(path);
    if (!line.empty()) stream.Write(line);
    if (line.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace berth::record
