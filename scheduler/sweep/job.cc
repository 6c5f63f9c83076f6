#include "scheduler/sweep/job.h"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/sweep/fingerprint.h"
#include "scheduler/sweep/text_file.h"

namespace berth::sweep {
namespace {

namespace fs = std::filesystem;
using base::Result;
using Json = nlohmann::ordered_json;

// Where the folder of the sweep file is in the container.
constexpr const char* kFolder = "/sweep";
constexpr const char* kResults = "/results";
constexpr int kUser = 65532;  // of the image

struct SharedFile {
  std::string path;  // relative to the folder of the sweep file
  std::string source;
};

Result<std::vector<SharedFile>> FilesOf(const SweepFile& file) {
  BERTH_ASSIGN(const Fingerprint fingerprint, FingerprintOf(file));
  const fs::path folder = fs::path(file.path).parent_path();
  std::vector<SharedFile> files = {{fs::path(file.path).filename().string(), file.path}};
  for (const auto& [name, hash] : fingerprint) {
    if (name == kSweepFileName) continue;
    const fs::path path(name);
    if (path.is_absolute() || *path.begin() == "..") {
      return base::Fail(name + ": is not below the folder of the sweep file, as a Job needs it");
    }
    files.push_back({name, (folder / path).string()});
  }
  return files;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const unsigned byte = i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0;
      group = group << 8 | byte;
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string KeyOf(std::size_t position) { return "file-" + std::to_string(position); }

// As bytes, since a file may be packed.
Result<Json> ConfigMapOf(const std::vector<SharedFile>& files, const JobOptions& options) {
  std::size_t bytes = 0;
  Json data = Json::object();
  for (std::size_t i = 0; i < files.size(); ++i) {
    BERTH_ASSIGN(const std::string text, ReadBytes(files[i].source));
    bytes += text.size();
    if (bytes > kMaxConfigMapBytes) {
      return base::Fail(
          "the files of the sweep take more than 1 MiB, which is all that a "
          "ConfigMap holds: put them on a volume and say --volume-claim NAME");
    }
    data[KeyOf(i)] = Base64(text);
  }
  return Json{{"apiVersion", "v1"},
              {"kind", "ConfigMap"},
              {"metadata", {{"name", options.name}}},
              {"binaryData", data}};
}

Json ConfigMapVolumes(const std::vector<SharedFile>& files, const JobOptions& options) {
  Json items = Json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    items.push_back({{"key", KeyOf(i)}, {"path", files[i].path}});
  }
  return Json::array(
      {{{"name", "sweep"}, {"configMap", {{"name", options.name}, {"items", items}}}},
       {{"name", "results"}, {"emptyDir", Json::object()}}});
}

Json ClaimVolumes(const JobOptions& options) {
  return Json::array(
      {{{"name", "sweep"}, {"persistentVolumeClaim", {{"claimName", options.volume_claim}}}}});
}

Json ContainerOf(const SharedFile& file, const JobOptions& options) {
  // Kubernetes puts the index in.
  const std::string shard = "$(JOB_COMPLETION_INDEX)/" + std::to_string(options.shards);
  Json arguments = {
      "sweep",  std::string(kFolder) + "/" + file.path, "--shard", shard, "--threads", "1",
      "--quiet"};
  const bool has_claim = !options.volume_claim.empty();
  Json mounts =
      Json::array({{{"name", "sweep"}, {"mountPath", kFolder}, {"readOnly", !has_claim}}});
  if (!has_claim) {
    arguments.insert(arguments.end(),
                     {"--output-folder", std::string(kResults) + "/runs", "--print-results"});
    mounts.push_back({{"name", "results"}, {"mountPath", kResults}});
  }
  return {{"name", "berth"},
          {"image", options.image},
          {"imagePullPolicy", "IfNotPresent"},
          {"args", arguments},
          {"resources", {{"requests", {{"cpu", "1"}, {"memory", "256Mi"}}}}},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", Json::array({"ALL"})}}}}},
          {"volumeMounts", mounts}};
}

Json JobOf(const std::vector<SharedFile>& files, const JobOptions& options) {
  const Json labels = {{"app.kubernetes.io/name", "berth-sweep"}};
  const Json pod = {{"restartPolicy", "Never"},
                    {"automountServiceAccountToken", false},
                    {"securityContext",
                     {{"runAsNonRoot", true},
                      {"runAsUser", kUser},
                      {"runAsGroup", kUser},
                      {"fsGroup", kUser},
                      {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
                    {"containers", Json::array({ContainerOf(files.front(), options)})},
                    {"volumes", options.volume_claim.empty() ? ConfigMapVolumes(files, options)
                                                             : ClaimVolumes(options)}};
  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata", {{"name", options.name}, {"labels", labels}}},
          {"spec",
           {{"completionMode", "Indexed"},
            {"completions", options.shards},
            {"parallelism", options.shards},
            {"backoffLimitPerIndex", 3},
            {"template", {{"metadata", {{"labels", labels}}}, {"spec", pod}}}}}};
}

std::string Print(const Json& object) {
  return "---\n" + object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::string> JobManifest(const SweepFile& file, const JobOptions& options) {
  if (options.shards > file.RunCount()) {
    return base::Fail(std::to_string(options.shards) + " shards, but only " +
                      std::to_string(file.RunCount()) + " runs");
  }
  BERTH_ASSIGN(const auto files, FilesOf(file));
  std::string text;
  if (options.volume_claim.empty()) {
    BERTH_ASSIGN(const Json config_map, ConfigMapOf(files, options));
    text += Print(config_map);
  }
  return text + Print(JobOf(files, options));
}

}  // namespace berth::sweep
