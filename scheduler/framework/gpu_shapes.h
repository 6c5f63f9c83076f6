// Typical pods, as they are configured, as what fragmentation is measured by.
#pragma once

#include <span>
#include <vector>

#include "scheduler/base/interner.h"
#include "scheduler/cluster/gpu_fragmentation.h"
#include "scheduler/config/plugin_args.h"

namespace berth::framework {

std::vector<cluster::GpuShape> GpuShapesOf(std::span<const config::TypicalGpuPod> pods,
                                           base::Interner& symbols);

}  // namespace berth::framework
