#include "scheduler/kube/small_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace berth::kube {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

base::Result<std::string> ReadSmallFile(const std::string& path, std::size_t most) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return base::Fail(std::strerror(errno));
  std::string text;
  std::string buffer(1u << 14, '\0');
  while (text.size() <= most) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) return base::Fail(std::strerror(errno));
    text.append(buffer, 0, count);
    if (std::feof(file.get()) != 0) break;
  }
  if (text.size() > most) return base::Fail("larger than " + std::to_string(most) + " bytes");
  return text;
}

base::Result<std::string> ReadToken(const std::string& path) {
  BERTH_ASSIGN(const std::string text, ReadSmallFile(path));
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return base::Fail("no token in it");
  const auto last = text.find_last_not_of(kSpace);
  const std::string token = text.substr(first, last - first + 1);
  // It becomes part of a header.
  if (token.find_first_of("\r\n") != std::string::npos) return base::Fail("more than one line");
  return token;
}

}  // namespace berth::kube
