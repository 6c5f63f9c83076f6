#include "scheduler/record/follower.h"

#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "scheduler/api/json_split.h"
#include "scheduler/base/log.h"
#include "scheduler/kube/reflector.h"
#include "scheduler/record/project.h"
#include "scheduler/record/shape.h"

namespace berth::record {

// Where all watches write.
class Follower::Log {
 public:
  void Append(std::string_view type, std::string_view object) {
    const std::lock_guard lock(mutex_);
    lines_.text.append(R"({"type":")").append(type).append(R"(","object":)");
    lines_.text.append(object).append("}\n");
    ++lines_.count;
  }

  Lines Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  Lines lines_;
};

namespace {

constexpr std::string_view kAdded = "ADDED";
constexpr std::string_view kModified = "MODIFIED";
constexpr std::string_view kDeleted = "DELETED";

kube::WatchedResource ResourceOf(const ListedKind& listed) {
  const std::string_view path = listed.kind.path;
  return {.name = std::string(path.substr(path.rfind('/') + 1)),
          .path = std::string(path),
          .field_selector = std::string(listed.kind.field_selector),
          .known_version = listed.version};
}

}  // namespace

// One kind. Called on the client's thread, one call at a time.
struct Follower::Watch final : kube::WatchSink {
  Watch(kube::Client& client, const base::Clock& clock, std::uint64_t seed, ListedKind listed,
        Log& all)
      : kind(listed.kind),
        shape(LiveShapeOf(kind.api_version, kind.kind)),
        seen(std::move(listed.seen)),
        log(all),
        reflector(client, clock, seed, ResourceOf(listed), *this) {}

  void OnListBegin() override { listed_again.clear(); }

  void OnListPage(std::string_view body) override {
    const auto documents = api::SplitJson(body);
    if (!documents) return OnFailure(documents.error().message());
    for (const api::JsonDocument& document : *documents) {
      for (const api::JsonSpan& item : document.items) TakeListed(item.text);
    }
  }

  void OnListEnd(std::string_view) override {
    for (const auto& [key, version] : seen) {
      if (!listed_again.contains(key)) log.Append(kDeleted, Gone(key));
    }
    std::erase_if(seen, [&](const auto& entry) { return !listed_again.contains(entry.first); });
  }

  void OnEvent(kube::WatchEventType type, std::string_view object) override {
    const auto projected = Read(object);
    if (!projected) return;
    if (type == kube::WatchEventType::kDeleted) {
      seen.erase(projected->Key());
      return log.Append(kDeleted, projected->json);
    }
    seen[projected->Key()] = projected->version;
    log.Append(type == kube::WatchEventType::kAdded ? kAdded : kModified, projected->json);
  }

  void OnFailure(std::string_view text) override {
    base::log::Error(text, "Failed to watch", {{"type", kind.kind}});
  }

  void TakeListed(std::string_view object) {
    const auto projected = Read(object);
    if (!projected) return;
    const std::string key = projected->Key();
    listed_again.insert(key);
    const auto [known, is_new] = seen.emplace(key, projected->version);
    if (!is_new && known->second == projected->version) return;
    known->second = projected->version;
    log.Append(is_new ? kAdded : kModified, projected->json);
  }

  base::Result<Projected> Read(std::string_view object) {
    SameTexts same;
    auto projected = Project(object, {kind.api_version, kind.kind}, *shape, same);
    if (!projected) OnFailure(projected.error().message());
    return projected;
  }

  // Names are of characters that JSON takes as they are.
  std::string Gone(const std::string& key) const {
    const auto slash = key.find('/');
    std::string json = R"({"apiVersion":")" + std::string(kind.api_version) + R"(","kind":")" +
                       std::string(kind.kind) + R"(","metadata":{"name":")" +
                       key.substr(slash + 1) + "\"";
    if (slash > 0) json += R"(,"namespace":")" + key.substr(0, slash) + "\"";
    return json + "}}";
  }

  live::WatchedKind kind;
  ShapePointer shape;
  std::map<std::string, std::string> seen;
  std::set<std::string> listed_again;
  Log& log;
  kube::Reflector reflector;  // ends first: it calls what is above
};

Follower::Follower(kube::Client& client, const base::Clock& clock, std::uint64_t seed,
                   std::vector<ListedKind> kinds)
    : log_(std::make_unique<Log>()) {
  for (ListedKind& listed : kinds) {
    watches_.push_back(std::make_unique<Watch>(client, clock, seed++, std::move(listed), *log_));
  }
}

Follower::~Follower() { Stop(); }

void Follower::Start() {
  for (const auto& watch : watches_) watch->reflector.Start();
}

void Follower::Stop() {
  for (const auto& watch : watches_) watch->reflector.Stop();
}

Follower::Lines Follower::Take() { return log_->Take(); }

}  // namespace berth::record
