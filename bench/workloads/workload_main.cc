// Writes a workload as a cluster: a v1 List in JSON, for whoever reads what `kubectl get` prints.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "bench/workloads/expand.h"

namespace berth::bench {
namespace {

struct Arguments {
  std::string workload;
  std::int64_t nodes = 500;
  std::uint64_t seed = 1;
  std::vector<std::string> settings;
  std::string output = "-";
  bool deployments = false;
  bool list = false;
};

void AddFlags(CLI::App& app, Arguments& arguments) {
  app.add_option("WORKLOAD", arguments.workload,
                 "A file, or the name of one in the folder of workloads");
  app.add_option("--nodes", arguments.nodes, "How many nodes")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  app.add_option("--seed", arguments.seed, "For whatever is drawn");
  app.add_option("--set", arguments.settings, "PARAMETER=NUMBER instead of what the file has");
  app.add_option("-o,--output", arguments.output, "A file; - is standard output");
  app.add_flag("--deployments", arguments.deployments,
               "Write Deployments, not their pods, where the pods arrive in that order");
  app.add_flag("--list", arguments.list, "Print the names of the workloads and what they are");
}

base::Result<Parameters> ParametersOf(const std::vector<std::string>& settings) {
  Parameters parameters;
  for (const auto& setting : settings) {
    const auto at = std::min(setting.find('='), setting.size());
    const char* begin = setting.data() + std::min(at + 1, setting.size());
    const char* end = setting.data() + setting.size();
    const auto [used, error] = std::from_chars(begin, end, parameters[setting.substr(0, at)]);
    if (error != std::errc() || used != end) {
      return base::Fail("--set " + setting + ": must be PARAMETER=NUMBER");
    }
  }
  return parameters;
}

std::string PathOf(const std::string& workload) {
  const bool is_path = workload.find_first_of("./") != std::string::npos;
  return is_path ? workload : std::string(BERTH_WORKLOADS) + "/" + workload + ".yaml";
}

base::Result<void> List() {
  BERTH_ASSIGN(const auto files, ListWorkloads(BERTH_WORKLOADS));
  for (const auto& file : files) {
    BERTH_ASSIGN(const auto workload, ReadWorkload(file));
    std::cout << workload.name << ": " << workload.description << "\n";
  }
  return {};
}

base::Result<void> WriteText(const std::string& text, const std::string& output) {
  if (output == "-") {
    std::cout << text << std::flush;
    return std::cout ? base::Result<void>() : base::Fail("standard output cannot be written");
  }
  std::ofstream out(output, std::ios::binary);
  out << text;
  out.close();
  return out ? base::Result<void>() : base::Fail(output + ": cannot be written");
}

base::Result<void> Write(const Arguments& arguments) {
  BERTH_ASSIGN(const auto parameters, ParametersOf(arguments.settings));
  BERTH_ASSIGN(const auto workload, ReadWorkload(PathOf(arguments.workload), parameters));
  const auto expansion =
      Expand(workload, {arguments.nodes, arguments.seed,
                        arguments.deployments ? Deployments::kWhole : Deployments::kAsPods});
  if (!expansion.operations.empty()) {
    std::cerr << "workload: " << expansion.operations.size()
              << " operations are left out: a List holds one moment only\n";
  }
  return WriteText(expansion.cluster, arguments.output);
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Writes a workload as a v1 List in JSON", "workload");
  AddFlags(app, arguments);
  CLI11_PARSE(app, argc, argv);
  if (!arguments.list && arguments.workload.empty()) {
    std::cerr << "workload: which one? (try --list)\n";
    return 2;
  }
  const auto done = arguments.list ? List() : Write(arguments);
  if (done) return 0;
  std::cerr << "workload: " << done.error().message() << "\n";
  return 1;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  // Libraries may throw; whatever comes this far is a failure that nobody foresaw.
  try {
    return berth::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "workload: %s\n", error.what());
    return 1;
  }
}
