#include "scheduler/record/output_file.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace berth::record {
namespace {

using base::Fail;
using base::Result;

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

struct EndDeflate {
  z_stream& stream;
  ~EndDeflate() { deflateEnd(&stream); }
};

// One member of a gzip file.
Result<std::string> Packed(std::string_view text) {
  constexpr int kGzipFormat = 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Fail("cannot start packing");
  }
  const EndDeflate end{stream};
  std::string packed;
  std::string chunk(kChunkBytes, '\0');
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const std::size_t count = std::min(kChunkBytes, text.size());
    // zlib's interface is not const-correct; it does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(count);
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = deflate(&stream, count == text.size() ? Z_FINISH : Z_NO_FLUSH);
    if (status == Z_STREAM_ERROR) return Fail("cannot be packed");
    text.remove_prefix(count - stream.avail_in);
    packed.append(chunk, 0, chunk.size() - stream.avail_out);
  }
  return packed;
}

Result<std::string> Encoded(const std::string& path, std::string_view text) {
  return path.ends_with(".gz") ? Packed(text) : std::string(text);
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
