#include "scheduler/sweep/fingerprint.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

namespace berth::sweep {
namespace {

namespace fs = std::filesystem;
using base::Result;

constexpr int kSchemaVersion = 1;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// http://www.isthe.com/chongo/tech/comp/fnv
Result<std::string> HashOf(const fs::path& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return base::Fail(path.string() + ": " + std::strerror(errno));
  std::uint64_t hash = 0xcbf29ce484222325u;
  std::array<unsigned char, 1 << 16> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    for (std::size_t i = 0; i < count; ++i) hash = (hash ^ buffer[i]) * 0x100000001b3u;
  }
  if (std::ferror(file.get()) != 0) return base::Fail(path.string() + ": cannot be read");
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return std::string(text.data());
}

std::string NameOf(const fs::path& path, const SweepFile& file) {
  const auto relative = path.lexically_relative(fs::path(file.path).parent_path());
  return relative.empty() ? path.string() : relative.string();
}

Result<void> AddFile(const fs::path& path, const SweepFile& file, Fingerprint& out) {
  BERTH_ASSIGN(out[NameOf(path, file)], HashOf(path));
  return {};
}

Result<void> Add(const fs::path& path, const SweepFile& file, Fingerprint& out) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return AddFile(path, file, out);
  fs::recursive_directory_iterator entries(path, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (entries->is_regular_file(error)) BERTH_TRY(AddFile(entries->path(), file, out));
  }
  if (error) return base::Fail(path.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<Fingerprint> FingerprintOf(const SweepFile& file) {
  Fingerprint fingerprint;
  BERTH_ASSIGN(fingerprint[std::string(kSweepFileName)], HashOf(file.path));
  for (const std::string& path : file.nodes) BERTH_TRY(Add(path, file, fingerprint));
  for (const auto* named : {&file.workloads, &file.profiles}) {
    for (const NamedPaths& entry : *named) {
      for (const std::string& path : entry.paths) BERTH_TRY(Add(path, file, fingerprint));
    }
  }
  return fingerprint;
}

std::string PrintFingerprint(const Fingerprint& fingerprint) {
  const nlohmann::ordered_json document = {{"schemaVersion", kSchemaVersion},
                                           {"files", fingerprint}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Fingerprint> ParseFingerprint(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  const bool is_known = document.is_object() && document.contains("schemaVersion") &&
                        document["schemaVersion"] == kSchemaVersion;
  if (!is_known) {
    return base::Fail("is not of a sweep of this version");
  }
  const auto files = document.find("files");
  if (files == document.end() || !files->is_object()) return base::Fail("has no files");
  Fingerprint fingerprint;
  for (const auto& [name, hash] : files->items()) {
    if (!hash.is_string()) return base::Fail("files: not a hash");
    fingerprint[name] = hash.get<std::string>();
  }
  return fingerprint;
}

Result<void> CheckSame(const Fingerprint& kept, const Fingerprint& now) {
  for (const auto& [name, hash] : now) {
    const auto it = kept.find(name);
    if (it == kept.end() || it->second != hash) return base::Fail(name + " was another one");
  }
  for (const auto& [name, hash] : kept) {
    if (!now.contains(name)) return base::Fail(name + " is no part of this sweep");
  }
  return {};
}

}  // namespace berth::sweep
