#include "scheduler/simulate/load.h"

#include "scheduler/config/load.h"

namespace berth::simulate {
namespace {

cycle::TieBreak ToCycle(TieBreak rule) {
  switch (rule) {
    case TieBreak::kKube:
      return cycle::TieBreak::kKube;
    case TieBreak::kFirst:
      return cycle::TieBreak::kFirst;
    case TieBreak::kRoundRobin:
      return cycle::TieBreak::kRoundRobin;
    case TieBreak::kRandom:
      return cycle::TieBreak::kRandom;
  }
  return cycle::TieBreak::kKube;
}

}  // namespace

base::Result<config::Configuration> LoadConfiguration(const Options& options) {
  auto config =
      config::LoadFileOrDefault(options.config_path, options.feature_gates, options.loaded_plugins);
  if (!config || !options.percentage_of_nodes_to_score) return config;
  config->percentage_of_nodes_to_score = options.percentage_of_nodes_to_score;
  for (auto& profile : config->profiles) profile.percentage_of_nodes_to_score.reset();
  return config;
}

cycle::AlgorithmOptions AlgorithmOptionsOf(const Options& options,
                                           const config::Configuration& config) {
  return {config.percentage_of_nodes_to_score, ToCycle(options.tie_break), options.seed};
}

}  // namespace berth::simulate
