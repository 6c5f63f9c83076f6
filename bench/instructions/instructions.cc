// Runs one case under valgrind's callgrind, which counts the instructions of its decisions and of
// nothing else. check.py starts it and compares; see there.
//
// usage: instructions --list | --compiler | CASE
//
// Everything is fixed: the workload, its seed, the number of nodes, one thread, and the instruction
// set, AVX2, which valgrind emulates on every machine that has it. What a machine offers beyond
// that is not used, so the counts do not depend on it.
#include <hwy/highway.h>

#include <cstdio>
#include <string_view>

#include "bench/workloads/scenario.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

namespace berth::bench {
namespace {

constexpr int kSkipped = 77;  // as ctest is told

struct Case {
  const char* name;
  const char* workload;
  int warm_up;  // decisions before the counted ones
};

// Of each as many decisions are counted, on as many nodes.
constexpr int kCounted = 200;
constexpr std::int64_t kNodes = 5'000;

constexpr Case kCases[] = {
    {"basic", "basic", 200},
    {"spread", "spread-hard", 200},
    {"podaffinity", "affinity-zone", 200},
    {"templates", "templates-50", 400},
    {"different", "all-different", 200},
    {"unfit", "unfit", 100},
    // What comes before anything is known.
    {"cold", "templates-50", 0},
};

// False where this machine does not have it.
bool UseAvx2() {
  if ((hwy::SupportedTargets() & HWY_AVX2) == 0) return false;
  hwy::SetSupportedTargetsForTest(HWY_AVX2);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return true;
}

base::Result<Scenario> ScenarioOf(const Case& which) {
  BERTH_ASSIGN(const auto workload,
               ReadWorkload(std::string(BERTH_WORKLOADS "/") + which.workload + ".yaml"));
  return MakeScenario(workload, {.nodes = kNodes, .seed = 1, .deployments = Deployments::kWhole});
}

void Count(ScenarioRun& run) {
  CALLGRIND_START_INSTRUMENTATION;
  for (int i = 0; i < kCounted; ++i) run.Step();
  CALLGRIND_STOP_INSTRUMENTATION;
}

int RunCase(const Case& which) {
  if (!UseAvx2()) {
    std::puts("skipped: the counts are those of AVX2, which this processor does not have");
    return kSkipped;
  }
  const auto scenario = ScenarioOf(which);
  if (!scenario) {
    std::fprintf(stderr, "instructions: %s\n", scenario.error().message().c_str());
    return 1;
  }
  ScenarioRun run(*scenario, {});
  for (int i = 0; i < which.warm_up; ++i) run.Step();
  Count(run);
  return 0;
}

int Main(int argc, char** argv) {
  const std::string_view argument = argc == 2 ? argv[1] : "";
  if (argument == "--list") {
    for (const auto& known : kCases) std::puts(known.name);
    return 0;
  }
  if (argument == "--compiler") {
    std::puts(__VERSION__);
    return 0;
  }
  for (const auto& known : kCases) {
    if (argument == known.name) return RunCase(known);
  }
  std::fputs("usage: instructions --list | --compiler | CASE\n", stderr);
  return 2;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) { return berth::bench::Main(argc, argv); }
