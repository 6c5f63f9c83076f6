#pragma once

#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"

namespace berth::plugins::dra {

// The claims of a pod in the order of spec.resourceClaims, without those that were not needed. The
// error says in kube-scheduler's words which one is not there yet, is being deleted or belongs to
// another pod. The pointers are good until a claim changes.
base::Result<std::vector<const cluster::Claim*>> ClaimsOf(const cluster::Devices& devices,
                                                          const std::string& namespace_name,
                                                          const api::PodSpec& spec,
                                                          const cluster::Claimant& claimant);

}  // namespace berth::plugins::dra
