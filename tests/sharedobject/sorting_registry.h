// A registry with the one plugin that every profile needs, so that what is tested stands alone.
#pragma once

#include <memory>
#include <string_view>

#include "scheduler/framework/registry.h"

namespace berth::support {

class FirstComeFirstServed final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "PrioritySort"; }
};

inline framework::Registry SortingRegistry() {
  return {{"PrioritySort",
           [](const config::PluginArgs&,
              const config::FeatureGates&) -> base::Result<std::unique_ptr<framework::Plugin>> {
             return std::make_unique<FirstComeFirstServed>();
           }}};
}

}  // namespace berth::support
