#include "tests/kube/mirror.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace berth::kube {
namespace {

using nlohmann::json;

// How long a test that would fail anyway waits.
constexpr auto kPatience = std::chrono::seconds(60);

std::string NameOf(const json& object) { return object["metadata"]["name"]; }
std::string VersionOf(const json& object) { return object["metadata"]["resourceVersion"]; }

}  // namespace

void Mirror::OnListBegin() {
  const std::lock_guard lock(mutex_);
  incoming_.clear();
  listing_ = true;
}

void Mirror::OnListPage(std::string_view body) {
  const std::lock_guard lock(mutex_);
  if (!listing_) problems_.emplace_back("a page without a beginning");
  const json list = json::parse(body);
  for (const json& item : list["items"]) {
    if (!incoming_.emplace(NameOf(item), VersionOf(item)).second) {
      problems_.push_back("listed twice: " + NameOf(item));
    }
  }
}

void Mirror::OnListEnd(std::string_view resource_version) {
  const std::lock_guard lock(mutex_);
  if (!listing_) problems_.emplace_back("an end without a beginning");
  listing_ = false;
  objects_ = std::move(incoming_);
  incoming_.clear();
  version_ = std::stol(std::string(resource_version));
  ++lists_;
  changed_.notify_all();
}

void Mirror::OnEvent(WatchEventType type, std::string_view object_json) {
  const std::lock_guard lock(mutex_);
  const json object = json::parse(object_json);
  const std::string name = NameOf(object);
  const long version = std::stol(VersionOf(object));
  if (version <= version_) problems_.push_back("older than what was seen: " + object.dump());
  version_ = version;
  if ((type == WatchEventType::kAdded) == objects_.contains(name)) {
    problems_.push_back("does not follow from what was seen: " + object.dump());
  }
  if (type == WatchEventType::kDeleted) {
    objects_.erase(name);
  } else {
    objects_[name] = VersionOf(object);
  }
  ++events_;
  changed_.notify_all();
}

void Mirror::OnFailure(std::string_view text) {
  const std::lock_guard lock(mutex_);
  failures_.emplace_back(text);
  changed_.notify_all();
}

Mirror::Objects Mirror::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

int Mirror::lists() const {
  const std::lock_guard lock(mutex_);
  return lists_;
}

int Mirror::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<std::string> Mirror::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

std::vector<std::string> Mirror::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

template <typename Condition>
bool Mirror::WaitUntil(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, condition);
}

bool Mirror::WaitFor(const Objects& expected) {
  return WaitUntil([&] { return objects_ == expected; });
}

bool Mirror::WaitForLists(int count) {
  return WaitUntil([&] { return lists_ >= count; });
}

bool Mirror::WaitForFailures(std::size_t count) {
  return WaitUntil([&] { return failures_.size() >= count; });
}

}  // namespace berth::kube
