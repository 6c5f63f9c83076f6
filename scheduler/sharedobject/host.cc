#include "scheduler/sharedobject/host.h"

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/base/log.h"
#include "scheduler/base/text.h"
#include "scheduler/sharedobject/guard.h"

namespace berth::sharedobject {
namespace {

using cluster::LabelColumn;
using cluster::ResourceId;

// Beyond that many resources, names that a plugin makes up are not taken in any more.
constexpr std::size_t kMaxResources = 4096;

cluster::Cluster& ClusterOf(const berth_cycle* cycle) { return cycle->context.cluster; }
const cluster::PodClass& PodOf(const berth_cycle* cycle) { return cycle->context.pod; }

std::string_view View(berth_string text) {
  return text.size <= BERTH_MAX_TEXT ? std::string_view(text.data, text.size) : std::string_view();
}
berth_string Text(std::string_view text) {
  // Text that is there but empty has an address too.
  return {text.data() == nullptr ? "" : text.data(), text.size()};
}
berth_string TextOf(const cluster::Cluster& cluster, base::Symbol symbol) {
  return symbol == base::kNoSymbol ? berth_string{} : Text(cluster.symbols.Text(symbol));
}
berth_string TextOf(const std::string* text) {
  return text == nullptr ? berth_string{} : Text(*text);
}

bool HasNode(const berth_cycle* cycle, std::uint32_t row) {
  const auto& nodes = ClusterOf(cycle).nodes;
  return row < nodes.rows() && nodes.alive().Test(row);
}

// Plugins ask for these in every call.
std::optional<ResourceId> WellKnown(std::string_view name) {
  if (name == "cpu") return cluster::kCpu;
  if (name == "memory") return cluster::kMemory;
  return std::nullopt;
}

std::optional<ResourceId> ResourceNamed(const berth_cycle* cycle, berth_string name) {
  if (const auto id = WellKnown(View(name))) return id;
  cluster::ResourceNames& resources = ClusterOf(cycle).resources;
  if (resources.size() >= kMaxResources) return std::nullopt;
  const ResourceId id = resources.Intern(View(name));
  if (id == cluster::ResourceNames::kNoResource) return std::nullopt;
  return id;
}

void Log(std::uint32_t severity, berth_string message) {
  const HostSection section;
  const std::string text = base::Printable(View(message));
  if (severity == BERTH_INFO) return base::log::Info(0, "Plugin says", {{"message", text}});
  base::log::Warning("Plugin says", {{"message", text}});
}

berth_nodes Nodes(const berth_cycle* cycle) {
  const auto& nodes = ClusterOf(cycle).nodes;
  return {static_cast<std::uint32_t>(nodes.rows()),
          static_cast<std::uint32_t>(nodes.alive().word_count()), nodes.alive().words(),
          nodes.unschedulable().words()};
}

berth_string NodeName(const berth_cycle* cycle, std::uint32_t row) {
  return HasNode(cycle, row) ? Text(ClusterOf(cycle).nodes.Name(row)) : berth_string{};
}

const std::int64_t* ColumnOf(const berth_cycle* cycle, std::uint32_t column,
                             berth_string resource) {
  const HostSection section;
  const auto& nodes = ClusterOf(cycle).nodes;
  switch (column) {
    case BERTH_ALLOCATABLE:
    case BERTH_REQUESTED: {
      const auto id = ResourceNamed(cycle, resource);
      if (!id) return nullptr;
      return (column == BERTH_ALLOCATABLE ? nodes.allocatable(*id) : nodes.requested(*id)).data();
    }
    case BERTH_PODS_ON_NODE:
      return nodes.pod_count().data();
    case BERTH_PODS_ALLOWED:
      return nodes.allowed_pods().data();
    case BERTH_SCORED_CPU:
      return nodes.non_zero_milli_cpu().data();
    case BERTH_SCORED_MEMORY:
      return nodes.non_zero_memory().data();
    default:
      return nullptr;
  }
}

// A key that nobody has ever used takes no memory: zeros of a wider column stand for it.
const LabelColumn* LabelsNamed(const berth_cycle* cycle, berth_string key) {
  cluster::Cluster& cluster = ClusterOf(cycle);
  const base::Symbol symbol = cluster.symbols.Find(View(key));
  return symbol == base::kNoSymbol ? nullptr : &cluster.nodes.LabelsOf(symbol);
}

berth_label_column LabelColumnOf(const berth_cycle* cycle, berth_string key) {
  const HostSection section;
  const LabelColumn* column = LabelsNamed(cycle, key);
  if (column == nullptr) {
    const void* zeros = ClusterOf(cycle).nodes.zeros().data();
    return {static_cast<const std::uint32_t*>(zeros), 1, nullptr};
  }
  return {column->ids(), static_cast<std::uint32_t>(column->value_count()), column};
}

berth_string LabelValue(const berth_cycle* cycle, const void* column, std::uint32_t id) {
  if (column == nullptr) return {};
  const auto& labels = *static_cast<const LabelColumn*>(column);
  return id < labels.value_count() ? TextOf(ClusterOf(cycle), labels.Value(id)) : berth_string{};
}

berth_string LabelIn(const berth_cycle* cycle, cluster::LabelSetId set, berth_string key) {
  const cluster::Cluster& cluster = ClusterOf(cycle);
  const base::Symbol symbol = cluster.symbols.Find(View(key));
  if (symbol == base::kNoSymbol) return {};
  return TextOf(cluster, cluster.label_sets.Value(set, symbol));
}

berth_string NodeLabel(const berth_cycle* cycle, std::uint32_t row, berth_string key) {
  if (!HasNode(cycle, row)) return {};
  return LabelIn(cycle, ClusterOf(cycle).nodes.LabelSet(row), key);
}

berth_string NodeAnnotation(const berth_cycle* cycle, std::uint32_t row, berth_string key) {
  if (!HasNode(cycle, row)) return {};
  return TextOf(ClusterOf(cycle).nodes.node(row).meta.annotations.Find(View(key)));
}

berth_taint_column TaintColumn(const berth_cycle* cycle) {
  const auto& nodes = ClusterOf(cycle).nodes;
  return {nodes.taint_sets().data(), static_cast<std::uint32_t>(nodes.taint_set_count())};
}

std::int32_t TaintAt(const berth_cycle* cycle, std::uint32_t set, std::uint32_t index,
                     berth_taint* out) {
  const auto& nodes = ClusterOf(cycle).nodes;
  if (set >= nodes.taint_set_count() || index >= nodes.TaintSet(set).size()) return 0;
  const api::Taint& taint = nodes.TaintSet(set)[index];
  static_assert(static_cast<int>(api::TaintEffect::kNoExecute) == BERTH_NO_EXECUTE);
  *out = {Text(taint.key), Text(taint.value), static_cast<std::uint32_t>(taint.effect)};
  return 1;
}

berth_string PodNamespace(const berth_cycle* cycle) {
  return TextOf(ClusterOf(cycle), PodOf(cycle).namespace_name);
}

berth_string PodLabel(const berth_cycle* cycle, berth_string key) {
  return LabelIn(cycle, PodOf(cycle).labels, key);
}

std::uint32_t PodLabelCount(const berth_cycle* cycle) {
  return static_cast<std::uint32_t>(ClusterOf(cycle).LabelsOf(PodOf(cycle)).size());
}

berth_label PodLabelAt(const berth_cycle* cycle, std::uint32_t index) {
  const cluster::Cluster& cluster = ClusterOf(cycle);
  const auto labels = cluster.LabelsOf(PodOf(cycle));
  if (index >= labels.size()) return {};
  return {TextOf(cluster, labels[index].key), TextOf(cluster, labels[index].value)};
}

std::int64_t PodRequest(const berth_cycle* cycle, berth_string resource) {
  const HostSection section;
  const auto id = ResourceNamed(cycle, resource);
  return id ? PodOf(cycle).requests[*id] : 0;
}

std::int32_t PodPriority(const berth_cycle* cycle) { return PodOf(cycle).priority(); }

berth_string PodNodeSelector(const berth_cycle* cycle, berth_string key) {
  const auto& selector = PodOf(cycle).spec->node_selector;
  return selector ? TextOf(selector->Find(View(key))) : berth_string{};
}

berth_string PodControllerKind(const berth_cycle* cycle) {
  const auto& controller = PodOf(cycle).controller;
  return controller.kind.empty() ? berth_string{} : Text(controller.kind);
}

berth_string PodControllerName(const berth_cycle* cycle) {
  const auto& controller = PodOf(cycle).controller;
  return controller.kind.empty() ? berth_string{} : Text(controller.name);
}

berth_string PodName(const berth_cycle* cycle) {
  return cycle->pod == nullptr ? berth_string{} : Text(cycle->pod->meta.name);
}

}  // namespace

const berth_host_v1& Host() {
  static constexpr berth_host_v1 kHost = {
      BERTH_PLUGIN_ABI_VERSION,
      sizeof(berth_host_v1),
      Log,
      Nodes,
      NodeName,
      ColumnOf,
      LabelColumnOf,
      LabelValue,
      NodeLabel,
      NodeAnnotation,
      TaintColumn,
      TaintAt,
      PodNamespace,
      PodLabel,
      PodLabelCount,
      PodLabelAt,
      PodRequest,
      PodPriority,
      PodNodeSelector,
      PodControllerKind,
      PodControllerName,
      PodName,
  };
  return kHost;
}

}  // namespace berth::sharedobject
