#include "scheduler/live/cache_comparer.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "scheduler/base/log.h"

namespace berth::live {

using Names = std::set<std::string>;

namespace {

std::vector<std::string> Without(const Names& all, const Names& known) {
  std::vector<std::string> names;
  std::ranges::set_difference(all, known, std::back_inserter(names));
  return names;
}

std::string NameOf(const api::Pod& pod) { return pod.Key() + " (" + pod.meta.uid + ")"; }

void CompareNodes(const CacheContents& contents, CacheDifferences& differences) {
  Names actual;
  contents.nodes.ForEach([&](const auto& node) { actual.insert(node->meta.name); });
  Names cached;
  const cluster::NodeTable& table = contents.cluster.nodes;
  table.alive().ForEach([&](cluster::NodeIndex row) { cached.insert(table.Name(row)); });
  differences.missed_nodes = Without(actual, cached);
  differences.redundant_nodes = Without(cached, actual);
}

void ComparePods(const CacheContents& contents, CacheDifferences& differences) {
  Names actual;
  Names waiting;
  Names leaving;  // such pods are passed over
  contents.pods.ForEach([&](const auto& pod) {
    if (!pod->node_name.empty()) {
      actual.insert(NameOf(*pod));
    } else if (contents.profiles.Of(*pod) != nullptr) {
      waiting.insert(NameOf(*pod));
      if (pod->meta.deletion_timestamp) leaving.insert(NameOf(*pod));
    }
  });
  Names cached;
  Names assumed;
  contents.pod_cache.ForEach([&](const api::Pod& pod, bool is_assumed) {
    (is_assumed ? assumed : cached).insert(NameOf(pod));
  });
  Names queued;
  contents.queue.Visit(
      [&](queue::QueueName, const queue::QueuedPod& pod) { queued.insert(NameOf(*pod.pod)); });
  Names in_flight;
  contents.queue.VisitInFlight([&](const api::Pod& pod) { in_flight.insert(NameOf(pod)); });
  differences.missed_pods = Without(actual, cached);
  differences.redundant_pods = Without(cached, actual);
  Names known = queued;
  known.insert(assumed.begin(), assumed.end());
  known.insert(in_flight.begin(), in_flight.end());
  known.insert(leaving.begin(), leaving.end());
  differences.missed_waiting_pods = Without(waiting, known);
  differences.redundant_waiting_pods = Without(queued, waiting);
}

// The sums that filters look at, against those of the pods that are there.
void CompareSums(const cluster::Cluster& cluster, CacheDifferences& differences) {
  const cluster::NodeTable& table = cluster.nodes;
  table.alive().ForEach([&](cluster::NodeIndex row) {
    std::vector<std::int64_t> sum(table.resource_count());
    for (const cluster::PodIndex pod : cluster.PodsOn(row)) {
      for (const auto& [id, amount] : cluster.UsageOf(pod).requested) sum[id] += amount;
    }
    bool same = static_cast<std::size_t>(table.pod_count()[row]) == cluster.PodsOn(row).size();
    for (cluster::ResourceId id = 0; id < table.resource_count(); ++id) {
      same &= table.requested(id)[row] == sum[id];
    }
    if (!same) differences.miscounted_nodes.push_back(table.Name(row));
  });
  std::ranges::sort(differences.miscounted_nodes);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

}  // namespace

CacheDifferences CompareCache(const CacheContents& contents) {
  CacheDifferences differences;
  CompareNodes(contents, differences);
  ComparePods(contents, differences);
  CompareSums(contents.cluster, differences);
  return differences;
}

void LogCacheDifferences(const CacheDifferences& differences) {
  base::log::Info(0, "Cache comparer started");
  const auto report = [](const std::vector<std::string>& missed,
                         const std::vector<std::string>& redundant, std::string_view what) {
    if (missed.empty() && redundant.empty()) return;
    base::log::Info(0, "Cache mismatch",
                    {{"of", what}, {"missed", Joined(missed)}, {"redundant", Joined(redundant)}});
  };
  report(differences.missed_nodes, differences.redundant_nodes, "nodes");
  report(differences.missed_pods, differences.redundant_pods, "pods");
  report(differences.missed_waiting_pods, differences.redundant_waiting_pods, "pods that wait");
  if (!differences.miscounted_nodes.empty()) {
    base::log::Info(0, "Cache mismatch",
                    {{"of", "sums"}, {"nodes", Joined(differences.miscounted_nodes)}});
  }
  base::log::Info(0, "Cache comparer finished", {{"equal", differences.empty()}});
}

}  // namespace berth::live
