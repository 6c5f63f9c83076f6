#include "scheduler/framework/gpu_shapes.h"

#include <algorithm>

namespace berth::framework {

std::vector<cluster::GpuShape> GpuShapesOf(std::span<const config::TypicalGpuPod> pods,
                                           base::Interner& symbols) {
  std::vector<cluster::GpuShape> shapes;
  for (const config::TypicalGpuPod& pod : pods) {
    cluster::GpuShape& shape = shapes.emplace_back();
    shape.milli_cpu = pod.milli_cpu;
    shape.weight = pod.weight;
    if (pod.gpu_count > 0) {
      shape.gpu = {static_cast<std::uint16_t>(pod.gpu_count),
                   static_cast<std::uint16_t>(pod.gpu_milli)};
    }
    for (const auto& model : pod.gpu_models) shape.models.push_back(symbols.Intern(model));
    std::ranges::sort(shape.models);
  }
  return shapes;
}

}  // namespace berth::framework
