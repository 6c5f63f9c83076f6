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

Result<void> Complete(Configuration& configuration, const GateSettings& gates) {
  for (const auto& [name, on] : gates) configuration.feature_gates[name] = on;
  BERTH_ASSIGN(configuration.gates, FeatureGates::Make(configuration.feature_gates));
  BERTH_TRY(ValidatePluginNames(configuration));
  ApplyDefaults(configuration);
  BERTH_TRY(Validate(configuration));
  return ExpandProfiles(configuration);
}

Result<Configuration> Load(std::string_view text, const GateSettings& gates) {
  BERTH_ASSIGN(Configuration configuration, Decode(text));
  BERTH_TRY(Complete(configuration, gates));
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
  auto configuration = DefaultConfiguration(GateSettings());
  BERTH_CHECK(configuration.has_value());
  return *std::move(configuration);
}

Result<Configuration> DefaultConfiguration(const GateSettings& gates) {
  Configuration configuration;
  BERTH_TRY(Complete(configuration, gates));
  return configuration;
}

Result<Configuration> LoadText(std::string_view text, const std::string& where,
                               const GateSettings& gates) {
  auto configuration = Load(text, gates);
  if (!configuration) return std::unexpected(configuration.error().Within(where));
  return configuration;
}

Result<Configuration> LoadFile(const std::string& path, const GateSettings& gates) {
  const std::string where = path == "-" ? "standard input" : path;
  const auto text = ReadPath(path);
  if (!text) return std::unexpected(text.error().Within(where));
  return LoadText(*text, where, gates);
}

Result<Configuration> LoadFileOrDefault(const std::string& path, const GateSettings& gates) {
  return path.empty() ? DefaultConfiguration(gates) : LoadFile(path, gates);
}

}  // namespace berth::config
