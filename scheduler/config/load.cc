#include "scheduler/config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <variant>

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

bool IsEnabled(const ProfileSpec& profile, std::string_view name) {
  return std::ranges::any_of(profile.plugins, [name](const PluginSet& set) {
    return std::ranges::find(set.enabled, name, &PluginReference::name) != set.enabled.end();
  });
}

// A loaded plugin that a profile enables without configuring it gets no arguments.
void ConfigureLoaded(const LoadedPlugins& loaded, ProfileSpec& profile) {
  for (const std::string& name : loaded) {
    const auto& configs = profile.plugin_config;
    if (!IsEnabled(profile, name)) continue;
    if (std::ranges::find(configs, name, &PluginConfig::name) != configs.end()) continue;
    profile.plugin_config.push_back({name, SharedObjectArgs{.name = name}});
  }
}

Result<Configuration> Load(std::string_view text, const GateSettings& gates,
                           const LoadedPlugins& loaded) {
  BERTH_ASSIGN(Configuration configuration, Decode(text, loaded));
  for (ProfileSpec& profile : configuration.profile_specs) ConfigureLoaded(loaded, profile);
  BERTH_TRY(Complete(configuration, gates));
  return configuration;
}

void MakeAbsolute(const std::filesystem::path& folder, std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder / path, error);
  if (!error) path = absolute.lexically_normal().string();
}

void MakePathsAbsolute(const std::filesystem::path& folder, PluginArgs& args) {
  if (auto* shared_object = std::get_if<SharedObjectArgs>(&args)) {
    MakeAbsolute(folder, shared_object->path);
  }
  auto* grpc = std::get_if<GrpcPluginArgs>(&args);
  if (grpc == nullptr || !grpc->tls) return;
  for (std::string* path : {&grpc->tls->ca_file, &grpc->tls->cert_file, &grpc->tls->key_file}) {
    MakeAbsolute(folder, *path);
  }
}

// `folder` is where files are that the document names.
Result<Configuration> LoadFrom(std::string_view text, const std::string& where,
                               const std::filesystem::path& folder, const GateSettings& gates,
                               const LoadedPlugins& loaded) {
  auto configuration = Load(text, gates, loaded);
  if (!configuration) return std::unexpected(configuration.error().Within(where));
  for (ProfileSpec& profile : configuration->profile_specs) {
    for (PluginConfig& config : profile.plugin_config) MakePathsAbsolute(folder, config.args);
  }
  for (Profile& profile : configuration->profiles) {
    for (auto& [name, args] : profile.args) MakePathsAbsolute(folder, args);
  }
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
                               const GateSettings& gates, const LoadedPlugins& loaded) {
  return LoadFrom(text, where, "", gates, loaded);
}

Result<Configuration> LoadFile(const std::string& path, const GateSettings& gates,
                               const LoadedPlugins& loaded) {
  const std::string where = path == "-" ? "standard input" : path;
  const auto text = ReadPath(path);
  if (!text) return std::unexpected(text.error().Within(where));
  const std::filesystem::path folder =
      path == "-" ? std::filesystem::path() : std::filesystem::path(path).parent_path();
  return LoadFrom(*text, where, folder, gates, loaded);
}

Result<Configuration> LoadFileOrDefault(const std::string& path, const GateSettings& gates,
                                        const LoadedPlugins& loaded) {
  return path.empty() ? DefaultConfiguration(gates) : LoadFile(path, gates, loaded);
}

}  // namespace berth::config
