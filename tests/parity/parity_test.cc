// Every decision that was recorded from kube-scheduler's plugins, decided again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"
#include "tests/parity/decision_difference.h"

namespace berth::parity {
namespace {

using nlohmann::json;

constexpr std::string_view kDecisionsSuffix = ".decisions.jsonl.gz";

const std::filesystem::path& Folder() {
  static const std::filesystem::path folder = BERTH_PARITY_FOLDER;
  return folder;
}

// The names in `folder` that end in `suffix`, sorted, without it.
std::vector<std::string> NamesIn(const std::filesystem::path& folder, std::string_view suffix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(suffix)) names.push_back(name.substr(0, name.size() - suffix.size()));
  }
  std::ranges::sort(names);
  return names;
}

// The recording of the demo was made on the cluster of the demo.
std::string ClusterPath(const std::string& recording) {
  if (recording == "demo") return BERTH_DEMO_CLUSTER;
  return (Folder() / "golden" / (recording + ".cluster.json.gz")).string();
}

std::string DecisionsPath(const std::string& recording) {
  return (Folder() / "golden" / (recording + std::string(kDecisionsSuffix))).string();
}

// "resources-most-allocated-3" was recorded with configs/most-allocated.yaml.
config::Configuration ConfigurationOf(const std::string& recording) {
  for (const auto& name : NamesIn(Folder() / "configs", ".yaml")) {
    if (!recording.contains("-" + name + "-")) continue;
    auto configuration = config::LoadFile((Folder() / "configs" / (name + ".yaml")).string());
    if (configuration) return *std::move(configuration);
    ADD_FAILURE() << configuration.error().message();
  }
  return config::DefaultConfiguration();
}

std::vector<json> RecordedDecisions(const std::string& recording) {
  const auto text = simulate::LoadFile(DecisionsPath(recording));
  std::vector<json> decisions;
  if (!text) {
    ADD_FAILURE() << text.error().message();
    return decisions;
  }
  for (std::string_view rest = text->view(); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    decisions.push_back(json::parse(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return decisions;
}

struct How {
  bool detail = false;
  std::size_t threads = 1;
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
};

// The decision lines of Berth.
std::vector<std::string> OurDecisions(const std::string& recording, const How& how) {
  const auto executor = base::MakeExecutor(how.threads);
  auto objects =
      simulate::ReadInput({ClusterPath(recording)}, simulate::InputFormat::kKubernetes, *executor);
  std::vector<std::string> decisions;
  if (!objects) {
    ADD_FAILURE() << objects.error().message();
    return decisions;
  }
  simulate::SimulationOptions options;
  options.algorithm.percentage_of_nodes_to_score = 100;
  options.algorithm.tie_break = cycle::TieBreak::kFirst;
  options.caching = how.caching;
  // Preemption was recorded as a report: nothing was evicted or nominated for the pods to follow.
  if (recording.starts_with("preempt-")) options.preemption = simulate::PreemptionMode::kReport;
  options.detail = how.detail;
  options.write_decision = [&](std::string_view line) { decisions.emplace_back(line); };
  const auto simulation = simulate::Simulation::Make(
      *std::move(objects), ConfigurationOf(recording), plugins::MakeRegistry(), std::move(options));
  if (!simulation) {
    ADD_FAILURE() << simulation.error().message();
    return decisions;
  }
  while ((*simulation)->done() < (*simulation)->pending_count()) (*simulation)->Step();
  return decisions;
}

class Parity : public ::testing::TestWithParam<std::string> {};

// Pods that are held back before any plugin filters (by their gates) were not recorded.
std::vector<json> WithoutHeldBack(const std::vector<std::string>& lines) {
  std::vector<json> decisions;
  for (const auto& line : lines) {
    json decision = json::parse(line);
    if (!decision.contains("code")) decisions.push_back(std::move(decision));
  }
  return decisions;
}

TEST_P(Parity, DecidesAsRecorded) {
  const auto recorded = RecordedDecisions(GetParam());
  ASSERT_FALSE(recorded.empty());
  // A decision that ended with an error has no nodes in any recording.
  const bool detail = std::ranges::any_of(
      recorded, [](const json& decision) { return decision.contains("nodes"); });
  const auto ours = WithoutHeldBack(OurDecisions(GetParam(), {.detail = detail}));
  ASSERT_EQ(recorded.size(), ours.size());
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    EXPECT_EQ(FirstDifference(recorded[i], ours[i]), "") << recorded[i]["pod"];
  }
}

TEST_P(Parity, ThreadsAndCachesChangeNoByte) {
  const auto lines = OurDecisions(GetParam(), {});
  EXPECT_EQ(OurDecisions(GetParam(), {.threads = 2}), lines);
  EXPECT_EQ(OurDecisions(GetParam(), {.caching = framework::ColumnCaching::kOff}), lines);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Parity,
                         ::testing::ValuesIn(NamesIn(Folder() / "golden", kDecisionsSuffix)),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(ParityData, EveryConfigurationLoads) {
  for (const auto& name : NamesIn(Folder() / "configs", ".yaml")) {
    const auto configuration = config::LoadFile((Folder() / "configs" / (name + ".yaml")).string());
    EXPECT_TRUE(configuration) << configuration.error().message();
  }
}

}  // namespace
}  // namespace berth::parity
