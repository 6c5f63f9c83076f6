#include "scheduler/sweep/text_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace berth::sweep {
namespace {

using base::Result;

Result<void> Write(const std::string& path, const char* mode, std::string_view text, bool sync) {
  std::FILE* file = std::fopen(path.c_str(), mode);
  if (file == nullptr) return base::Fail(path + ": " + std::strerror(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                       std::fflush(file) == 0 && (!sync || fsync(fileno(file)) == 0);
  const int write_error = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) return base::Fail(path + ": " + std::strerror(write_error));
  if (!closed) return base::Fail(path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".tmp" + std::to_string(getpid());
  std::error_code error;
  if (auto written = Write(temporary, "wb", text, true); !written) {
    std::filesystem::remove(temporary, error);
    return written;
  }
  std::filesystem::rename(temporary, path, error);
  if (!error) return {};
  const std::string why = error.message();
  std::filesystem::remove(temporary, error);
  return base::Fail(path + ": " + why);
}

Result<void> AppendToFile(const std::string& path, std::string_view text) {
  return Write(path, "ab", text, false);
}

Result<std::string> ReadBytes(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return base::Fail(path + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), count);
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return base::Fail(path + ": cannot be read");
  return text;
}

}  // namespace berth::sweep
