// The objects of one kind as an API server keeps them: every change has a version, lists are cut
// into pages of one version, and watches begin after one.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/random.h"

namespace berth::kube {

// Not thread-safe.
class ObjectStore {
 public:
  using Objects = std::map<std::string, std::string>;  // resourceVersions by name

  // Adds, changes or deletes one of so many objects.
  void Change(base::Random& random, std::size_t names = 20);
  // Versions from before now are not known any more: neither watches nor continued lists.
  void Compact();

  const Objects& objects() const { return objects_; }
  long version() const { return version_; }

  struct Page {
    std::string body;  // of 410 a Status
    bool expired = false;
  };
  Page List(const std::string& continue_token, std::size_t page_size);

  // The line of the first event after a version; nullopt if there is none yet. An ERROR where the
  // version is not known any more.
  std::optional<std::string> EventAfter(long version) const;
  // The version that a line brings its reader to.
  static long VersionOfLine(const std::string& line);
  std::string BookmarkLine() const;

 private:
  std::string Object(const std::string& name, long version) const;

  Objects objects_;
  long version_ = 1;
  long compacted_ = 0;
  std::map<long, std::string> log_;    // lines by version
  std::map<long, Objects> snapshots_;  // of lists under way
};

}  // namespace berth::kube
