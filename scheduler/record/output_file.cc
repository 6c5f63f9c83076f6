#include "scheduler/record/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "scheduler/simulate/gzip.h"

namespace berth::record {
namespace {

using base::Fail;
using base::Result;

Result<std::string> Encoded(const std::string& path, std::string_view text) {
  return path.ends_with(".gz") ? simulate::Gzip(text) : std::string(text);
}

std::unexpected<base::Error> FailAt(const std::string& path, int error) {
  return Fail(path + ": cannot be written: " + std::strerror(error));
}

// `path` is what errors speak of.
Result<void> Write(const std::string& path, const std::string& file_path, const char* mode,
                   std::string_view bytes) {
  std::FILE* file = std::fopen(file_path.c_str(), mode);
  if (file == nullptr) return FailAt(path, errno);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() &&
                       std::fflush(file) == 0 && fsync(fileno(file)) == 0;
  const int write_error = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) return FailAt(path, write_error);
  if (!closed) return FailAt(path, errno);
  return {};
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  BERTH_ASSIGN(const std::string bytes, Encoded(path, text));
  const std::string temporary = path + ".tmp" + std::to_string(getpid());
  std::error_code error;
  if (auto written = Write(path, temporary, "wb", bytes); !written) {
    std::filesystem::remove(temporary, error);
    return written;
  }
  std::filesystem::rename(temporary, path, error);
  if (!error) return {};
  const std::string why = error.message();
  std::filesystem::remove(temporary, error);
  return Fail(path + ": cannot be written: " + why);
}

Result<void> AppendToFile(const std::string& path, std::string_view text) {
  BERTH_ASSIGN(const std::string bytes, Encoded(path, text));
  return Write(path, path, "ab", bytes);
}

}  // namespace berth::record
