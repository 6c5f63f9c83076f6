#include "scheduler/simulate/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace berth::simulate {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

struct EndDeflate {
  z_stream& stream;
  ~EndDeflate() { deflateEnd(&stream); }
};

}  // namespace

base::Result<std::string> Gzip(std::string_view text) {
  constexpr int kGzipFormat = 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return base::Fail("cannot start packing");
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
    if (status == Z_STREAM_ERROR) return base::Fail("cannot be packed");
    text.remove_prefix(count - stream.avail_in);
    packed.append(chunk, 0, chunk.size() - stream.avail_out);
  }
  return packed;
}

}  // namespace berth::simulate
