#include "scheduler/simulate/foreign.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "scheduler/api/json_split.h"
#include "scheduler/api/json_value.h"
#include "scheduler/api/yaml_to_json.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/recording.h"

namespace berth::simulate {
namespace {

namespace fs = std::filesystem;

using api::JsonType;
using api::JsonValue;
using api::JsonWalk;
using api::PaddedText;
using base::Fail;
using base::Result;
using Json = nlohmann::json;

// ---- kube-scheduler-simulator, and open-simulator's local disks ----

struct ExportedList {
  std::string_view member;
  std::string_view kind;
  std::string_view api_version;
};

constexpr std::array<ExportedList, 7> kExportedLists = {{
    {"pods", "Pod", "v1"},
    {"nodes", "Node", "v1"},
    {"pvs", "PersistentVolume", "v1"},
    {"pvcs", "PersistentVolumeClaim", "v1"},
    {"storageClasses", "StorageClass", "storage.k8s.io/v1"},
    {"priorityClasses", "PriorityClass", "scheduling.k8s.io/v1"},
    {"namespaces", "Namespace", "v1"},
}};
constexpr std::string_view kExportedConfig = "schedulerConfig";
constexpr std::array<std::string_view, 2> kLocalDisks = {"vgs", "devices"};

// The first member of a JSON object; empty where it is none. Cheap: texts may be of gigabytes.
std::string_view FirstMember(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto brace = text.find_first_not_of(kSpace);
  if (brace == std::string_view::npos || text[brace] != '{') return {};
  const auto quote = text.find_first_not_of(kSpace, brace + 1);
  if (quote == std::string_view::npos || text[quote] != '"') return {};
  const auto end = text.find('"', quote + 1);
  return end == std::string_view::npos ? std::string_view()
                                       : text.substr(quote + 1, end - quote - 1);
}

bool IsExport(std::string_view first_member) {
  return first_member == kExportedConfig ||
         std::ranges::find(kExportedLists, first_member, &ExportedList::member) !=
             kExportedLists.end();
}

bool IsLocalDisks(std::string_view first_member) {
  return std::ranges::find(kLocalDisks, first_member) != kLocalDisks.end();
}

// Its lists as typed ones, whose items need not say what they are.
Result<PaddedText> FromExport(const PaddedText& json) {
  // Finds what is cut off, which a parser that looks at one member after the other need not.
  BERTH_TRY(api::SplitJson(json.view()));
  std::string lists;
  std::string problem;
  api::JsonParser parser;
  const JsonWalk walk = parser.Read(json.view(), [&](JsonValue value) {
    return value.ForEachField([&](std::string_view key, JsonValue field) {
      const auto list = std::ranges::find(kExportedLists, key, &ExportedList::member);
      if (list == kExportedLists.end() || field.type() == JsonType::kNull) return true;
      if (field.type() != JsonType::kArray) {
        problem = std::string(key) + ": must be a list";
        return false;
      }
      lists.append(R"({"kind":")").append(list->kind);
      lists.append(R"(List","apiVersion":")").append(list->api_version);
      lists.append(R"(","items":)").append(field.Raw()).append("}\n");
      return true;
    }) == JsonWalk::kDone;
  });
  if (!problem.empty()) return Fail(problem);
  if (walk != JsonWalk::kDone) return Fail("is not JSON: " + std::string(parser.problem()));
  return PaddedText(lists);
}

// ---- open-simulator ----

constexpr std::uintmax_t kMaxConfigBytes = 65'536;
constexpr std::string_view kSimonGroup = "simon/";

Json MemberOf(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) ? object[name] : Json();
}

std::string TextOf(const Json& object, const char* name) {
  const Json member = MemberOf(object, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

// The document of a file that is such a Config; null for any other file.
Json ConfigIn(const std::string& path) {
  const std::string extension = ExtensionOf(path);
  std::error_code error;
  if (extension != ".yaml" && extension != ".yml") return nullptr;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kMaxConfigBytes) {
    return nullptr;
  }
  const auto text = LoadFile(path, kMaxConfigBytes);
  if (!text || text->view().find(kSimonGroup) == std::string_view::npos) return nullptr;
  const auto converted = api::YamlToJson(text->view());
  if (!converted) return nullptr;
  Json document = Json::parse(converted->view(), nullptr, false);
  const bool is_config = TextOf(document, "kind") == "Config" &&
                         TextOf(document, "apiVersion").starts_with(kSimonGroup);
  return is_config ? document : Json();
}

// People run that tool in the root of its folder, wherever below it the file may be.
Result<std::string> Find(const std::string& config, const std::string& path,
                         const std::string& field) {
  if (path.empty()) return Fail(config + ": " + field + ": is missing");
  std::error_code error;
  fs::path folder = fs::absolute(config, error).parent_path();
  while (true) {
    const fs::path candidate = folder / path;
    if (fs::exists(candidate, error)) return candidate.lexically_normal().string();
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return Fail(config + ": " + field + ": there is no " + path.substr(0, 200));
}

Result<void> AppendApplications(const std::string& config, const Json& list,
                                std::vector<std::string>& paths) {
  if (!list.is_array()) return {};
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string field = "spec.appList[" + std::to_string(i) + "]";
    if (MemberOf(list[i], "chart") == Json(true)) {
      return Fail(config + ": " + field +
                  ": is a Helm chart; render it with `helm template` first");
    }
    BERTH_ASSIGN(std::string path, Find(config, TextOf(list[i], "path"), field + ".path"));
    paths.push_back(std::move(path));
  }
  return {};
}

Result<void> AppendResolved(const std::string& path, std::vector<std::string>& paths) {
  const Json config = ConfigIn(path);
  if (config.is_null()) {
    paths.push_back(path);
    return {};
  }
  const Json spec = MemberOf(config, "spec");
  const std::string cluster = TextOf(MemberOf(spec, "cluster"), "customConfig");
  BERTH_ASSIGN(std::string folder, Find(path, cluster, "spec.cluster.customConfig"));
  paths.push_back(std::move(folder));
  return AppendApplications(path, MemberOf(spec, "appList"), paths);
}

}  // namespace

Result<PaddedText> AsKubernetesJson(PaddedText json) {
  if (IsRecording(json.view())) return StateOf(std::move(json));
  const std::string_view first = FirstMember(json.view());
  if (IsExport(first)) return FromExport(json);
  if (IsLocalDisks(first)) return PaddedText();
  return json;
}

Result<std::vector<std::string>> ResolveConfigs(const std::vector<std::string>& paths) {
  std::vector<std::string> resolved;
  for (const std::string& path : paths) BERTH_TRY(AppendResolved(path, resolved));
  return resolved;
}

}  // namespace berth::simulate
