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

std::vector<framework::EventRegistration> SchedulingGates::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kPod, framework::kUpdatePodSchedulingGatesEliminated}}};
}

base::Result<framework::Hint> SchedulingGates::QueueingHint(
    const framework::PodContext&, const api::Pod& pod,
    const framework::ObjectChange& change) const {
  BERTH_ASSIGN(const api::Pod* changed, framework::VersionAfter<api::Pod>(change));
  return framework::QueueIf(framework::IsSamePod(*changed, pod));
}

}  // namespace berth::plugins
