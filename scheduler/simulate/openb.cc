#include "scheduler/simulate/openb.h"

#include <array>
#include <utility>
#include <vector>

#include "scheduler/api/time_names.h"
#include "scheduler/simulate/csv.h"

namespace berth::simulate {
namespace {

using api::Node;
using api::Pod;
using api::PodSpec;
using api::Quantity;
using base::Fail;
using base::Result;

constexpr std::string_view kHostnameLabel = "kubernetes.io/hostname";
constexpr std::string_view kNamespace = "default";
constexpr std::int64_t kPodsPerNode = 1001;
constexpr std::int64_t kMilliPerGpu = 1000;
constexpr std::int64_t kBytesPerMib = std::int64_t{1} << 20;

// Beyond any machine; keeps sums far from the ends of int64.
constexpr std::int64_t kMaxMilliCpu = 1'000'000'000;
constexpr std::int64_t kMaxMib = 1'000'000'000;
constexpr std::int64_t kMaxGpus = 1024;

constexpr std::array<std::string_view, 4> kNodeColumns = {"sn", "cpu_milli", "memory_mib", "gpu"};
constexpr std::array<std::string_view, 5> kPodColumns = {"name", "cpu_milli", "memory_mib",
                                                         "num_gpu", "gpu_milli"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kAnnotations = {{
    {"num_gpu", api::kGpuCountAnnotation},
    {"gpu_milli", api::kGpuMilliAnnotation},
    {"qos", "alibabacloud.com/qos"},
    {"pod_phase", "alibabacloud.com/pod-phase"},
    {"creation_time", api::kCreationTimeAnnotation},
    {"deletion_time", api::kDeletionTimeAnnotation},
    {"scheduled_time", api::kScheduledTimeAnnotation},
}};

template <std::size_t N>
bool HasColumns(const CsvTable& table, const std::array<std::string_view, N>& columns) {
  for (const std::string_view column : columns) {
    if (!table.HasColumn(column)) return false;
  }
  return true;
}

Result<Node> MakeNode(const CsvTable& table) {
  BERTH_ASSIGN(std::string name, table.Required("sn"));
  BERTH_ASSIGN(const std::int64_t cpu, table.Integer("cpu_milli", kMaxMilliCpu));
  BERTH_ASSIGN(const std::int64_t mib, table.Integer("memory_mib", kMaxMib));
  BERTH_ASSIGN(const std::int64_t gpus, table.Integer("gpu", kMaxGpus));
  Node node;
  node.meta.labels[kHostnameLabel] = name;
  const std::string_view model = table.Text("model");
  if (!model.empty()) node.meta.labels[kGpuModelLabel] = model;
  node.meta.name = std::move(name);
  node.capacity["cpu"] = Quantity::FromMilli(cpu);
  node.capacity["memory"] = Quantity::FromValue(mib * kBytesPerMib);
  node.capacity["pods"] = Quantity::FromValue(kPodsPerNode);
  if (gpus > 0) {
    node.capacity[kGpuResource] = Quantity::FromValue(gpus);
    node.capacity[kGpuMilliResource] = Quantity::FromValue(gpus * kMilliPerGpu);
  }
  node.allocatable = node.capacity;
  return node;
}

// "A|B" as a required node affinity.
api::Affinity ModelAffinity(std::string_view models) {
  api::Requirement requirement;
  requirement.key = kGpuModelLabel;
  while (true) {
    const auto bar = models.find('|');
    requirement.values.emplace_back(models.substr(0, bar));
    if (bar == std::string_view::npos) break;
    models.remove_prefix(bar + 1);
  }
  api::NodeSelectorTerm term;
  term.match_expressions.push_back(std::move(requirement));
  api::Affinity affinity;
  affinity.node_affinity.emplace().required = api::NodeSelector{{std::move(term)}};
  return affinity;
}

Result<PodSpec> MakeSpec(const CsvTable& table) {
  BERTH_ASSIGN(const std::int64_t cpu, table.Integer("cpu_milli", kMaxMilliCpu));
  BERTH_ASSIGN(const std::int64_t mib, table.Integer("memory_mib", kMaxMib));
  BERTH_ASSIGN(const std::int64_t gpus, table.Integer("num_gpu", kMaxGpus));
  BERTH_ASSIGN(const std::int64_t milli, table.Integer("gpu_milli", kMilliPerGpu));
  const bool whole = milli == kMilliPerGpu;
  if (gpus > 1 && !whole) {
    return std::unexpected(table.ErrorAt("gpu_milli", "must be 1000 with more than one GPU"));
  }
  PodSpec spec;
  api::Container& container = spec.containers.emplace_back();
  container.name = "main";
  api::ResourceList& requests = container.resources.requests;
  requests["cpu"] = Quantity::FromMilli(cpu);
  requests["memory"] = Quantity::FromValue(mib * kBytesPerMib);
  if (gpus > 0) {
    requests[kGpuMilliResource] = Quantity::FromValue(gpus * milli);
    if (whole) requests[kGpuResource] = Quantity::FromValue(gpus);
  }
  const std::string_view models = table.Text("gpu_spec");
  if (!models.empty()) spec.affinity = ModelAffinity(models);
  return spec;
}

Result<Pod> MakePod(const CsvTable& table, api::PodSpecTable& specs) {
  Pod pod;
  BERTH_ASSIGN(pod.meta.name, table.Required("name"));
  pod.meta.namespace_name = kNamespace;
  for (const auto& [column, annotation] : kAnnotations) {
    const std::string_view text = table.Text(column);
    if (!text.empty()) pod.meta.annotations[annotation] = text;
  }
  BERTH_ASSIGN(PodSpec spec, MakeSpec(table));
  pod.spec = specs.Intern(std::move(spec));
  pod.status.phase = "Pending";
  return pod;
}

Result<void> ReadTable(CsvTable& table, api::Reader& reader) {
  const bool nodes = HasColumns(table, kNodeColumns);
  if (!nodes && !HasColumns(table, kPodColumns)) {
    return Fail("line 1: not the header of an openb table of nodes or pods");
  }
  while (true) {
    BERTH_ASSIGN(const bool more, table.Next());
    if (!more) return {};
    if (nodes) {
      BERTH_ASSIGN(Node node, MakeNode(table));
      reader.Add(std::move(node));
    } else {
      BERTH_ASSIGN(Pod pod, MakePod(table, reader.specs()));
      reader.Add(std::move(pod));
    }
  }
}

}  // namespace

bool LooksLikeOpenb(std::string_view text) {
  const CsvTable table(text.substr(0, text.find('\n')));
  return HasColumns(table, kNodeColumns) || HasColumns(table, kPodColumns);
}

Result<void> ReadOpenb(std::string_view text, const std::string& source, api::Reader& reader) {
  reader.StartSource(source);
  CsvTable table(text);
  auto read = ReadTable(table, reader);
  if (!read) return std::unexpected(read.error().Within(source));
  return {};
}

}  // namespace berth::simulate
