#include "scheduler/cluster/gpu_devices.h"

#include <algorithm>
#include <bit>

#include "scheduler/api/gpu_names.h"
#include "scheduler/base/check.h"
#include "scheduler/base/log.h"

namespace berth::cluster {
namespace {

std::int64_t AmountOf(const api::Node& node, std::string_view resource) {
  const api::Quantity* amount = node.allocatable.Find(resource);
  return amount == nullptr ? 0 : amount->Value();
}

std::size_t CountOf(const api::Node& node) {
  std::int64_t count = AmountOf(node, api::kGpuResource);
  if (count <= 0) count = AmountOf(node, api::kGpuMilliResource) / kMilliPerGpu;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(count, 0, static_cast<std::int64_t>(kMaxGpusPerNode)));
}

GpuMask Bit(std::size_t device) { return GpuMask{1} << device; }

}  // namespace

// ---- Reading ----

std::span<const std::int32_t> GpuDevices::FreeOn(NodeIndex row) const { return nodes_[row].free; }

base::Symbol GpuDevices::ModelOn(NodeIndex row) const { return nodes_[row].model; }

std::uint32_t GpuDevices::PodsOn(NodeIndex row) const { return nodes_[row].pods; }

std::uint32_t GpuDevices::PodsOn(NodeIndex row, GpuClass gpu_class) const {
  const auto& counts = nodes_[row].pods_by_class;
  return gpu_class < counts.size() ? counts[gpu_class] : 0;
}

bool GpuDevices::Fits(NodeIndex row, const GpuRequest& request) const {
  if (request.is_share()) return largest_free_[row] >= request.milli;
  return whole_free_[row] >= request.devices;
}

GpuMask GpuDevices::TightestFit(NodeIndex row, const GpuRequest& request) const {
  BERTH_DCHECK(Fits(row, request));
  const auto& free = nodes_[row].free;
  if (request.is_share()) {
    std::size_t tightest = free.size();
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (free[i] < request.milli) continue;
      if (tightest == free.size() || free[i] < free[tightest]) tightest = i;
    }
    return Bit(tightest);
  }
  GpuMask devices = 0;
  std::size_t left = request.devices;
  for (std::size_t i = 0; i < free.size() && left > 0; ++i) {
    if (free[i] < kMilliPerGpu) continue;
    devices |= Bit(i);
    --left;
  }
  return devices;
}

GpuMask GpuDevices::DevicesOf(PodIndex pod) const {
  const auto it = assigned_.find(pod);
  return it == assigned_.end() ? 0 : it->second.devices;
}

// ---- Choices ----

void GpuDevices::Choose(std::string_view pod, NodeIndex row, GpuMask devices) {
  choices_.insert_or_assign(std::string(pod), Choice{row, devices});
}

void GpuDevices::DropChoice(std::string_view pod) { choices_.erase(std::string(pod)); }

std::optional<GpuMask> GpuDevices::TakeChoice(std::string_view pod, NodeIndex row) {
  if (choices_.empty()) return std::nullopt;
  const auto it = choices_.find(std::string(pod));
  if (it == choices_.end() || it->second.row != row) return std::nullopt;
  const GpuMask devices = it->second.devices;
  choices_.erase(it);
  return devices;
}

// ---- Nodes ----

void GpuDevices::Resize(std::size_t rows) {
  nodes_.resize(rows);
  for (auto* column : {&count_, &largest_free_, &whole_free_, &total_free_}) column->Resize(rows);
}

base::Symbol GpuDevices::ModelOf(const api::Node& node) const {
  for (const std::string_view label : {api::kGpuModelLabel, api::kGpuProductLabel}) {
    if (const auto* model = node.meta.labels.Find(label)) return symbols_.Intern(*model);
  }
  return base::kNoSymbol;
}

bool GpuDevices::Differs(NodeIndex row, const api::Node& node) const {
  const NodeGpus& gpus = nodes_[row];
  const std::size_t count = CountOf(node);
  if (count == 0 && gpus.free.empty()) return false;
  return count != gpus.free.size() || ModelOf(node) != gpus.model;
}

void GpuDevices::SetNode(NodeIndex row, const api::Node& node) {
  NodeGpus& gpus = nodes_[row];
  BERTH_DCHECK(gpus.pods == 0);
  gpus.free.assign(CountOf(node), static_cast<std::int32_t>(kMilliPerGpu));
  gpus.model = gpus.free.empty() ? base::kNoSymbol : ModelOf(node);
  any_ = any_ || !gpus.free.empty();
  RefreshColumns(row);
  log_.Append(row, kGpuChange);
}

void GpuDevices::RemoveNode(NodeIndex row) {
  BERTH_DCHECK(nodes_[row].pods == 0);
  nodes_[row] = {};
  RefreshColumns(row);
}

void GpuDevices::RefreshColumns(NodeIndex row) {
  const auto& free = nodes_[row].free;
  std::int64_t largest = 0;
  std::int64_t whole = 0;
  std::int64_t total = 0;
  for (const std::int64_t left : free) {
    largest = std::max(largest, left);
    whole += left == kMilliPerGpu ? 1 : 0;
    total += std::max<std::int64_t>(left, 0);
  }
  count_[row] = static_cast<std::int64_t>(free.size());
  largest_free_[row] = largest;
  whole_free_[row] = whole;
  total_free_[row] = total;
}

// ---- Pods ----

// That there are so many of them, and on the node; not that they are free.
bool GpuDevices::IsPossible(NodeIndex row, const GpuRequest& request, GpuMask devices) const {
  return std::popcount(devices) == request.devices &&
         static_cast<std::size_t>(std::bit_width(devices)) <= nodes_[row].free.size();
}

// As many as there are, the emptiest first.
GpuMask GpuDevices::BestEffort(NodeIndex row, const GpuRequest& request) const {
  if (Fits(row, request)) return TightestFit(row, request);
  const auto& free = nodes_[row].free;
  GpuMask devices = 0;
  for (std::size_t taken = 0; taken < std::min<std::size_t>(request.devices, free.size());
       ++taken) {
    std::size_t best = free.size();
    for (std::size_t i = 0; i < free.size(); ++i) {
      if ((devices & Bit(i)) != 0) continue;
      if (best == free.size() || free[i] > free[best]) best = i;
    }
    devices |= Bit(best);
  }
  return devices;
}

// Ordinary where the profile has no GpuShare; with it, a pod that somebody else has bound.
void GpuDevices::WarnOnce(const api::Pod& pod) {
  if (warned_) return;
  warned_ = true;
  base::log::Info(2,
                  "Pod does not tell which GPUs it has; taking the tightest fit for this one and "
                  "all others like it",
                  {{"pod", pod.Key()}, {"annotation", api::kGpuIndexAnnotation}});
}

void GpuDevices::Assign(PodIndex index, const api::Pod& pod, const GpuRequest& request,
                        NodeIndex row) {
  std::optional<GpuMask> devices = TakeChoice(pod.Key(), row);
  if (!devices) {
    if (const auto* text = pod.meta.annotations.Find(api::kGpuIndexAnnotation)) {
      devices = ParseGpuIndex(*text);
    }
  }
  if (!devices || !IsPossible(row, request, *devices)) {
    WarnOnce(pod);
    devices = BestEffort(row, request);
  }
  assigned_.insert_or_assign(index, Assignment{row, request, *devices});
}

void GpuDevices::AssignAgain(PodIndex index) {
  const auto it = assigned_.find(index);
  if (it == assigned_.end()) return;
  Assignment& assignment = it->second;
  if (IsPossible(assignment.row, assignment.request, assignment.devices)) return;
  assignment.devices = BestEffort(assignment.row, assignment.request);
}

void GpuDevices::Apply(PodIndex index, std::int32_t sign) {
  const auto it = assigned_.find(index);
  if (it == assigned_.end()) return;
  const auto& [row, request, devices] = it->second;
  NodeGpus& gpus = nodes_[row];
  for (GpuMask left = devices; left != 0; left &= left - 1) {
    gpus.free[static_cast<std::size_t>(std::countr_zero(left))] += sign * request.milli;
  }
  const GpuClass gpu_class = ClassOf(request);
  if (gpu_class >= gpus.pods_by_class.size()) gpus.pods_by_class.resize(gpu_class + 1);
  if (sign < 0) {
    ++gpus.pods;
    ++gpus.pods_by_class[gpu_class];
  } else {
    --gpus.pods;
    --gpus.pods_by_class[gpu_class];
  }
  RefreshColumns(row);
  log_.Append(row, kGpuChange);
}

}  // namespace berth::cluster
