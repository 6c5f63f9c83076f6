#include "scheduler/kube/watch_line.h"

#include <algorithm>
#include <array>
#include <optional>

#include "scheduler/kube/json_cursor.h"

namespace berth::kube {
namespace {

// It becomes part of a URL.
constexpr std::size_t kMaxContinueToken = std::size_t{1} << 16;

struct NamedType {
  std::string_view name;
  WatchLineType type;
};
constexpr std::array kTypes = {NamedType{"\"ADDED\"", WatchLineType::kAdded},
                               NamedType{"\"MODIFIED\"", WatchLineType::kModified},
                               NamedType{"\"DELETED\"", WatchLineType::kDeleted},
                               NamedType{"\"BOOKMARK\"", WatchLineType::kBookmark},
                               NamedType{"\"ERROR\"", WatchLineType::kError}};

std::optional<WatchLineType> TypeOf(std::string_view value) {
  const auto it = std::ranges::find(kTypes, value, &NamedType::name);
  if (it == kTypes.end()) return std::nullopt;
  return it->type;
}

// The value of a field of the object that comes next; nullopt without it.
std::optional<std::string_view> FindField(JsonCursor& cursor, std::string_view name) {
  if (!cursor.EnterObject()) return std::nullopt;
  while (const auto key = cursor.NextKey()) {
    const auto value = cursor.SkipValue();
    if (*key == name) return value;
  }
  return std::nullopt;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What an API server says of versions is that they are opaque; all there are are numbers, and
// anything else would end up in a URL.
std::optional<std::string_view> VersionOf(std::string_view value) {
  if (value.size() < 3 || value.front() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  if (!std::ranges::all_of(value, IsDigit)) return std::nullopt;
  return value;
}

std::optional<std::string_view> VersionOfObject(std::string_view object) {
  JsonCursor cursor(object);
  const auto metadata = FindField(cursor, "metadata");
  if (!metadata) return std::nullopt;
  JsonCursor inner(*metadata);
  const auto version = FindField(inner, "resourceVersion");
  return version ? VersionOf(*version) : std::nullopt;
}

}  // namespace

base::Result<ListMetadata> ReadListMetadata(std::string_view body) {
  JsonCursor cursor(body);
  const auto metadata = FindField(cursor, "metadata");
  if (!metadata) return base::Fail("the answer is not a List: no metadata");
  ListMetadata read;
  JsonCursor inner(*metadata);
  if (!inner.EnterObject()) return base::Fail("the answer is not a List: metadata is no object");
  while (const auto key = inner.NextKey()) {
    const auto value = inner.SkipValue();
    if (!value) break;
    if (*key == "resourceVersion") {
      read.resource_version = VersionOf(*value).value_or("");
    } else if (*key == "continue") {
      read.continue_token = JsonText(*value).value_or("");
    }
  }
  if (read.continue_token.size() > kMaxContinueToken) {
    return base::Fail("metadata.continue of the List is larger than " +
                      std::to_string(kMaxContinueToken) + " bytes");
  }
  if (inner.failed() || read.resource_version.empty()) {
    return base::Fail("the answer is not a List: no metadata.resourceVersion");
  }
  return read;
}

base::Result<WatchLine> ReadWatchLine(std::string_view line) {
  JsonCursor cursor(line);
  std::optional<WatchLineType> type;
  std::string_view object;
  if (!cursor.EnterObject()) return base::Fail("a watch event is not an object");
  while (const auto key = cursor.NextKey()) {
    const auto value = cursor.SkipValue();
    if (!value) break;
    if (*key == "type") type = TypeOf(*value);
    if (*key == "object") object = *value;
  }
  if (!cursor.AtEnd()) return base::Fail("a watch event is malformed or was cut off");
  if (!type) return base::Fail("a watch event has no type that is known");
  if (!object.starts_with('{')) return base::Fail("a watch event has no object");
  if (*type == WatchLineType::kError) return WatchLine{*type, object, ""};
  const auto version = VersionOfObject(object);
  if (!version) return base::Fail("the object of a watch event has no metadata.resourceVersion");
  return WatchLine{*type, object, *version};
}

base::Result<void> LineSplitter::Feed(std::string_view bytes,
                                      const std::function<bool(std::string_view line)>& take) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (partial_.size() + std::min(end, bytes.size()) > kMaxLine) {
      return base::Fail("a watch event is larger than " + std::to_string(kMaxLine) + " bytes");
    }
    if (end == std::string_view::npos) {
      partial_ += bytes;
      return {};
    }
    std::string whole;
    std::string_view line = bytes.substr(0, end);
    if (!partial_.empty()) {
      partial_ += line;
      whole.swap(partial_);
      line = whole;
    }
    bytes.remove_prefix(end + 1);
    if (!line.empty() && !take(line)) return {};
  }
  return {};
}

}  // namespace berth::kube
