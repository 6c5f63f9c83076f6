// Which events wake pods that extenders have turned away.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "scheduler/config/configuration.h"
#include "scheduler/cycle/extender.h"
#include "scheduler/framework/plugin.h"

namespace berth::extender {

// Registered as one plugin for all extenders together, as in kube-scheduler: nobody knows what they
// look at, so that every event of these kinds is worth another try. It runs nowhere.
class ExtenderEvents final : public framework::Plugin {
 public:
  std::string_view Name() const override { return cycle::kExtenderRejector; }

  std::vector<framework::EventRegistration> EventsToRegister() const override {
    using enum framework::EventResource;
    std::vector<framework::EventRegistration> registrations;
    for (const auto resource :
         {kPod, kNode, kPersistentVolume, kPersistentVolumeClaim, kCsiNode, kCsiDriver,
          kCsiStorageCapacity, kStorageClass, kResourceClaim, kDeviceClass}) {
      registrations.push_back({{resource, framework::kAllActions}, false});
    }
    return registrations;
  }
};

// Null without extenders in the configuration.
inline std::unique_ptr<const framework::Plugin> EventsOfExtenders(
    const config::Configuration& config) {
  return config.extenders.empty() ? nullptr : std::make_unique<ExtenderEvents>();
}

}  // namespace berth::extender
