#include "scheduler/simulate/decision_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace berth::simulate {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

std::string Temporary(const std::string& path) { return path + ".tmp"; }

}  // namespace

DecisionFile::~DecisionFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::error_code ignored;
  std::filesystem::remove(Temporary(path_), ignored);
}

base::Result<void> DecisionFile::Open() {
  if (path_.empty() || path_ == "-") return {};
  std::error_code ignored;
  if (std::filesystem::is_directory(path_, ignored)) return base::Fail(path_ + ": is a folder");
  file_ = std::fopen(Temporary(path_).c_str(), "wb");
  if (file_ == nullptr) return base::Fail(path_ + ": " + std::strerror(errno));
  return {};
}

void DecisionFile::Write(std::string_view line) {
  buffer_ += line;
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) Flush();
}

void DecisionFile::Flush() {
  if (buffer_.empty()) return;
  const bool written = file_ != nullptr
                           ? std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size()
                           : write_output_(buffer_);
  failed_ |= !written;
  buffer_.clear();
}

base::Result<void> DecisionFile::Close() {
  if (path_.empty()) return {};
  Flush();
  if (file_ == nullptr) {
    if (failed_) return base::Fail("standard output cannot be written");
    return {};
  }
  failed_ |= std::fclose(std::exchange(file_, nullptr)) != 0;
  std::error_code error;
  if (!failed_) std::filesystem::rename(Temporary(path_), path_, error);
  if (failed_ || error) {
    std::error_code ignored;
    std::filesystem::remove(Temporary(path_), ignored);
    return base::Fail(path_ + ": cannot be written");
  }
  return {};
}

}  // namespace berth::simulate
