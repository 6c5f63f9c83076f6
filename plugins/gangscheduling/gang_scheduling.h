#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// All or nothing for the pods of a PodGroup with the policy gang: PreEnqueue holds them back until
// the group and minCount of its pods are there, Permit until minCount of them have a node. Behind
// the feature gate GangScheduling, which is off in 1.36.
class GangScheduling final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "GangScheduling"; }
  bool IsIdle(const framework::PodContext&) const override { return true; }
  framework::Status PreEnqueueIn(const cluster::Cluster& cluster,
                                 const api::Pod& pod) const override;
  framework::PermitResult Permit(const framework::PodContext& context, const api::Pod& pod,
                                 framework::NodeIndex node) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;
};

}  // namespace berth::plugins
