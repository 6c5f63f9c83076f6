#include "scheduler/cycle/diagnosis.h"

#include <algorithm>
#include <map>

namespace berth::cycle {
namespace {

// "COUNT REASON" for each reason, sorted as text (so "10 x" comes before "2 x"), joined by ", ".
std::string Histogram(const std::map<std::string_view, std::size_t>& counts) {
  std::vector<std::string> entries;
  for (const auto& [reason, count] : counts) {
    entries.push_back(std::to_string(count) + " " + std::string(reason));
  }
  std::ranges::sort(entries);
  std::string joined;
  for (const auto& entry : entries) {
    if (!joined.empty()) joined += ", ";
    joined += entry;
  }
  return joined;
}

}  // namespace

std::string Diagnosis::Message() const {
  if (all_nodes == 0) return "no nodes available to schedule pods";
  std::string message = "0/" + std::to_string(all_nodes) + " nodes are available:";
  if (!prefilter.ok()) return message + " " + prefilter.Message() + ".";

  std::map<std::string_view, std::size_t> counts;
  for (const auto& [plugin, rejections] : rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      const std::size_t count = nodes.Count();
      for (const std::string_view reason : status.reasons) counts[reason] += count;
    }
  }
  if (rejected_count < all_nodes) {
    for (const auto& reason : absent.reasons) counts[reason] += all_nodes - rejected_count;
  }
  const std::string histogram = Histogram(counts);
  if (!histogram.empty()) message += " " + histogram + ".";
  return message;
}

}  // namespace berth::cycle
