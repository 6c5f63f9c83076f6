// DefaultPreemption: what a configuration says of it. The work itself needs the whole cycle and is
// done in scheduler/cycle/preemption.h.
#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

class DefaultPreemption final : public framework::Plugin {
 public:
  explicit DefaultPreemption(config::DefaultPreemptionArgs args) : args_(args) {}

  std::string_view Name() const override { return "DefaultPreemption"; }
  // Victims that are gone matter to PreEnqueue alone: no pod is woken for them here.
  std::vector<framework::EventRegistration> EventsToRegister() const override {
    return {{{framework::EventResource::kPod, framework::kDelete}}};
  }
  base::Result<framework::Hint> QueueingHint(const framework::PodContext&, const api::Pod&,
                                             const framework::ObjectChange&) const override {
    return framework::Hint::kSkip;
  }
  bool IsIdle(const framework::PodContext&) const override { return true; }
  const config::DefaultPreemptionArgs* PreemptsWith() const override { return &args_; }

 private:
  config::DefaultPreemptionArgs args_;
};

}  // namespace berth::plugins
