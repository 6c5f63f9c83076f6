#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Higher priority first; among equals whoever has waited longer.
class PrioritySort final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "PrioritySort"; }
  bool Less(const framework::QueuedPod& a, const framework::QueuedPod& b) const override;
};

}  // namespace berth::plugins
