#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Keeps pods with spec.schedulingGates out of the queue.
class SchedulingGates final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "SchedulingGates"; }
  framework::Status PreEnqueue(const api::Pod& pod) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;
};

}  // namespace berth::plugins
