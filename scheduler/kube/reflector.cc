#include "scheduler/kube/reflector.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/base/random.h"
#include "scheduler/kube/backoff.h"
#include "scheduler/kube/escaped.h"
#include "scheduler/kube/watch_line.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

constexpr int kPageSize = 500;
constexpr std::chrono::milliseconds kListTimeout = 60s;
// A watch is asked to end after 5 to 10 minutes, and may be silent as long as that, and a little.
constexpr std::uint64_t kShortestWatchSeconds = 300;
constexpr std::uint64_t kWatchSpreadSeconds = 301;
constexpr std::chrono::milliseconds kWatchGrace = 30s;
// A watch that ends sooner without an event is taken for a failure.
constexpr auto kShortWatch = 1s;

// The answer that a Status in an ERROR event would have been.
Response AsResponse(std::string_view status) {
  Response response{.status = 500, .body = std::string(status)};
  const auto parsed = nlohmann::json::parse(status, nullptr, false);
  if (!parsed.is_object()) return response;
  const auto code = parsed.find("code");
  if (code != parsed.end() && code->is_number_integer()) {
    response.status =
        static_cast<int>(std::clamp<std::int64_t>(code->get<std::int64_t>(), 400, 599));
  }
  return response;
}

bool IsExpired(const Response& response) {
  const std::string reason = ReasonOf(response);
  return response.status == 410 || reason == "Expired" || reason == "Gone";
}

// The API server is behind the version that we have seen, and may stay there: an etcd that was
// restored from a backup.
bool IsTooLargeVersion(const Response& response) {
  return response.body.find("Too large resource version") != std::string::npos;
}

// Whether a watch that was answered like this may be asked for in the same words again.
bool CanResume(const Response& response) {
  if (IsExpired(response) || IsTooLargeVersion(response)) return false;
  const int status = response.status;
  return status == 0 || status == 401 || status == 403 || status == 429 || status >= 500;
}

WatchEventType EventTypeOf(WatchLineType type) {
  return type == WatchLineType::kAdded      ? WatchEventType::kAdded
         : type == WatchLineType::kModified ? WatchEventType::kModified
                                            : WatchEventType::kDeleted;
}

}  // namespace

// Shared with the requests that are under way, which may be answered after the end.
class Reflector::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Client& client, const base::Clock& clock, std::uint64_t seed, WatchedResource resource,
       WatchSink& sink)
      : client_(client),
        clock_(clock),
        resource_(std::move(resource)),
        sink_(sink),
        random_(seed),
        backoff_(random_.Next()) {}

  void Start() {
    const std::lock_guard lock(mutex_);
    version_ = resource_.known_version;
    if (version_.empty()) return List(0ms);
    Watch(0ms);
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    stream_ = nullptr;
  }

 private:
  // All that follows is called with the lock.

  std::string Selectors() const {
    std::string query;
    if (!resource_.label_selector.empty()) {
      query += "&labelSelector=" + Escaped(resource_.label_selector);
    }
    if (!resource_.field_selector.empty()) {
      query += "&fieldSelector=" + Escaped(resource_.field_selector);
    }
    return query;
  }

  void List(std::chrono::milliseconds delay) {
    continue_.clear();
    AskForPage(delay);
  }

  void AskForPage(std::chrono::milliseconds delay) {
    Request request{.path = resource_.path + "?limit=" + std::to_string(kPageSize) + Selectors(),
                    .timeout = kListTimeout,
                    .delay = delay};
    if (!continue_.empty()) request.path += "&continue=" + Escaped(continue_);
    client_.Send(std::move(request), [self = shared_from_this()](const Response& response) {
      const std::lock_guard lock(self->mutex_);
      if (!self->stopped_) self->TakePage(response);
    });
  }

  void TakePage(const Response& response) {
    if (!response.ok()) return FailList(response);
    auto metadata = ReadListMetadata(response.body);
    if (!metadata) {
      return FailList({.status = 0, .error = metadata.error().message()});
    }
    if (continue_.empty()) sink_.OnListBegin();
    sink_.OnListPage(response.body);
    continue_ = std::move(metadata->continue_token);
    if (!continue_.empty()) return AskForPage(0ms);
    version_ = std::move(metadata->resource_version);
    sink_.OnListEnd(version_);
    Watch(0ms);
  }

  // A page that failed is asked for again, unless the list it belongs to is not known any more.
  void FailList(const Response& response) {
    sink_.OnFailure("list " + resource_.name + ": " + ErrorText(response));
    const auto delay = DelayAfter(response);
    if (IsExpired(response)) return List(delay);
    AskForPage(delay);
  }

  void Watch(std::chrono::milliseconds delay) {
    const auto seconds = kShortestWatchSeconds + random_.Below(kWatchSpreadSeconds);
    Request request{.path = resource_.path + "?watch=true&allowWatchBookmarks=true" +
                            "&resourceVersion=" + version_ +
                            "&timeoutSeconds=" + std::to_string(seconds) + Selectors(),
                    .timeout = std::chrono::seconds(seconds) + kWatchGrace,
                    .delay = delay};
    lines_.Clear();
    progressed_ = false;
    watched_since_ = clock_.Now() + delay;
    stream_ = client_.Open(std::move(request),
                           {.on_data =
                                [self = shared_from_this()](std::string_view bytes) {
                                  const std::lock_guard lock(self->mutex_);
                                  if (!self->stopped_) self->TakeBytes(bytes);
                                },
                            .on_end =
                                [self = shared_from_this()](const Response& response) {
                                  const std::lock_guard lock(self->mutex_);
                                  if (!self->stopped_) self->EndWatch(response);
                                }});
  }

  void TakeBytes(std::string_view bytes) {
    std::optional<Response> failure;
    const auto fed = lines_.Feed(bytes, [&](std::string_view line) {
      failure = TakeLine(line);
      return !failure;
    });
    if (!fed) failure = Response{.error = fed.error().message()};
    if (!failure) return;
    stream_->Cancel();
    EndWatch(*failure);
  }

  // What ends the watch, if the line does.
  std::optional<Response> TakeLine(std::string_view text) {
    const auto line = ReadWatchLine(text);
    if (!line) return Response{.error = line.error().message()};
    if (line->type == WatchLineType::kError) return AsResponse(line->object);
    if (line->type != WatchLineType::kBookmark) {
      sink_.OnEvent(EventTypeOf(line->type), line->object);
    }
    version_ = line->resource_version;
    progressed_ = true;
    return std::nullopt;
  }

  // Watches end all the time, when the API server or something on the way says so: one that has
  // served is taken up at once and without a word.
  void EndWatch(const Response& response) {
    stream_ = nullptr;
    const bool served = progressed_ || clock_.Now() - watched_since_ >= kShortWatch;
    const bool closed = response.ok() || response.status == 0;
    if (closed && served) {
      base::log::Info(4, "Watch ended", {{"resource", resource_.name}, {"err", response.error}});
      return Watch(0ms);
    }
    const std::string text =
        response.ok() ? "the watch was closed at once, without an event" : ErrorText(response);
    sink_.OnFailure("watch " + resource_.name + ": " + text);
    const auto delay = DelayAfter(response);
    if (response.ok() || CanResume(response)) return Watch(delay);
    List(delay);
  }

  std::chrono::milliseconds DelayAfter(const Response& response) {
    const std::chrono::milliseconds asked = response.retry_after.value_or(0s);
    return std::max(backoff_.Next(clock_.Now()), asked);
  }

  Client& client_;
  const base::Clock& clock_;
  const WatchedResource resource_;
  WatchSink& sink_;

  std::mutex mutex_;  // of all that follows, and held while the sink is called
  bool stopped_ = false;
  base::Random random_;
  Backoff backoff_;
  std::string continue_;  // of the page that is asked for; empty: the first
  std::string version_;
  std::shared_ptr<Stream> stream_;
  LineSplitter lines_;
  bool progressed_ = false;  // this watch has brought something
  base::Clock::Steady watched_since_;
};

Reflector::Reflector(Client& client, const base::Clock& clock, std::uint64_t seed,
                     WatchedResource resource, WatchSink& sink)
    : core_(std::make_shared<Core>(client, clock, seed, std::move(resource), sink)) {}

Reflector::~Reflector() { core_->Stop(); }

void Reflector::Start() { core_->Start(); }

void Reflector::Stop() { core_->Stop(); }

}  // namespace berth::kube
