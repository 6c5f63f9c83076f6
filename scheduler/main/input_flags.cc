#include "scheduler/main/input_flags.h"

#include <limits>

#include "scheduler/main/arguments.h"
#include "scheduler/main/plugin_flags.h"

namespace berth::main {

using simulate::Options;

namespace {

constexpr std::uint64_t kMaxThreads = 1024;

}  // namespace

void AddInputFlags(CLI::App& command, Options& options) {
  using enum simulate::InputFormat;
  command
      .add_option("-f,--filename", options.inputs,
                  "Nodes and pods: files, folders or - for standard input; may be gzipped")
      ->type_name("PATH")
      ->required();
  AddChoice(command, "--format", {{"auto", kAuto}, {"kubernetes", kKubernetes}, {"openb", kOpenb}},
            options.format, "What the files hold");
}

void AddAlgorithmFlags(CLI::App& command, Options& options) {
  command
      .add_option("--config", options.config_path,
                  "A KubeSchedulerConfiguration; without it the default one")
      ->type_name("FILE");
  AddFeatureGates(command, options.feature_gates);
  AddPluginFlag(command, options.plugin_paths);
  AddNumber(
      command, "--percentage-of-nodes-to-score", 0, 100,
      [&options](std::uint64_t percent) {
        options.percentage_of_nodes_to_score = static_cast<std::int32_t>(percent);
      },
      "Overrides the configuration; 0 is kube-scheduler's adaptive sample");
  using enum simulate::TieBreak;
  AddChoice(command, "--tie-break",
            {{"kube", kKube}, {"first", kFirst}, {"round-robin", kRoundRobin}, {"random", kRandom}},
            options.tie_break, "Which of several best nodes a pod gets");
  AddNumber(
      command, "--seed", 0, std::numeric_limits<std::uint64_t>::max(),
      [&options](std::uint64_t seed) { options.seed = seed; },
      "For --tie-break random, and for the node at which a preemption begins to look");
}

void AddThreadsFlag(CLI::App& command, std::size_t& out) {
  AddNumber(
      command, "--threads", 0, kMaxThreads, [&out](std::uint64_t threads) { out = threads; },
      "0 is one a core; the decisions are the same with any number");
}

}  // namespace berth::main
