#include "scheduler/simulate/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "scheduler/simulate/recording.h"

namespace berth::simulate {
namespace {

namespace fs = std::filesystem;

using api::PaddedText;
using base::Fail;
using base::Result;

constexpr std::string_view kGzip = ".gz";
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

std::string DisplayName(const std::string& path) {
  return path == kStdin ? std::string(kStdinName) : path;
}

std::unexpected<base::Error> FailErrno(const std::string& path, std::string_view what) {
  const std::string reason = std::generic_category().message(errno);
  return Fail(DisplayName(path) + ": " + std::string(what) + ": " + reason);
}

// Closes on leaving, but for standard input.
class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      : owned_(path != kStdin), fd_(owned_ ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : 0) {}
  ~FileDescriptor() {
    if (owned_ && fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  bool owned_;
  int fd_;
};

Result<PaddedText> ReadAll(const std::string& path, std::size_t max_bytes) {
  const FileDescriptor file(path);
  if (file.get() < 0) return FailErrno(path, "cannot open");
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) return FailErrno(path, "cannot open");
  if (S_ISDIR(status.st_mode)) return Fail(path + ": is a folder");
  PaddedText text;
  if (S_ISREG(status.st_mode)) text.Reserve(static_cast<std::size_t>(status.st_size) + kChunkBytes);
  while (true) {
    const ssize_t count = read(file.get(), text.Room(kChunkBytes), kChunkBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno(path, "cannot read");
    if (count == 0) return text;
    text.Grow(static_cast<std::size_t>(count));
    if (text.size() > max_bytes) {
      return Fail(DisplayName(path) + ": larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

struct EndInflate {
  void operator()(z_stream* stream) const {
    inflateEnd(stream);
    delete stream;
  }
};

// All members of a gzip file one after another, as gzip itself reads them.
class Gunzip {
 public:
  Gunzip(std::string_view packed, std::size_t max_bytes)
      : packed_(packed), max_bytes_(max_bytes), stream_(new z_stream()) {}

  Result<PaddedText> Run() {
    constexpr int kGzipFormat = 16;
    if (inflateInit2(stream_.get(), MAX_WBITS + kGzipFormat) != Z_OK) {
      return Fail("cannot start unpacking gzip");
    }
    int status = Z_OK;
    while (true) {
      if (status == Z_STREAM_END) {
        if (AtEnd()) return std::move(text_);
        // Zeros behind the last member are padding of a tape or a block device.
        if (OnlyZerosLeft()) return std::move(text_);
        inflateReset(stream_.get());
      }
      status = Step();
      if (text_.size() > max_bytes_) {
        return Fail("unpacks to more than " + std::to_string(max_bytes_) + " bytes");
      }
      if (status == Z_BUF_ERROR && AtEnd()) return FailCutOff();
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return Fail("the gzip file is damaged");
      }
    }
  }

 private:
  int Step() {
    z_stream& stream = *stream_;
    if (stream.avail_in == 0) {
      const std::size_t count = std::min(kChunkBytes, packed_.size() - taken_);
      // zlib's interface is not const-correct; it does not write to its input.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data() + taken_));
      stream.avail_in = static_cast<uInt>(count);
      taken_ += count;
    }
    stream.next_out = reinterpret_cast<Bytef*>(text_.Room(kChunkBytes));
    stream.avail_out = static_cast<uInt>(kChunkBytes);
    const int status = inflate(&stream, Z_NO_FLUSH);
    text_.Grow(kChunkBytes - stream.avail_out);
    return status;
  }
  // A recording is written piece by piece, so that its user wants to know how far it is whole.
  std::unexpected<base::Error> FailCutOff() const {
    if (IsRecording(text_.view())) return std::unexpected(CutRecording(text_.view()));
    return Fail("the gzip file is cut off");
  }
  bool AtEnd() const { return stream_->avail_in == 0 && taken_ == packed_.size(); }
  bool OnlyZerosLeft() const {
    const std::string_view rest = packed_.substr(taken_ - stream_->avail_in);
    return rest.find_first_not_of('\0') == std::string_view::npos;
  }

  std::string_view packed_;
  std::size_t max_bytes_;
  std::size_t taken_ = 0;
  std::unique_ptr<z_stream, EndInflate> stream_;
  PaddedText text_;
};

bool HasExtension(const std::string& path, const std::vector<std::string_view>& extensions) {
  return std::ranges::find(extensions, ExtensionOf(path)) != extensions.end();
}

Result<std::vector<std::string>> ListFolder(const std::string& folder,
                                            const std::vector<std::string_view>& extensions) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    const std::string path = it->path().string();
    if (it->is_regular_file(ignored) && HasExtension(path, extensions)) files.push_back(path);
  }
  if (error) return Fail(folder + ": cannot list the folder: " + error.message());
  if (files.empty()) return Fail(folder + ": the folder holds no input file");
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string ExtensionOf(std::string_view path) {
  const auto slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.ends_with(kGzip)) name.remove_suffix(kGzip.size());
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(name.substr(dot));
}

Result<std::vector<std::string>> ListFiles(const std::vector<std::string>& paths,
                                           const std::vector<std::string_view>& extensions) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == kStdin || !fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    BERTH_ASSIGN(std::vector<std::string> found, ListFolder(path, extensions));
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Result<PaddedText> LoadFile(const std::string& path, std::size_t max_bytes) {
  auto text = ReadAll(path, max_bytes);
  if (!text || !text->view().starts_with(kGzipMagic)) return text;
  auto unpacked = Gunzip(text->view(), max_bytes).Run();
  if (!unpacked) return std::unexpected(unpacked.error().Within(DisplayName(path)));
  return unpacked;
}

}  // namespace berth::simulate
