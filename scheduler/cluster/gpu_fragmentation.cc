#include "scheduler/cluster/gpu_fragmentation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "scheduler/api/gpu_names.h"
#include "scheduler/base/wrapping.h"

namespace berth::cluster {
namespace {

// How many of a hundred pods the learned shapes cover.
constexpr std::int64_t kCoveredPercent = 95;
// Distinct amounts of one GPU: 1 to 1000 thousandths.
constexpr std::size_t kMaxLevels = 1000;

// ---- Which models a pod may have ----

using Models = std::optional<std::vector<base::Symbol>>;  // nothing: any

std::vector<base::Symbol> Sorted(std::vector<base::Symbol> models) {
  std::ranges::sort(models);
  models.erase(std::ranges::unique(models).begin(), models.end());
  return models;
}

void Narrow(Models& models, std::vector<base::Symbol> others) {
  others = Sorted(std::move(others));
  if (!models) {
    models = std::move(others);
    return;
  }
  std::erase_if(*models,
                [&](base::Symbol model) { return !std::ranges::binary_search(others, model); });
}

bool IsModelLabel(std::string_view key) {
  return key == api::kGpuModelLabel || key == api::kGpuProductLabel;
}

Models ModelsOf(const api::NodeSelectorTerm& term, base::Interner& symbols) {
  Models models;
  for (const api::Requirement& requirement : term.match_expressions) {
    if (requirement.op != api::SelectorOperator::kIn || !IsModelLabel(requirement.key)) continue;
    std::vector<base::Symbol> values;
    for (const auto& value : requirement.values) values.push_back(symbols.Intern(value));
    Narrow(models, std::move(values));
  }
  return models;
}

// Of all terms together, each of which is enough; nothing if one leaves every model.
Models ModelsOf(const api::NodeSelector& selector, base::Interner& symbols) {
  std::vector<base::Symbol> all;
  for (const auto& term : selector.terms) {
    const Models models = ModelsOf(term, symbols);
    if (!models) return std::nullopt;
    all.insert(all.end(), models->begin(), models->end());
  }
  return Sorted(std::move(all));
}

// ---- Fragmentation ----

std::int64_t CpuFree(const NodeTable& nodes, NodeIndex row) {
  return base::WrapSub(nodes.allocatable(kCpu)[row], nodes.requested(kCpu)[row]);
}

bool MayUse(const GpuShape& shape, base::Symbol model) {
  return shape.models.empty() || std::ranges::binary_search(shape.models, model);
}

}  // namespace

std::vector<base::Symbol> GpuModelsOf(const api::PodSpec& spec, base::Interner& symbols) {
  Models models;
  if (spec.node_selector) {
    for (const auto& [key, value] : *spec.node_selector) {
      if (IsModelLabel(key)) Narrow(models, {symbols.Intern(value)});
    }
  }
  if (spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required) {
    if (auto own = ModelsOf(*spec.affinity->node_affinity->required, symbols)) {
      Narrow(models, *std::move(own));
    }
  }
  if (!models) return {};
  constexpr base::Symbol kNoModelThereIs = base::kNoSymbol - 1;
  if (models->empty()) return {kNoModelThereIs};
  return *std::move(models);
}

std::vector<GpuShape> LearnGpuShapes(const PodClasses& classes, base::Interner& symbols) {
  using Key = std::tuple<std::int64_t, std::uint16_t, std::uint16_t, std::vector<base::Symbol>>;
  std::map<Key, std::int64_t> counts;
  std::int64_t all = 0;
  classes.ForEach([&](const PodClass& pod) {
    const std::int64_t asked = classes.PodsAsked(pod);
    counts[{pod.requests[kCpu], pod.gpu.devices, pod.gpu.milli, GpuModelsOf(*pod.spec, symbols)}] +=
        asked;
    all += asked;
  });
  std::vector<GpuShape> shapes;
  for (const auto& [key, count] : counts) {
    const auto& [milli_cpu, devices, milli, models] = key;
    shapes.push_back({milli_cpu, {devices, milli}, models, count});
  }
  std::ranges::stable_sort(shapes, std::ranges::greater(), &GpuShape::weight);
  std::int64_t covered = 0;
  std::size_t kept = 0;
  while (kept < shapes.size() && covered * 100 < all * kCoveredPercent) {
    covered += shapes[kept++].weight;
  }
  shapes.resize(kept);
  return shapes;
}

GpuFragmentation::GpuFragmentation(std::span<const GpuShape> shapes) {
  std::vector<base::Symbol> models;
  for (const GpuShape& shape : shapes) {
    weight_ += shape.weight;
    if (shape.gpu.any()) levels_.push_back(shape.gpu.milli);
    models.insert(models.end(), shape.models.begin(), shape.models.end());
  }
  std::ranges::sort(levels_);
  levels_.erase(std::ranges::unique(levels_).begin(), levels_.end());
  any_ = TableFor(shapes, base::kNoSymbol);
  for (const base::Symbol model : Sorted(std::move(models))) {
    tables_.push_back({model, TableFor(shapes, model)});
  }
}

GpuFragmentation::Table GpuFragmentation::TableFor(std::span<const GpuShape> shapes,
                                                   base::Symbol model) const {
  Table table;
  std::vector<const GpuShape*> allowed;
  for (const GpuShape& shape : shapes) {
    if (shape.gpu.any() && MayUse(shape, model)) {
      allowed.push_back(&shape);
    } else {
      table.barred_weight += shape.weight;
    }
  }
  std::ranges::stable_sort(allowed, {}, &GpuShape::milli_cpu);
  for (const GpuShape* shape : allowed) {
    const auto level = std::ranges::lower_bound(levels_, shape->gpu.milli) - levels_.begin();
    table.milli_cpu.push_back(shape->milli_cpu);
    table.devices.push_back(shape->gpu.devices);
    table.level.push_back(static_cast<std::uint16_t>(level));
    table.weight.push_back(shape->weight);
  }
  table.weight_from.assign(allowed.size() + 1, 0);
  for (std::size_t i = allowed.size(); i-- > 0;) {
    table.weight_from[i] = table.weight_from[i + 1] + table.weight[i];
  }
  return table;
}

const GpuFragmentation::Table& GpuFragmentation::TableOf(base::Symbol model) const {
  const auto it = std::ranges::find(tables_, model, &ModelTable::model);
  return it == tables_.end() ? any_ : it->table;
}

std::int64_t GpuFragmentation::Sum(const Table& table, std::span<const std::int32_t> free,
                                   std::int64_t cpu_free) const {
  std::int64_t total = 0;
  for (const std::int32_t left : free) total += std::max(left, 0);
  if (total == 0) return 0;
  // For each level: how many GPUs have so much left, and what those with less have together.
  std::array<std::uint16_t, kMaxLevels> enough;
  std::array<std::int32_t, kMaxLevels> useless;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    const std::int32_t level = levels_[i];
    std::int32_t count = 0;
    std::int32_t below = 0;
    for (const std::int32_t left : free) {
      count += left >= level ? 1 : 0;
      below += left >= level ? 0 : std::max(left, 0);
    }
    enough[i] = static_cast<std::uint16_t>(count);
    useless[i] = below;
  }
  const auto with_cpu = static_cast<std::size_t>(
      std::ranges::upper_bound(table.milli_cpu, cpu_free) - table.milli_cpu.begin());
  std::int64_t sum = (table.barred_weight + table.weight_from[with_cpu]) * total;
  for (std::size_t i = 0; i < with_cpu; ++i) {
    const std::size_t level = table.level[i];
    sum += table.weight[i] * (enough[level] >= table.devices[i] ? useless[level] : total);
  }
  return sum;
}

std::int64_t GpuFragmentation::Of(const GpuDevices& gpus, const NodeTable& nodes,
                                  NodeIndex row) const {
  if (gpus.total_free()[row] == 0) return 0;
  return Sum(TableOf(gpus.ModelOn(row)), gpus.FreeOn(row), CpuFree(nodes, row));
}

GpuFragmentationChange GpuFragmentation::Placing(const GpuDevices& gpus, const NodeTable& nodes,
                                                 NodeIndex row, std::int64_t milli_cpu,
                                                 const GpuRequest& request) const {
  if (gpus.total_free()[row] == 0) return {};
  const Table& table = TableOf(gpus.ModelOn(row));
  const std::span<const std::int32_t> now = gpus.FreeOn(row);
  const std::int64_t cpu_free = CpuFree(nodes, row);
  const std::int64_t cpu_left = base::WrapSub(cpu_free, milli_cpu);
  std::array<std::int32_t, kMaxGpusPerNode> free;
  std::ranges::copy(now, free.begin());
  const std::span<std::int32_t> later(free.data(), now.size());

  GpuFragmentationChange change{Sum(table, now, cpu_free), 0, 0};
  if (!request.is_share()) {
    if (request.any()) change.devices = gpus.TightestFit(row, request);
    for (GpuMask left = change.devices; left != 0; left &= left - 1) {
      later[static_cast<std::size_t>(std::countr_zero(left))] -= request.milli;
    }
    change.after = Sum(table, later, cpu_left);
    return change;
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] < request.milli) continue;
    // GPUs with as much left are alike: the first one stands for all.
    if (std::ranges::find(now.first(i), now[i]) != now.first(i).end()) continue;
    later[i] -= request.milli;
    const std::int64_t after = Sum(table, later, cpu_left);
    later[i] = now[i];
    if (change.devices != 0 && after >= change.after) continue;
    change.after = after;
    change.devices = GpuMask{1} << i;
  }
  return change;
}

bool TypicalGpuPods::Refresh(const PodClasses& classes, base::Interner& symbols) {
  if (classes.all_asked() < next_at_) return false;
  next_at_ = 2 * classes.all_asked();
  fragmentation_ = GpuFragmentation(LearnGpuShapes(classes, symbols));
  return true;
}

}  // namespace berth::cluster
