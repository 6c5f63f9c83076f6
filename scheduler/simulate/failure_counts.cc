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
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      const std::size_t count = nodes.Count();
      for (const auto reason : status.reasons) Add(plugin, reason, count);
    }
  }
  const std::size_t absent = diagnosis.all_nodes - diagnosis.rejected_count;
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
