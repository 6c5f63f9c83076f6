#include "plugins/schedulinggates/scheduling_gates.h"

namespace berth::plugins {

framework::Status SchedulingGates::PreEnqueue(const api::Pod& pod) const {
  if (pod.spec->scheduling_gates.empty()) return {};
  std::string gates;
  for (const auto& gate : pod.spec->scheduling_gates) {
    if (!gates.empty()) gates += ' ';
    gates += gate;
  }
  return {framework::Code::kUnschedulableAndUnresolvable,
          {"waiting for scheduling gates: [" + gates + "]"}};
}

}  // namespace berth::plugins
