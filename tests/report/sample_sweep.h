// A made-up sweep: two workloads, three profiles, three seeds.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "scheduler/report/sweep_page.h"

namespace berth::report {

inline SweepData MakeSampleSweep() {
  SweepData data;
  data.x_label = "arrived, % of the GPUs";
  data.figures = {"gpu_allocation_pct_at_100", "nodes_used", "never"};
  data.curves = {"gpu_allocation_pct", "cpu_allocation_pct"};
  const char* const profiles[] = {"fgd", "bestfit", "random"};
  for (const char* workload : {"default", "multigpu20"}) {
    for (int p = 0; p < 3; ++p) {
      for (std::uint64_t seed = 42; seed < 45; ++seed) {
        const double most = 96 - 2.5 * p - 0.4 * static_cast<double>(seed - 42);
        SweepRun run{workload, profiles[p], seed, {most, 1200.0 + p, std::nan("")}};
        run.curves.resize(2);
        for (int x = 0; x <= 130; x += 5) {
          run.curves[0].push_back({static_cast<double>(x), std::min<double>(x, most)});
          run.curves[1].push_back({static_cast<double>(x), 0.7 * std::min<double>(x, most)});
        }
        data.runs.push_back(run);
      }
      data.published.push_back({workload, profiles[p], "gpu_allocation_pct_at_100", 95 - 2.0 * p});
    }
  }
  return data;
}

}  // namespace berth::report
