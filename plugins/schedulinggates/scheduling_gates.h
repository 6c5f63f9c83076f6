#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Keeps pods with spec.schedulingGates out of the queue.
class SchedulingGates final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "SchedulingGates"; }
  framework::Status PreEnqueue(const api::Pod& pod) const override;
};

}  // namespace berth::plugins
