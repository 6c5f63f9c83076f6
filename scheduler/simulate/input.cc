#include "scheduler/simulate/input.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/api/yaml_to_json.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/foreign.h"
#include "scheduler/simulate/openb.h"
#include "scheduler/simulate/volume_claims.h"
#include "scheduler/simulate/workloads.h"

namespace berth::simulate {
namespace {

using api::ClusterObjects;
using api::Origin;
using api::PaddedText;
using api::Pod;
using base::Fail;
using base::Result;

std::vector<std::string_view> Extensions(InputFormat format) {
  switch (format) {
    case InputFormat::kKubernetes:
      return {".json", ".yaml", ".yml"};
    case InputFormat::kOpenb:
      return {".csv"};
    case InputFormat::kAuto:
      break;
  }
  return {".json", ".yaml", ".yml", ".csv"};
}

// Where a file name does not say what a file is, its first character does: JSON objects start with
// a brace, and block YAML does not.
bool LooksLikeJson(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '{';
}

std::string DisplayName(const std::string& file) {
  return file == kStdin ? std::string(kStdinName) : file;
}

bool IsYaml(std::string_view text, const std::string& file) {
  const std::string extension = ExtensionOf(file);
  if (extension == ".yaml" || extension == ".yml") return true;
  return extension != ".json" && !LooksLikeJson(text);
}

Result<void> ReadText(PaddedText text, const std::string& file, InputFormat format,
                      api::Reader& reader) {
  const std::string name = DisplayName(file);
  const bool openb = format == InputFormat::kOpenb ||
                     (format == InputFormat::kAuto && LooksLikeOpenb(text.view()));
  if (openb) return ReadOpenb(text.view(), name, reader);
  if (IsYaml(text.view(), file)) return reader.ReadYaml(text.view(), name);
  const auto json = AsKubernetesJson(std::move(text));
  if (!json) return std::unexpected(json.error().Within(name));
  return reader.ReadJson(*json, name);
}

Result<std::vector<std::string>> FilesOf(const std::vector<std::string>& paths,
                                         InputFormat format) {
  BERTH_ASSIGN(const std::vector<std::string> resolved, ResolveConfigs(paths));
  return ListFiles(resolved, Extensions(format));
}

Result<void> ReadFiles(const std::vector<std::string>& paths, InputFormat format,
                       api::Reader& reader) {
  BERTH_ASSIGN(const std::vector<std::string> files, FilesOf(paths, format));
  for (const std::string& file : files) {
    BERTH_ASSIGN(PaddedText text, LoadFile(file));
    BERTH_TRY(ReadText(std::move(text), file, format, reader));
  }
  return {};
}

// ---- Checks across objects ----

std::unexpected<base::Error> FailAt(const ClusterObjects& objects, const Origin& origin,
                                    std::string_view object, std::string_view what) {
  return Fail(objects.SourceOf(origin) + ": " + std::string(object) + ": " + std::string(what));
}

// The scheduler does not watch pods that have ended.
void DropTerminalPods(ClusterObjects& objects) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < objects.pods.size(); ++i) {
    if (objects.pods[i].IsTerminal()) continue;
    if (kept != i) {
      objects.pods[kept] = std::move(objects.pods[i]);
      objects.pod_origins[kept] = objects.pod_origins[i];
    }
    ++kept;
  }
  objects.pods.resize(kept);
  objects.pod_origins.resize(kept);
}

using NodeNames = std::unordered_map<std::string_view, std::size_t>;

Result<NodeNames> CheckNodes(const ClusterObjects& objects) {
  NodeNames names;
  for (std::size_t i = 0; i < objects.nodes.size(); ++i) {
    const std::string& name = objects.nodes[i].meta.name;
    const auto [first, added] = names.emplace(name, i);
    if (added) continue;
    return FailAt(objects, objects.node_origins[i], "Node " + name,
                  "metadata.name: a node of this name is also in " +
                      objects.SourceOf(objects.node_origins[first->second]));
  }
  return names;
}

Result<void> CheckPods(const ClusterObjects& objects, const NodeNames& nodes) {
  std::unordered_map<std::string, std::size_t> keys;
  keys.reserve(objects.pods.size());
  for (std::size_t i = 0; i < objects.pods.size(); ++i) {
    const Pod& pod = objects.pods[i];
    const Origin& origin = objects.pod_origins[i];
    const auto [first, added] = keys.emplace(pod.Key(), i);
    if (!added) {
      return FailAt(objects, origin, "Pod " + pod.Key(),
                    "metadata.name: a pod of this name is also in " +
                        objects.SourceOf(objects.pod_origins[first->second]));
    }
    if (!pod.node_name.empty() && !nodes.contains(pod.node_name)) {
      return FailAt(objects, origin, "Pod " + pod.Key(),
                    "spec.nodeName: there is no node \"" + pod.node_name.substr(0, 80) + "\"");
    }
  }
  return {};
}

// What holds for all objects together, whichever way they were read.
Result<ClusterObjects> Complete(ClusterObjects objects, api::PodSpecTable& specs) {
  BERTH_TRY(ExpandWorkloads(objects, specs));
  DropTerminalPods(objects);
  BERTH_TRY(api::ApplyDefaults(objects, specs));
  MakeEphemeralClaims(objects);
  BERTH_ASSIGN(const NodeNames nodes, CheckNodes(objects));
  BERTH_TRY(CheckPods(objects, nodes));
  return objects;
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void AppendOrigins(std::vector<Origin>& to, const std::vector<Origin>& from, const Origin& first) {
  for (const Origin& origin : from) {
    to.push_back({first.source + origin.source, first.sequence + origin.sequence});
  }
}

// Behind everything that is known in the order of the input.
Origin FirstBehind(const ClusterObjects& known) {
  std::uint32_t sequence = 0;
  for (const auto* origins : {&known.node_origins, &known.pod_origins}) {
    for (const Origin& origin : *origins) sequence = std::max(sequence, origin.sequence + 1);
  }
  return {static_cast<std::uint32_t>(known.sources.size()), sequence};
}

ClusterObjects Joined(ClusterObjects known, ClusterObjects more) {
  const Origin first = FirstBehind(known);
  known.workloads.clear();
  known.workload_origins.clear();
  AppendOrigins(known.node_origins, more.node_origins, first);
  AppendOrigins(known.pod_origins, more.pod_origins, first);
  AppendOrigins(known.workload_origins, more.workload_origins, first);
  Append(known.sources, more.sources);
  Append(known.nodes, more.nodes);
  Append(known.pods, more.pods);
  Append(known.namespaces, more.namespaces);
  Append(known.services, more.services);
  Append(known.replication_controllers, more.replication_controllers);
  Append(known.replica_sets, more.replica_sets);
  Append(known.stateful_sets, more.stateful_sets);
  Append(known.priority_classes, more.priority_classes);
  Append(known.runtime_classes, more.runtime_classes);
  Append(known.pod_disruption_budgets, more.pod_disruption_budgets);
  Append(known.pod_groups, more.pod_groups);
  Append(known.resource_slices, more.resource_slices);
  Append(known.device_classes, more.device_classes);
  Append(known.resource_claims, more.resource_claims);
  Append(known.resource_claim_templates, more.resource_claim_templates);
  Append(known.workloads, more.workloads);
  Append(known.storage.volumes, more.storage.volumes);
  Append(known.storage.claims, more.storage.claims);
  Append(known.storage.classes, more.storage.classes);
  Append(known.storage.csi_nodes, more.storage.csi_nodes);
  Append(known.storage.csi_drivers, more.storage.csi_drivers);
  Append(known.storage.csi_capacities, more.storage.csi_capacities);
  Append(known.storage.attachments, more.storage.attachments);
  return known;
}

}  // namespace

Result<std::vector<JsonFile>> ReadAsJson(const std::vector<std::string>& paths) {
  BERTH_ASSIGN(const std::vector<std::string> files, FilesOf(paths, InputFormat::kKubernetes));
  std::vector<JsonFile> read;
  for (const std::string& file : files) {
    const std::string name = DisplayName(file);
    BERTH_ASSIGN(PaddedText text, LoadFile(file));
    if (LooksLikeOpenb(text.view())) return Fail(name + ": is a table, not Kubernetes objects");
    auto json = IsYaml(text.view(), file) ? api::YamlToJson(text.view())
                                          : AsKubernetesJson(std::move(text));
    if (!json) return std::unexpected(json.error().Within(name));
    read.push_back({name, *std::move(json)});
  }
  return read;
}

Result<ClusterObjects> ReadTexts(std::span<const InputText> texts, ClusterObjects known,
                                 base::Executor& executor) {
  api::Reader reader(executor);
  for (const InputText& text : texts) {
    BERTH_TRY(ReadText(PaddedText(text.text), text.name, InputFormat::kKubernetes, reader));
  }
  return Complete(Joined(std::move(known), reader.Take()), reader.specs());
}

Result<ClusterObjects> ReadInput(const std::vector<std::string>& paths, InputFormat format,
                                 base::Executor& executor, bool keep_texts) {
  api::Reader reader(executor);
  if (keep_texts) reader.KeepTexts();
  BERTH_TRY(ReadFiles(paths, format, reader));
  return Complete(reader.Take(), reader.specs());
}

}  // namespace berth::simulate
