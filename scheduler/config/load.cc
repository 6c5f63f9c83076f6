#include "scheduler/config/load.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "scheduler/base/check.h"
#include "scheduler/config/decode.h"
#include "scheduler/config/defaults.h"
#include "scheduler/config/expand.h"
#include "scheduler/config/parse.h"
#include "scheduler/config/validate.h"

namespace berth::config {
namespace {

using base::Result;

Result<void> Complete(Configuration& configuration) {
  BERTH_TRY(ValidatePluginNames(configuration));
  ApplyDefaults(configuration);
  BERTH_TRY(Validate(configuration));
  return ExpandProfiles(configuration);
}

Result<Configuration> Load(std::string_view text) {
  BERTH_ASSIGN(Configuration configuration, Decode(text));
  BERTH_TRY(Complete(configuration));
  return configuration;
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

// Stops one byte after the limit, which is then reported by the parser.
Result<std::string> ReadWhole(std::FILE* file) {
  std::string text;
  std::string buffer(1u << 16, '\0');
  while (text.size() <= kMaxDocumentBytes) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file);
    if (std::ferror(file) != 0) return base::Fail(std::strerror(errno));
    text.append(buffer, 0, count);
    if (std::feof(file) != 0) break;
  }
  return text;
}

Result<std::string> ReadPath(const std::string& path) {
  if (path == "-") return ReadWhole(stdin);
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return base::Fail(std::strerror(errno));
  return ReadWhole(file.get());
}

}  // namespace

Configuration DefaultConfiguration() {
  Configuration configuration;
  const auto done = Complete(configuration);
  BERTH_CHECK(done.has_value());
  return configuration;
}

Result<Configuration> LoadText(std::string_view text, const std::string& where) {
  auto configuration = Load(text);
  if (!configuration) return std::unexpected(configuration.error().Within(where));
  return configuration;
}

Result<Configuration> LoadFile(const std::string& path) {
  const std::string where = path == "-" ? "standard input" : path;
  const auto text = ReadPath(path);
  if (!text) return std::unexpected(text.error().Within(where));
  return LoadText(*text, where);
}

}  // namespace berth::config
