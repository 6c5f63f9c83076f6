// Runs the experiment of README.md: every pod list, policy and seed once, spread over the cores,
// and sets the means beside the published ones.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/arrival_run.h"
#include "scheduler/simulate/csv.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/input.h"

namespace berth::experiments {
namespace {

using base::Result;
using simulate::ArrivalOutcome;
using simulate::SharedNode;
using simulate::SharedPod;

constexpr std::string_view kListPrefix = "openb_pod_list_";
constexpr std::string_view kNodeTable = "openb_node_list_gpu_node.csv";
constexpr double kRatio = 1.3;
constexpr std::int64_t kLastPercent = 130;
constexpr std::size_t kMaxSeeds = 1000;

// As in published.csv.
const std::vector<std::pair<std::string, std::string>>& PolicyNames() {
  static const std::vector<std::pair<std::string, std::string>> names = {
      {"random", "01-Random"},      {"dotprod", "02-DotProd"}, {"clustering", "03-GpuClustering"},
      {"packing", "04-GpuPacking"}, {"bestfit", "05-BestFit"}, {"fgd", "06-FGD"},
  };
  return names;
}

struct Flags {
  std::string data;
  std::string profiles = BERTH_OPENB_PROFILES;
  std::vector<std::string> lists;
  std::vector<std::string> policies;
  std::string seeds = "42-51";
  std::string output;
  std::size_t threads = 0;
};

struct Job {
  std::size_t list;
  std::size_t policy;
  std::uint64_t seed;
  std::optional<ArrivalOutcome> outcome = {};
  std::string error = {};
};

struct Published {
  double unallocated = 0;
  double fragmented = 0;
};
using PublishedTable = std::map<std::pair<std::string, std::string>, Published>;

// ---- Input ----

Result<std::vector<std::uint64_t>> ParseSeeds(const std::string& text) {
  std::vector<std::uint64_t> seeds;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    unsigned long long first = 0;
    unsigned long long last = 0;
    char rest = 0;
    const std::string part = text.substr(begin, end - begin);
    const int read = std::sscanf(part.c_str(), "%llu-%llu%c", &first, &last, &rest);
    const bool single = read == 1 && part.find_first_not_of("0123456789") == std::string::npos;
    if (!single && read != 2) {
      return base::Fail("--seeds: \"" + part + "\" is neither a seed nor a range");
    }
    if (single) last = first;
    if (last < first || last - first >= kMaxSeeds || seeds.size() >= kMaxSeeds) {
      return base::Fail("--seeds: \"" + part + "\" is not a range of up to 1000 seeds");
    }
    for (auto seed = first; seed <= last; ++seed) seeds.push_back(seed);
    begin = end + 1;
  }
  return seeds;
}

Result<std::vector<std::string>> ListsIn(const std::string& folder) {
  std::vector<std::string> lists;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kListPrefix) || !name.ends_with(".csv")) continue;
    lists.push_back(name.substr(kListPrefix.size(), name.size() - kListPrefix.size() - 4));
  }
  if (error) return base::Fail(folder + ": " + error.message());
  std::ranges::sort(lists);
  if (lists.empty()) return base::Fail(folder + ": no pod list (openb_pod_list_*.csv)");
  return lists;
}

Result<api::ClusterObjects> ReadTable(const std::string& folder, const std::string& name,
                                      base::Executor& executor) {
  return simulate::ReadInput({folder + "/" + name}, simulate::InputFormat::kOpenb, executor);
}

template <typename T>
std::vector<std::shared_ptr<const T>> Share(std::vector<T> objects) {
  std::vector<std::shared_ptr<const T>> shared;
  for (T& object : objects) shared.push_back(std::make_shared<const T>(std::move(object)));
  return shared;
}

Result<config::Profile> ReadProfile(const std::string& folder, const std::string& policy) {
  BERTH_ASSIGN(config::Configuration config, config::LoadFile(folder + "/" + policy + ".yaml"));
  return std::move(config.profiles.front());
}

// Empty without the file: other lists have been published nowhere.
Result<PublishedTable> ReadPublished(const std::string& folder) {
  PublishedTable published;
  const std::string path = folder + "/published.csv";
  if (!std::filesystem::exists(path)) return published;
  BERTH_ASSIGN(const api::PaddedText text, simulate::LoadFile(path));
  simulate::CsvTable table(text.view());
  while (true) {
    auto more = table.Next();
    if (!more) return std::unexpected(more.error().Within(path));
    if (!*more) return published;
    const std::string list(table.Text("workload"));
    if (!list.starts_with(kListPrefix)) continue;
    published[{list.substr(kListPrefix.size()), std::string(table.Text("policy"))}] = {
        std::strtod(std::string(table.Text("unalloc_pct_at100_mean")).c_str(), nullptr),
        std::strtod(std::string(table.Text("frag_amount_pct_at100_mean")).c_str(), nullptr)};
  }
}

// ---- Runs ----

struct Inputs {
  std::vector<SharedNode> nodes;
  std::vector<std::string> lists;
  std::vector<std::vector<SharedPod>> pods;  // by list
  std::vector<std::string> policies;
  std::vector<config::Profile> profiles;  // by policy
  std::vector<std::uint64_t> seeds;
  PublishedTable published;
};

Result<Inputs> ReadInputs(const Flags& flags, base::Executor& executor) {
  Inputs inputs;
  BERTH_ASSIGN(inputs.seeds, ParseSeeds(flags.seeds));
  BERTH_ASSIGN(auto nodes, ReadTable(flags.data, std::string(kNodeTable), executor));
  inputs.nodes = Share(std::move(nodes.nodes));
  inputs.lists = flags.lists;
  if (inputs.lists.empty()) {
    BERTH_ASSIGN(inputs.lists, ListsIn(flags.data));
  }
  for (const std::string& list : inputs.lists) {
    BERTH_ASSIGN(auto pods,
                 ReadTable(flags.data, std::string(kListPrefix) + list + ".csv", executor));
    inputs.pods.push_back(Share(std::move(pods.pods)));
  }
  inputs.policies = flags.policies;
  if (inputs.policies.empty()) {
    for (const auto& [policy, name] : PolicyNames()) inputs.policies.push_back(policy);
  }
  for (const std::string& policy : inputs.policies) {
    BERTH_ASSIGN(auto profile, ReadProfile(flags.profiles, policy));
    inputs.profiles.push_back(std::move(profile));
  }
  BERTH_ASSIGN(inputs.published, ReadPublished(flags.data));
  return inputs;
}

Result<ArrivalOutcome> Run(const Job& job, const Inputs& inputs,
                           const framework::Registry& registry) {
  const simulate::ArrivalGoal goal{simulate::GpuMilliOf(inputs.nodes), kRatio,
                                   [](const api::Pod& pod) { return simulate::GpuMilliOf(pod); }};
  BERTH_ASSIGN(const auto arrivals, simulate::MakeArrivals(inputs.pods[job.list], goal, job.seed));
  return simulate::RunArrivals({inputs.nodes, arrivals, inputs.profiles[job.policy], job.seed},
                               registry);
}

std::vector<Job> RunAll(const Inputs& inputs, base::Executor& executor) {
  std::vector<Job> jobs;
  for (std::size_t list = 0; list < inputs.lists.size(); ++list) {
    for (std::size_t policy = 0; policy < inputs.policies.size(); ++policy) {
      for (const std::uint64_t seed : inputs.seeds) jobs.push_back({list, policy, seed});
    }
  }
  const framework::Registry registry = plugins::MakeRegistry();
  std::atomic<std::size_t> done = 0;
  executor.ParallelFor(jobs.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      auto outcome = Run(jobs[i], inputs, registry);
      if (outcome) {
        jobs[i].outcome = *std::move(outcome);
      } else {
        jobs[i].error = outcome.error().message();
      }
      std::fprintf(stderr, "\r%zu of %zu runs", ++done, jobs.size());
    }
  });
  std::fprintf(stderr, "\n");
  return jobs;
}

// ---- Output ----

std::string Fixed(double value, const char* format = "%.2f") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct Cell {
  double unallocated = 0;
  double deviation = 0;  // over the seeds
  double fragmented = 0;
};

Cell CellOf(const std::vector<Job>& jobs, std::size_t list, std::size_t policy) {
  std::vector<double> unallocated;
  Cell cell;
  for (const Job& job : jobs) {
    if (job.list != list || job.policy != policy) continue;
    unallocated.push_back(100 - job.outcome->gpu_allocation.At(100).value_or(0));
    cell.fragmented += job.outcome->gpu_fragmentation.At(100).value_or(0);
  }
  const auto count = static_cast<double>(unallocated.size());
  cell.unallocated = std::accumulate(unallocated.begin(), unallocated.end(), 0.0) / count;
  cell.fragmented /= count;
  double squares = 0;
  for (const double value : unallocated) squares += std::pow(value - cell.unallocated, 2);
  cell.deviation = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return cell;
}

std::string PublishedName(const std::string& policy) {
  for (const auto& [own, name] : PolicyNames()) {
    if (own == policy) return name;
  }
  return policy;
}

void PrintTable(const std::vector<Job>& jobs, const Inputs& inputs) {
  std::printf("%-14s %-11s %28s %24s %10s\n", "", "", "not allocated at 100 %",
              "fragmented at 100 %", "ms a run");
  std::printf("%-14s %-11s %7s %6s %6s %7s %8s %7s %7s\n", "pods", "policy", "ours", "sd", "publ.",
              "diff", "ours", "publ.", "diff");
  for (std::size_t list = 0; list < inputs.lists.size(); ++list) {
    for (std::size_t policy = 0; policy < inputs.policies.size(); ++policy) {
      const Cell cell = CellOf(jobs, list, policy);
      double milliseconds = 0;
      for (const Job& job : jobs) {
        if (job.list != list || job.policy != policy) continue;
        for (const auto time : job.outcome->decision_nanoseconds) {
          milliseconds += static_cast<double>(time) / 1e6;
        }
      }
      milliseconds /= static_cast<double>(inputs.seeds.size());
      const auto known =
          inputs.published.find({inputs.lists[list], PublishedName(inputs.policies[policy])});
      const bool is_known = known != inputs.published.end();
      const Published published = is_known ? known->second : Published{};
      std::printf("%-14s %-11s %7.2f %6.2f %6s %7s %8.2f %7s %7s %8.0f\n",
                  inputs.lists[list].c_str(), inputs.policies[policy].c_str(), cell.unallocated,
                  cell.deviation, is_known ? Fixed(published.unallocated).c_str() : "-",
                  is_known ? Fixed(cell.unallocated - published.unallocated, "%+.2f").c_str() : "-",
                  cell.fragmented, is_known ? Fixed(published.fragmented).c_str() : "-",
                  is_known ? Fixed(cell.fragmented - published.fragmented, "%+.2f").c_str() : "-",
                  milliseconds);
    }
  }
}

Result<void> WriteFiles(const std::vector<Job>& jobs, const Inputs& inputs,
                        const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream runs(folder + "/runs.csv");
  std::ofstream curves(folder + "/curves.csv");
  runs << "workload,policy,seed,placed,not_placed,gpu_allocation_pct_at_100,"
          "gpu_allocation_pct_at_130,gpu_fragmentation_pct_at_100,gpu_fragmentation_pct_at_130\n";
  curves << "workload,policy,seed,arrived_pct,gpu_allocation_pct,gpu_fragmentation_pct\n";
  for (const Job& job : jobs) {
    const std::string run =
        inputs.lists[job.list] + "," + inputs.policies[job.policy] + "," + std::to_string(job.seed);
    const auto& allocation = job.outcome->gpu_allocation;
    const auto& fragmentation = job.outcome->gpu_fragmentation;
    const auto at = [](const simulate::AllocationCurve& curve, std::int64_t percent) {
      const auto value = curve.At(percent);
      return value ? Fixed(*value, "%.4f") : std::string();
    };
    runs << run << "," << job.outcome->placed << "," << job.outcome->not_placed << ","
         << at(allocation, 100) << "," << at(allocation, kLastPercent) << ","
         << at(fragmentation, 100) << "," << at(fragmentation, kLastPercent) << "\n";
    for (std::int64_t percent = 0; percent <= allocation.last(); ++percent) {
      if (!allocation.At(percent)) continue;
      curves << run << "," << percent << "," << at(allocation, percent) << ","
             << at(fragmentation, percent) << "\n";
    }
  }
  runs.close();
  curves.close();
  if (runs.fail() || curves.fail()) return base::Fail(folder + ": cannot be written");
  return {};
}

Result<void> RunExperiment(const Flags& flags) {
  const auto executor = base::MakeExecutor(flags.threads);
  BERTH_ASSIGN(const Inputs inputs, ReadInputs(flags, *executor));
  const std::vector<Job> jobs = RunAll(inputs, *executor);
  for (const Job& job : jobs) {
    if (job.error.empty()) continue;
    return base::Fail(inputs.lists[job.list] + ", " + inputs.policies[job.policy] + ": " +
                      job.error);
  }
  PrintTable(jobs, inputs);
  if (flags.output.empty()) return {};
  return WriteFiles(jobs, inputs, flags.output);
}

}  // namespace
}  // namespace berth::experiments

int main(int argc, char** argv) {
  berth::experiments::Flags flags;
  CLI::App app("GPU sharing policies on the openb tables, beside the published figures");
  app.add_option("--data", flags.data, "folder of the tables")
      ->envname("BERTH_OPENB_DATA")
      ->required();
  app.add_option("--profiles", flags.profiles, "folder of the profiles");
  app.add_option("--lists", flags.lists, "pod lists: default,cpu250; all that are there")
      ->delimiter(',');
  app.add_option("--policies", flags.policies, "profiles by name: fgd,bestfit; all six")
      ->delimiter(',');
  app.add_option("--seeds", flags.seeds, "42-51, or 42,43,44")->capture_default_str();
  app.add_option("--output", flags.output, "folder for runs.csv and curves.csv");
  app.add_option("--threads", flags.threads, "runs at the same time; 0: one a core");
  CLI11_PARSE(app, argc, argv);
  if (const auto done = berth::experiments::RunExperiment(flags); !done) {
    std::fprintf(stderr, "error: %s\n", done.error().message().c_str());
    return 1;
  }
  return 0;
}
