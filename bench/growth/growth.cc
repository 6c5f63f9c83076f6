// Times some decisions of a workload, one point of the growth curves: growth.py asks for one after
// another and draws them. Prints one line of JSON.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "bench/workloads/scenario.h"

namespace berth::bench {
namespace {

struct Arguments {
  std::string workload;
  std::int64_t nodes = 5'000;
  std::int64_t classes = 0;
  std::size_t warm_up = 1'000;
  std::size_t decisions = 1'000;
};

// Decisions that come one after another, in nanoseconds.
using Latencies = std::vector<std::int64_t>;

base::Result<Latencies> Measure(const Arguments& arguments) {
  Parameters parameters;
  if (arguments.classes > 0) parameters["classes"] = arguments.classes;
  BERTH_ASSIGN(const auto workload,
               ReadWorkload(BERTH_WORKLOADS "/" + arguments.workload + ".yaml", parameters));
  BERTH_ASSIGN(const auto scenario, MakeScenario(workload, {.nodes = arguments.nodes,
                                                            .seed = 1,
                                                            .deployments = Deployments::kWhole}));
  const std::size_t wanted = arguments.warm_up + arguments.decisions;
  if (scenario.arrivals.size() < wanted) {
    return base::Fail(workload.name + " has " + std::to_string(scenario.arrivals.size()) +
                      " pods at " + std::to_string(arguments.nodes) + " nodes, not " +
                      std::to_string(wanted));
  }
  ScenarioRun run(scenario, {});
  while (run.done() < wanted) run.Step();
  const Latencies& all = run.latencies_nanoseconds();
  return Latencies(all.begin() + static_cast<std::ptrdiff_t>(arguments.warm_up), all.end());
}

void Print(const Arguments& arguments, const Latencies& latencies) {
  const auto sum = std::accumulate(latencies.begin(), latencies.end(), std::int64_t{0});
  const nlohmann::ordered_json line = {
      {"workload", arguments.workload},
      {"nodes", arguments.nodes},
      {"classes", arguments.classes},
      {"meanNanoseconds", sum / static_cast<std::int64_t>(latencies.size())},
      {"p50Nanoseconds", Percentile(latencies, 0.50)},
      {"p99Nanoseconds", Percentile(latencies, 0.99)}};
  std::cout << line.dump() << "\n";
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Times some decisions of a workload", "growth");
  app.add_option("WORKLOAD", arguments.workload, "The name of a workload")->required();
  app.add_option("--nodes", arguments.nodes)->check(CLI::Range(1, 10'000'000));
  app.add_option("--classes", arguments.classes, "The parameter of that name; 0: as in the file");
  app.add_option("--warm-up", arguments.warm_up, "Decisions before the timed ones");
  app.add_option("--decisions", arguments.decisions)->check(CLI::Range(1, 10'000'000));
  CLI11_PARSE(app, argc, argv);
  const auto latencies = Measure(arguments);
  if (!latencies) {
    std::cerr << "growth: " << latencies.error().message() << "\n";
    return 1;
  }
  Print(arguments, *latencies);
  return 0;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  // Libraries may throw; whatever comes this far is a failure that nobody foresaw.
  try {
    return berth::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "growth: %s\n", error.what());
    return 1;
  }
}
