#include "scheduler/live/debug_answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scheduler/explain/explain.h"
#include "scheduler/explain/json_output.h"
#include "scheduler/live/cache_comparer.h"

namespace berth::live {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t kExplainedNodes = 10;

std::string Dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json NodeJson(const cluster::Cluster& cluster, cluster::NodeIndex row) {
  const cluster::NodeTable& table = cluster.nodes;
  ordered_json requested = ordered_json::object();
  ordered_json allocatable = ordered_json::object();
  for (cluster::ResourceId id = 0; id < table.resource_count(); ++id) {
    if (table.allocatable(id)[row] == 0 && table.requested(id)[row] == 0) continue;
    const std::string name(cluster.resources.Name(id));
    requested[name] = table.requested(id)[row];
    allocatable[name] = table.allocatable(id)[row];
  }
  return {{"name", table.Name(row)},
          {"pods", table.pod_count()[row]},
          {"requested", std::move(requested)},
          {"allocatable", std::move(allocatable)}};
}

ordered_json DifferencesJson(const CacheDifferences& differences) {
  return {{"equal", differences.empty()},
          {"missedNodes", differences.missed_nodes},
          {"redundantNodes", differences.redundant_nodes},
          {"missedPods", differences.missed_pods},
          {"redundantPods", differences.redundant_pods},
          {"missedWaitingPods", differences.missed_waiting_pods},
          {"redundantWaitingPods", differences.redundant_waiting_pods},
          {"miscountedNodes", differences.miscounted_nodes}};
}

ordered_json QueuedJson(const queue::QueuedPod& queued) {
  ordered_json json = {
      {"pod", queued.pod->Key()}, {"uid", queued.pod->meta.uid}, {"attempts", queued.attempts}};
  if (!queued.rejectors.unschedulable.empty()) {
    json["unschedulablePlugins"] = queued.rejectors.unschedulable;
  }
  if (!queued.rejectors.pending.empty()) json["pendingPlugins"] = queued.rejectors.pending;
  if (queued.gated()) json["gatingPlugin"] = queued.gating_plugin;
  return json;
}

}  // namespace

std::string DebugCache(Scheduler& scheduler) {
  const cluster::Cluster& cluster = scheduler.cluster();
  ordered_json nodes = ordered_json::array();
  cluster.nodes.alive().ForEach(
      [&](cluster::NodeIndex row) { nodes.push_back(NodeJson(cluster, row)); });
  std::vector<std::string> assumed;
  scheduler.pods().ForEach([&](const api::Pod& pod, bool is_assumed) {
    if (is_assumed) assumed.push_back(pod.Key());
  });
  std::ranges::sort(assumed);
  return Dump({{"comparison", DifferencesJson(CompareCache(scheduler.contents()))},
               {"pods", scheduler.pods().size()},
               {"assumedPods", std::move(assumed)},
               {"nodes", std::move(nodes)}});
}

std::string DebugQueue(const Scheduler& scheduler) {
  ordered_json queues = {{"active", ordered_json::array()},
                         {"backoff", ordered_json::array()},
                         {"unschedulable", ordered_json::array()},
                         {"gated", ordered_json::array()}};
  scheduler.queue().Visit([&](queue::QueueName name, const queue::QueuedPod& queued) {
    queues[std::string(queue::Name(name))].push_back(QueuedJson(queued));
  });
  ordered_json in_flight = ordered_json::array();
  scheduler.queue().VisitInFlight([&](const api::Pod& pod) { in_flight.push_back(pod.Key()); });
  queues["inFlight"] = std::move(in_flight);
  queues["bindings"] = scheduler.bindings_in_flight();
  return Dump(queues);
}

base::Result<std::string> DebugExplain(Scheduler& scheduler, std::string_view pod,
                                       const cycle::AlgorithmOptions& algorithm) {
  auto object = scheduler.pod_store().Find(std::string(pod));
  if (object == nullptr) return base::Fail("pod \"" + std::string(pod) + "\" not found");
  framework::ProfileRuntime* profile = scheduler.profiles().Of(*object);
  if (profile == nullptr) {
    return base::Fail("no profile serves schedulerName \"" + object->spec->scheduler_name + "\"");
  }
  explain::Question question{object, scheduler.pods().IndexOf(object->meta.uid), {}, algorithm};
  question.algorithm.extenders = scheduler.extenders();
  return explain::JsonOutput(explain::Explain(question, scheduler.cluster(), *profile),
                             kExplainedNodes);
}

}  // namespace berth::live
