// berth explain.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/base/executor.h"
#include "scheduler/base/text.h"
#include "scheduler/explain/explain.h"
#include "scheduler/explain/find_pod.h"
#include "scheduler/explain/json_output.h"
#include "scheduler/explain/table_output.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/input_flags.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/load.h"
#include "scheduler/simulate/simulation.h"

namespace berth::main {
namespace {

using base::Result;
using simulate::Simulation;

constexpr std::uint64_t kMaxTop = 1'000'000;

struct Options {
  simulate::Options input;
  explain::PodName pod;
  std::string node;      // empty: none
  std::size_t top = 10;  // 0: all
};

std::string_view NameOf(simulate::TieBreak rule) {
  switch (rule) {
    case simulate::TieBreak::kKube:
      return "as kube-scheduler's selection falls out";
    case simulate::TieBreak::kFirst:
      return "the first in the order of the nodes";
    case simulate::TieBreak::kRoundRobin:
      return "round-robin";
    case simulate::TieBreak::kRandom:
      return "random, by the seed";
  }
  return "";
}

// A name from outside, for an error.
std::string Shown(const std::string& name) {
  constexpr std::size_t kMost = 80;
  return base::Printable(std::string_view(name).substr(0, kMost));
}

std::optional<cluster::PodIndex> FindRunning(const cluster::Cluster& cluster,
                                             const std::string& node, const std::string& key) {
  const auto row = cluster.nodes.Find(node);
  if (!row) return std::nullopt;
  for (const cluster::PodIndex index : cluster.PodsOn(*row)) {
    if (cluster.pod(index).Key() == key) return index;
  }
  return std::nullopt;
}

// The cluster is loaded as a simulation that is never stepped.
Result<explain::Explanation> Ask(const Options& options, const framework::Registry& registry) {
  BERTH_ASSIGN(const config::Configuration config, simulate::LoadConfiguration(options.input));
  const auto executor = base::MakeExecutor(options.input.threads);
  BERTH_ASSIGN(auto objects, simulate::ReadInput(options.input.inputs, options.input.format,
                                                 *executor, !config.extenders.empty()));
  BERTH_ASSIGN(const api::Pod* found, explain::FindPod(objects, options.pod));
  const std::string key = found->Key();
  const std::string scheduler_name = found->spec->scheduler_name;
  const std::string running_on = found->node_name;

  simulate::SimulationOptions simulation_options;
  simulation_options.algorithm = simulate::AlgorithmOptionsOf(options.input, config);
  simulation_options.preemption = simulate::PreemptionMode::kReport;  // nominated pods count
  BERTH_ASSIGN(const auto simulation,
               Simulation::Make(std::move(objects), config, registry, simulation_options));
  cluster::Cluster& cluster = simulation->cluster();
  explain::Question question;
  question.algorithm = simulation_options.algorithm;
  question.algorithm.extenders = simulation->extenders();
  if (!running_on.empty()) question.running = FindRunning(cluster, running_on, key);
  question.pod =
      question.running ? cluster.SharedPod(*question.running) : simulation->FindPending(key);
  framework::ProfileRuntime* profile =
      question.pod == nullptr ? nullptr : simulation->ProfileOf(*question.pod);
  if (profile == nullptr) {
    return base::Fail("pod " + key + " is for the scheduler \"" + Shown(scheduler_name) +
                      "\", which is no profile of the configuration");
  }
  if (!options.node.empty()) {
    question.node = cluster.nodes.Find(options.node);
    if (!question.node) return base::Fail("there is no node \"" + Shown(options.node) + "\"");
  }
  return explain::Explain(question, cluster, *profile);
}

Result<explain::Explanation> LoadAndAsk(Options options) {
  BERTH_ASSIGN(AllPlugins plugins, LoadPlugins(options.input.plugin_paths));
  options.input.loaded_plugins = std::move(plugins.loaded);
  return Ask(options, plugins.registry);
}

int Run(const Options& options) {
  const auto explanation = LoadAndAsk(options);
  if (!explanation) {
    PrintError(explanation.error().message());
    return kBadInput;
  }
  const bool json = options.input.output == simulate::OutputFormat::kJson;
  const std::string text =
      json ? explain::JsonOutput(*explanation, options.top)
           : explain::TableOutput(*explanation, options.top, NameOf(options.input.tie_break));
  return WriteOut(text) ? kSuccess : kFailure;
}

void AddQuestionFlags(CLI::App& command, Options& options) {
  const auto read = [&options](const std::string& text) {
    auto name = explain::ParsePodName(text);
    if (!name) throw CLI::ValidationError("--pod", name.error().message());
    options.pod = *std::move(name);
  };
  command.add_option_function<std::string>("--pod", read, "The pod to explain")
      ->type_name("NAMESPACE/NAME")
      ->required();
  command.add_option("--node", options.node, "Show what every filter says of this node")
      ->type_name("NAME");
  AddNumber(
      command, "--top", 0, kMaxTop,
      [&options](std::uint64_t top) { options.top = static_cast<std::size_t>(top); },
      "How many of the best nodes to show, 0 for all")
      ->default_str("10");
  using enum simulate::OutputFormat;
  AddChoice(command, "--output", {{"table", kTable}, {"json", kJson}}, options.input.output,
            "The form of the answer");
}

}  // namespace

void AddExplainCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "explain", "Why a pod goes where it goes, or nowhere, and what would have to change");
  const auto options = std::make_shared<Options>();
  AddInputFlags(*command, options->input);
  AddQuestionFlags(*command, *options);
  AddAlgorithmFlags(*command, options->input);
  AddThreadsFlag(*command, options->input.threads);
  command->callback([options, &action] { action = [options] { return Run(*options); }; });
}

}  // namespace berth::main
