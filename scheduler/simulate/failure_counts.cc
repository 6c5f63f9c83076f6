#include "scheduler/simulate/failure_counts.h"

namespace berth::simulate {

void FailureCounts::Add(std::string_view plugin, std::string_view reason, std::size_t nodes) {
  Count& count = counts_[{std::string(plugin), std::string(reason)}];
  count.nodes += static_cast<std::int64_t>(nodes);
  if (count.last_pod != pod_) ++count.pods;
  count.last_pod = pod_;
}

void FailureCounts::Add(const cycle::Diagnosis& diagnosis) {
  ++pod_;
  if (diagnosis.all_nodes == 0) return Add("", "no nodes available to schedule pods", 0);
  if (!diagnosis.prefilter.ok()) {
    return Add(diagnosis.prefilter_plugin, diagnosis.prefilter.Message(), diagnosis.all_nodes);
  }
  // Thousands of nodes share a handful of reasons: count first, then look names up.
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> nodes;
  for (const auto& rejected : diagnosis.rejected) {
    for (const auto reason : rejected.status.reasons) ++nodes[{rejected.plugin, reason}];
  }
  for (const auto& [name, count] : nodes) Add(name.first, name.second, count);
  const std::size_t absent = diagnosis.all_nodes - diagnosis.rejected.size();
  if (absent == 0) return;
  for (const auto& reason : diagnosis.absent.reasons) {
    Add(diagnosis.absent_plugin, reason, absent);
  }
}

std::vector<FailureCount> FailureCounts::Take() const {
  std::vector<FailureCount> rows;
  for (const auto& [name, count] : counts_) {
    rows.push_back({name.first, name.second, count.pods, count.nodes});
  }
  return rows;
}

}  // namespace berth::simulate
