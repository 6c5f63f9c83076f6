#include "scheduler/live/pod_cache.h"

#include <utility>

namespace berth::live {

void PodCache::Place(Entry& entry) {
  const std::string& node = entry.pod->node_name;
  if (const auto row = cluster_.nodes.Find(node)) {
    entry.index = cluster_.AddPod(entry.pod, *row);
  } else {
    waiting_[node].push_back(entry.pod->meta.uid);
  }
}

void PodCache::Displace(Entry& entry) {
  if (entry.index) {
    cluster_.RemovePod(*entry.index);
    entry.index.reset();
    return;
  }
  const auto it = waiting_.find(entry.pod->node_name);
  if (it == waiting_.end()) return;
  std::erase(it->second, entry.pod->meta.uid);
  if (it->second.empty()) waiting_.erase(it);
}

void PodCache::Set(std::shared_ptr<const api::Pod> pod) {
  Entry& entry = pods_[pod->meta.uid];
  if (entry.pod != nullptr) Displace(entry);
  if (entry.assumed) --assumed_;
  entry.assumed = false;
  entry.pod = std::move(pod);
  Place(entry);
}

void PodCache::Remove(std::string_view uid) {
  const auto it = pods_.find(std::string(uid));
  if (it == pods_.end()) return;
  Displace(it->second);
  if (it->second.assumed) --assumed_;
  pods_.erase(it);
}

bool PodCache::Assume(std::shared_ptr<const api::Pod> pod, const cluster::PodClass& pod_class,
                      cluster::NodeIndex row) {
  const auto [it, is_new] = pods_.try_emplace(pod->meta.uid);
  if (!is_new) return false;
  it->second.pod = pod;
  it->second.assumed = true;
  it->second.index = cluster_.AddPod(std::move(pod), pod_class, row);
  ++assumed_;
  return true;
}

void PodCache::Forget(std::string_view uid) {
  if (IsAssumed(uid)) Remove(uid);
}

bool PodCache::IsAssumed(std::string_view uid) const {
  const auto it = pods_.find(std::string(uid));
  return it != pods_.end() && it->second.assumed;
}

std::shared_ptr<const api::Pod> PodCache::Find(std::string_view uid) const {
  const auto it = pods_.find(std::string(uid));
  return it == pods_.end() ? nullptr : it->second.pod;
}

std::optional<cluster::PodIndex> PodCache::IndexOf(std::string_view uid) const {
  const auto it = pods_.find(std::string(uid));
  return it == pods_.end() ? std::nullopt : it->second.index;
}

void PodCache::NodeAdded(const std::string& name) {
  const auto it = waiting_.find(name);
  if (it == waiting_.end()) return;
  const std::vector<std::string> uids = std::move(it->second);
  waiting_.erase(it);
  for (const std::string& uid : uids) Place(pods_.find(uid)->second);
}

void PodCache::NodeRemoved(const std::string& name) {
  const auto row = cluster_.nodes.Find(name);
  if (!row) return;
  const std::vector<cluster::PodIndex> indices = cluster_.PodsOn(*row);
  for (const cluster::PodIndex index : indices) {
    Entry& entry = pods_.find(cluster_.pod(index).meta.uid)->second;
    Displace(entry);
    waiting_[name].push_back(entry.pod->meta.uid);
  }
}

}  // namespace berth::live
