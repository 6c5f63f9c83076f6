#include "tests/kube/object_store.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace berth::kube {
namespace {

constexpr auto kExpired =
    R"({"kind":"Status","metadata":{},"status":"Failure","message":"too old resource version",)"
    R"("reason":"Expired","code":410})";

std::string Line(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

}  // namespace

void ObjectStore::Change(base::Random& random, std::size_t names) {
  const std::string name = "object-" + std::to_string(random.Below(names));
  const bool there = objects_.contains(name);
  const bool removes = there && random.Chance(1, 3);
  ++version_;
  if (removes) {
    objects_.erase(name);
  } else {
    objects_[name] = std::to_string(version_);
  }
  log_[version_] = Line(removes ? "DELETED" : there ? "MODIFIED" : "ADDED", Object(name, version_));
}

void ObjectStore::Compact() {
  compacted_ = version_;
  snapshots_.clear();
}

ObjectStore::Page ObjectStore::List(const std::string& continue_token, std::size_t page_size) {
  long version = version_;
  std::size_t begin = 0;
  if (continue_token.empty()) {
    snapshots_[version] = objects_;
  } else {
    const auto colon = continue_token.find('.');
    version = std::stol(continue_token);
    begin = std::stoul(continue_token.substr(colon + 1));
  }
  const auto snapshot = snapshots_.find(version);
  if (snapshot == snapshots_.end()) return {.body = kExpired, .expired = true};
  const Objects& objects = snapshot->second;
  const std::size_t end = std::min(begin + page_size, objects.size());
  std::string items;
  for (auto it = std::next(objects.begin(), static_cast<std::ptrdiff_t>(begin));
       it != std::next(objects.begin(), static_cast<std::ptrdiff_t>(end)); ++it) {
    if (!items.empty()) items += ',';
    items += Object(it->first, std::stol(it->second));
  }
  const std::string more =
      end == objects.size() ? "" : std::to_string(version) + "." + std::to_string(end);
  return {.body = R"({"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":")" +
                  std::to_string(version) + R"(","continue":")" + more + R"("},"items":[)" + items +
                  "]}"};
}

std::optional<std::string> ObjectStore::EventAfter(long version) const {
  if (version < compacted_) return Line("ERROR", kExpired);
  const auto it = log_.upper_bound(version);
  if (it == log_.end()) return std::nullopt;
  return it->second;
}

long ObjectStore::VersionOfLine(const std::string& line) {
  const auto event = nlohmann::json::parse(line);
  if (event["type"] == "ERROR") return 0;
  return std::stol(event["object"]["metadata"]["resourceVersion"].get<std::string>());
}

std::string ObjectStore::BookmarkLine() const {
  return Line("BOOKMARK",
              R"({"metadata":{"resourceVersion":")" + std::to_string(version_) + "\"}}");
}

std::string ObjectStore::Object(const std::string& name, long version) const {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + std::to_string(version) +
         R"("},"spec":{"text":"a \"quoted\" } line\n"}})";
}

}  // namespace berth::kube
