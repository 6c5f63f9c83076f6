#include "scheduler/metrics/pod_resource_metrics.h"

#include <utility>

namespace berth::metrics {
namespace {

void AddAmounts(Registry& registry, std::string name, std::string help,
                std::function<void(const EmitPodResource&)> amounts) {
  registry.AddComputed(
      ComputedKind::kGauge,
      {.name = std::move(name),
       .help = std::move(help),
       .stability = Stability::kStable,
       .labels = {"namespace", "pod", "node", "scheduler", "priority", "resource", "unit"}},
      [amounts = std::move(amounts)](const Emit& emit) {
        amounts([&emit](const PodResource& amount) {
          emit({amount.namespace_name, amount.pod, amount.node, amount.scheduler, amount.priority,
                amount.resource, amount.unit},
               amount.value);
        });
      });
}

}  // namespace

void AddPodResourceMetrics(Registry& registry, std::function<void(const EmitPodResource&)> requests,
                           std::function<void(const EmitPodResource&)> limits) {
  AddAmounts(registry, "kube_pod_resource_request",
             "What a pod asks for on a node as a whole, by resource and unit.",
             std::move(requests));
  AddAmounts(registry, "kube_pod_resource_limit",
             "What a pod may use on a node as a whole, by resource and unit.", std::move(limits));
}

}  // namespace berth::metrics
