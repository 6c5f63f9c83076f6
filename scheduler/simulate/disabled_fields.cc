#include "scheduler/simulate/disabled_fields.h"

#include <memory>
#include <unordered_map>

namespace berth::simulate {
namespace {

using config::Gate;
using SharedSpec = std::shared_ptr<const api::PodSpec>;

// Pods that shared their specification still do afterwards.
class WithoutResources {
 public:
  void Apply(SharedSpec& spec) {
    if (!spec->resources) return;
    auto& plain = plain_[spec];
    if (plain == nullptr) {
      auto copy = std::make_shared<api::PodSpec>(*spec);
      copy->resources.reset();
      plain = std::move(copy);
    }
    spec = plain;
  }

 private:
  std::unordered_map<SharedSpec, SharedSpec> plain_;
};

}  // namespace

void DropDisabledFields(const config::FeatureGates& gates, api::ClusterObjects& objects) {
  const bool has_resources = gates[Gate::kPodLevelResources];
  const bool has_status = has_resources && gates[Gate::kInPlacePodLevelResourcesVerticalScaling];
  if (has_status) return;
  WithoutResources without;
  for (api::Pod& pod : objects.pods) {
    pod.status.pod_resources.reset();
    if (!has_resources) without.Apply(pod.spec);
  }
}

}  // namespace berth::simulate
