#include "scheduler/simulate/json_output.h"

#include <nlohmann/json.hpp>

#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/virtual_time.h"

namespace berth::simulate {
namespace {

using Json = nlohmann::ordered_json;  // members in the order in which they are written here

Json PodsOf(const Summary& summary) {
  const VerdictCounts& counts = summary.counts;
  return {{"total", counts.Total()},
          {"placed", counts.placed},
          {"unschedulable", counts.unschedulable},
          {"gated", counts.gated},
          {"notTried", counts.not_tried},
          {"otherScheduler", counts.other_scheduler},
          {"evicted", summary.evictions.size()}};
}

Json NodesOf(const Summary& summary) {
  const auto total = static_cast<std::int64_t>(summary.nodes.size());
  const std::int64_t used = UsedNodes(summary);
  return {{"total", total}, {"used", used}, {"empty", total - used}};
}

Json UtilizationListOf(const Summary& summary) {
  Json list = Json::array();
  for (const Utilization& use : UtilizationOf(summary)) {
    list.push_back({{"resource", use.resource},
                    {"unit", UnitOf(use.resource)},
                    {"requested", use.requested},
                    {"allocatable", use.allocatable},
                    {"nodes", use.nodes},
                    {"mean", use.mean},
                    {"min", use.min},
                    {"max", use.max},
                    {"standardDeviation", use.standard_deviation}});
  }
  return list;
}

Json FailuresOf(const Summary& summary) {
  Json list = Json::array();
  for (const FailureCount& count : SortedFailureCounts(summary)) {
    list.push_back({{"plugin", count.plugin},
                    {"reason", count.reason},
                    {"pods", count.pods},
                    {"nodes", count.nodes}});
  }
  return list;
}

double SecondsOf(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

Json TimeOf(const VirtualTime& time) {
  const TimeFigures figures = FiguresOf(time);
  const Latency& waiting = figures.waiting;
  Json uses = Json::array();
  for (const auto& [resource, mean, peak] : figures.uses) {
    uses.push_back({{"resource", resource}, {"mean", mean}, {"peak", peak}});
  }
  return {{"begin", time.begin},
          {"makespanSeconds", SecondsOf(figures.makespan)},
          {"arrived", figures.last.arrived},
          {"running", figures.last.running},
          {"pending", figures.last.pending},
          {"finished", figures.last.finished},
          {"lost", figures.last.lost},
          {"waitingSeconds",
           {{"pods", figures.ran},
            {"p50", SecondsOf(waiting.p50_nanoseconds)},
            {"p90", SecondsOf(waiting.p90_nanoseconds)},
            {"p99", SecondsOf(waiting.p99_nanoseconds)},
            {"max", SecondsOf(waiting.max_nanoseconds)}}},
          {"mostPending",
           {{"pods", figures.most_pending}, {"atSeconds", SecondsOf(figures.most_pending_at)}}},
          {"mostNodesUsed", figures.most_nodes_used},
          {"allocation", std::move(uses)}};
}

Json TimingsOf(const Timings& timings) {
  const Latency& latency = timings.latency;
  return {{"loadSeconds", timings.load_seconds},
          {"scheduleSeconds", timings.schedule_seconds},
          {"decisions", timings.decisions},
          {"podsPerSecond", timings.PodsPerSecond()},
          {"decisionLatencyNanoseconds",
           {{"p50", latency.p50_nanoseconds},
            {"p90", latency.p90_nanoseconds},
            {"p99", latency.p99_nanoseconds},
            {"max", latency.max_nanoseconds}}}};
}

}  // namespace

std::string JsonOutput(const Summary& summary) {
  Json document = {{"schemaVersion", kSummarySchemaVersion},
                   {"interrupted", summary.interrupted},
                   {"pods", PodsOf(summary)},
                   {"nodes", NodesOf(summary)},
                   {"utilization", UtilizationListOf(summary)},
                   {"failures", FailuresOf(summary)}};
  if (summary.time != nullptr) document["time"] = TimeOf(*summary.time);
  document["timings"] = TimingsOf(summary.timings);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace berth::simulate
