// What the client itself needs of lists and of the events of a watch, found without decoding the
// objects.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::kube {

struct ListMetadata {
  std::string resource_version;
  std::string continue_token;  // "" on the last page
};

// Of the body of a List. Reads no further than its metadata, which an API server puts before the
// items; fails where there is none or it has no resourceVersion.
base::Result<ListMetadata> ReadListMetadata(std::string_view body);

enum class WatchLineType : std::uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };

struct WatchLine {
  WatchLineType type;
  std::string_view object;  // as it stands in the line: the object, or a Status with kError
  std::string_view resource_version;  // digits; empty with kError
};

// One line of the answer to a watch. Fails on what is not such an event as a whole.
base::Result<WatchLine> ReadWatchLine(std::string_view line);

// Puts pieces together to lines.
class LineSplitter {
 public:
  // No event is larger: etcd takes 1.5 MB by default.
  static constexpr std::size_t kMaxLine = std::size_t{16} << 20;

  // Calls take(line) for each line that is complete now, without its end, as long as it returns
  // true; empty lines are left out. Fails on a line that is longer than kMaxLine.
  base::Result<void> Feed(std::string_view bytes,
                          const std::function<bool(std::string_view line)>& take);
  // Forgets the beginning of a line.
  void Clear() { partial_.clear(); }

 private:
  std::string partial_;
};

}  // namespace berth::kube
