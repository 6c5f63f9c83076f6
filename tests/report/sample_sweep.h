// A made-up sweep: two workloads, three profiles, three seeds.
#pragma once

#include "scheduler/report/sweep_page.h"

namespace berth::report {

inline SweepData MakeSampleSweep() {
  SweepData data;
  data.x_label = "arrived, % of the GPUs";
  data.metrics = {"gpu_allocation_pct_at_100", "nodes_used"};
  const char* const profiles[] = {"fgd", "bestfit", "random"};
  for (const char* workload : {"default", "multigpu20"}) {
    for (int p = 0; p < 3; ++p) {
      for (std::uint64_t seed = 42; seed < 45; ++seed) {
        const double most = 96 - 2.5 * p - 0.4 * static_cast<double>(seed - 42);
        data.figures.push_back({workload, profiles[p], seed, "gpu_allocation_pct_at_100", most});
        data.figures.push_back({workload, profiles[p], seed, "nodes_used", 1200.0 + p});
        for (int x = 0; x <= 130; x += 5) {
          data.curves.push_back({workload, profiles[p], seed, "gpu allocation, %",
                                 static_cast<double>(x), x < most ? x : most});
        }
      }
      data.published.push_back({workload, profiles[p], "gpu_allocation_pct_at_100", 95 - 2.0 * p});
    }
  }
  return data;
}

}  // namespace berth::report
