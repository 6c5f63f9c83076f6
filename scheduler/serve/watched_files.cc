#include "scheduler/serve/watched_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <utility>

namespace berth::serve {

base::Result<std::string> ReadSmallFile(const std::string& path) {
  constexpr std::size_t kMostBytes = 1 << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    return base::Fail(path + ": " + (errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return base::Fail(path + ": larger than a megabyte");
  return text;
}

WatchedFiles::WatchedFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  for (const auto& path : paths_) stamps_.push_back(StampOf(path));
}

bool WatchedFiles::HaveChanged() {
  bool changed = false;
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const Stamp stamp = StampOf(paths_[i]);
    if (stamp.size < 0 || stamp == stamps_[i]) continue;
    stamps_[i] = stamp;
    changed = true;
  }
  return changed;
}

WatchedFiles::Stamp WatchedFiles::StampOf(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return {std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          status.st_ino, status.st_size};
}

}  // namespace berth::serve
