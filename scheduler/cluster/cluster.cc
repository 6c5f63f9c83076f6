#include "scheduler/cluster/cluster.h"

#include <algorithm>

#include "scheduler/base/check.h"

namespace berth::cluster {

Cluster::Cluster() = default;

NodeIndex Cluster::AddNode(std::shared_ptr<const api::Node> node) {
  order.Add(*node);
  const NodeIndex row = nodes.Add(node);
  images.Resize(nodes.rows());
  host_ports.Resize(nodes.rows());
  counters.Resize(nodes.rows());
  storage.Resize(nodes.rows());
  storage.NodeChanged(row);
  gpus.Resize(nodes.rows());
  if (gpus.Differs(row, *node)) gpus.SetNode(row, *node);
  pods_on_.resize(nodes.rows());
  pods_versions_.resize(nodes.rows());
  images.SetNode(row, node->images);
  return row;
}

void Cluster::UpdateNode(NodeIndex row, std::shared_ptr<const api::Node> node) {
  order.Update(nodes.node(row), *node);
  if (nodes.node(row).images != node->images) images.SetNode(row, node->images);
  if (gpus.Differs(row, *node)) ChangeGpus(row, *node);
  nodes.Update(row, std::move(node));
}

// Pods keep their GPUs where those are still there.
void Cluster::ChangeGpus(NodeIndex row, const api::Node& node) {
  for (const PodIndex pod : pods_on_[row]) gpus.GiveBack(pod);
  gpus.SetNode(row, node);
  for (const PodIndex pod : pods_on_[row]) {
    gpus.AssignAgain(pod);
    gpus.Take(pod);
  }
}

void Cluster::RemoveNode(NodeIndex row) {
  while (!pods_on_[row].empty()) RemovePod(pods_on_[row].back());
  order.Remove(nodes.node(row));
  images.SetNode(row, {});
  gpus.RemoveNode(row);
  nodes.Remove(row);
  storage.NodeChanged(row);
}

PodIndex Cluster::TakeIndex() {
  if (!free_pods_.empty()) {
    const PodIndex index = free_pods_.back();
    free_pods_.pop_back();
    return index;
  }
  pods_.emplace_back();
  return static_cast<PodIndex>(pods_.size() - 1);
}

const NodeUsage& Cluster::UsageOf(PodIndex index) const {
  const auto it = own_usage_.find(index);
  return it == own_usage_.end() ? pods_[index].pod_class->usage : it->second;
}

PodKindId Cluster::KindOf(const PodClass& pod_class, bool terminating) {
  const PodKind kind{pod_class.namespace_name, pod_class.labels, terminating};
  if (terminating) return counters.KindOf(kind);
  if (pod_class.id >= kinds_.size()) kinds_.resize(2 * pod_class.id + 1);
  auto& known = kinds_[pod_class.id];
  if (!known) known = counters.KindOf(kind);
  return *known;
}

PodIndex Cluster::AddPod(std::shared_ptr<const api::Pod> pod, NodeIndex row) {
  const PodClass& pod_class = classes.ClassOfPlaced(*pod);
  return AddPod(std::move(pod), pod_class, row);
}

PodIndex Cluster::AddPod(std::shared_ptr<const api::Pod> pod, const PodClass& pod_class,
                         NodeIndex row) {
  BERTH_CHECK(nodes.alive().Test(row));
  const PodIndex index = TakeIndex();
  const api::PodStatus& status = pod->status;
  if (!status.container_resources.empty() || status.pod_resources) {
    NodeUsage usage = cluster::UsageOf(*pod->spec, &status, resources);
    if (usage != pod_class.usage) own_usage_.emplace(index, std::move(usage));
  }
  if (pod_class.gpu.any()) gpus.Assign(index, *pod, pod_class.gpu, row);
  const PodKindId kind = KindOf(pod_class, pod->meta.deletion_timestamp.has_value());
  groups.CountPlaced(*pod, 1);
  pods_[index] = {std::move(pod), &pod_class, row, static_cast<std::uint32_t>(pods_on_[row].size()),
                  kind};
  pods_on_[row].push_back(index);
  ++pods_versions_[row];
  ++pod_count_;
  Resume(index);
  return index;
}

void Cluster::Resume(PodIndex index) {
  const PodRecord& record = pods_[index];
  const PodClass& pod_class = *record.pod_class;
  const NodeIndex row = record.node;
  nodes.AddUsage(row, UsageOf(index));
  counters.AddPod(record.kind, row);
  terms.AddPod(pod_class.carried_terms, row);
  if (!pod_class.host_ports.empty()) {
    host_ports.Add(row, pod_class.host_ports);
    log.Append(row, kHostPortChange);
  }
  if (pod_class.gpu.any()) gpus.Take(index);
  if (pod_class.volumes != nullptr) storage.AddPod(row, *pod_class.volumes);
}

void Cluster::Suspend(PodIndex index) {
  const PodRecord& record = pods_[index];
  const NodeIndex row = record.node;
  nodes.RemoveUsage(row, UsageOf(index));
  counters.RemovePod(record.kind, row);
  terms.RemovePod(record.pod_class->carried_terms, row);
  if (!record.pod_class->host_ports.empty()) {
    host_ports.Remove(row, record.pod_class->host_ports);
    log.Append(row, kHostPortChange);
  }
  if (record.pod_class->gpu.any()) gpus.GiveBack(index);
  if (record.pod_class->volumes != nullptr) storage.RemovePod(row, *record.pod_class->volumes);
}

void Cluster::RemovePod(PodIndex index) {
  Suspend(index);
  PodRecord& record = pods_[index];
  groups.CountPlaced(*record.pod, -1);
  own_usage_.erase(index);
  if (record.pod_class->gpu.any()) gpus.Forget(index);
  auto& on_node = pods_on_[record.node];
  ++pods_versions_[record.node];
  on_node[record.position] = on_node.back();
  pods_[on_node.back()].position = record.position;
  on_node.pop_back();
  record = {};
  free_pods_.push_back(index);
  --pod_count_;
}

void Cluster::SetNamespace(const api::Namespace& object) {
  const Symbol name = symbols.Intern(object.meta.name);
  if (std::ranges::find(namespaces_, name) == namespaces_.end()) namespaces_.push_back(name);
  terms.SetNamespaceLabels(name, label_sets.Intern(object.meta.labels));
  ++namespace_version_;
}

void Cluster::RemoveNamespace(const std::string& name) {
  const Symbol symbol = symbols.Intern(name);
  std::erase(namespaces_, symbol);
  terms.SetNamespaceLabels(symbol, kNoLabels);
  ++namespace_version_;
}

void Cluster::BeginCycle() {
  order.Refresh(nodes);
  RecountImages();
  if (node_count_at_cycle_start_ != nodes.node_count()) {
    // What an image is worth depends on the number of nodes, too.
    nodes.alive().ForEach([&](NodeIndex row) {
      if (!images.Of(row).empty()) log.Append(row, kImageChange);
    });
    node_count_at_cycle_start_ = nodes.node_count();
  }
  if (gpus.any() && typical_gpu_pods.Refresh(classes, symbols)) {
    nodes.alive().ForEach([&](NodeIndex row) {
      if (gpus.count()[row] > 0) log.Append(row, kGpuChange);
    });
  }
  cycle_start_ = log.end();
}

void Cluster::RecountImages() {
  std::vector<NodeIndex> recounted;
  const auto recount = [&](NodeIndex row) {
    if (images.Recount(row)) recounted.push_back(row);
  };
  if (log.Covers(cycle_start_)) {
    log.ForEachSince(cycle_start_, [&](const ChangeLog::Change& change) { recount(change.node); });
  } else {
    for (NodeIndex row = 0; row < nodes.rows(); ++row) recount(row);
  }
  for (const NodeIndex row : recounted) log.Append(row, kImageChange);
}

}  // namespace berth::cluster
