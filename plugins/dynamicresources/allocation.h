// From picked devices to what is written into the status of a claim.
#pragma once

#include <string>
#include <vector>

#include "plugins/dynamicresources/allocator.h"

namespace berth::plugins::dra {

// The allocation of claim number `claim`. Shares get ids that begin with `share_prefix`, which
// nobody else may use.
api::ClaimAllocation MakeAllocation(const std::vector<CompiledClaim>& claims, std::size_t claim,
                                    const std::vector<Pick>& picks, const cluster::Devices& devices,
                                    const std::string& node, const std::string& share_prefix);

}  // namespace berth::plugins::dra
