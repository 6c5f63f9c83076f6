// The openb tables themselves: a production cluster of 1,523 nodes and its 8,152 pods, from
// github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv (the trace is Alibaba's
// cluster-trace-gpu-v2023). They are not in this repository: BERTH_OPENB_DATA names their folder,
// and without it these tests are skipped.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "plugins/registry.h"
#include "scheduler/simulate/run.h"

namespace berth::simulate {
namespace {

using nlohmann::json;

struct Tables {
  std::string_view name;  // of the test
  std::string_view nodes;
  std::string_view pods;
};

class OpenbDataTest : public testing::TestWithParam<Tables> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("BERTH_OPENB_DATA");
    if (folder == nullptr || *folder == '\0') {
      GTEST_SKIP() << "BERTH_OPENB_DATA does not name the folder of the openb tables";
    }
    folder_ = folder;
  }

  std::string PathOf(std::string_view table) const { return (folder_ / table).string(); }

  // Lines behind the header that are not empty.
  std::int64_t RowsOf(std::string_view table) const {
    std::ifstream in(PathOf(table));
    std::int64_t rows = -1;
    for (std::string line; std::getline(in, line);) rows += line.empty() || line == "\r" ? 0 : 1;
    return rows;
  }

  // The JSON summary of a run over both tables; null if it failed.
  static json Simulate(const Options& options) {
    std::string output;
    const std::atomic<bool> interrupted = false;
    const framework::Registry registry = plugins::MakeRegistry();
    const RunEnvironment environment{registry, interrupted, [&](std::string_view text) {
                                       output += text;
                                       return true;
                                     }};
    const auto end = simulate::Run(options, environment);
    if (!end) {
      ADD_FAILURE() << end.error().error.message();
      return nullptr;
    }
    EXPECT_EQ(*end, RunEnd::kComplete);
    return json::parse(output);
  }

 private:
  std::filesystem::path folder_;
};

TEST_P(OpenbDataTest, EveryPodIsReadAndAccountedFor) {
  Options options;
  options.inputs = {PathOf(GetParam().nodes), PathOf(GetParam().pods)};
  options.output = OutputFormat::kJson;
  options.quiet = true;
  const json summary = Simulate(options);
  ASSERT_TRUE(summary.is_object());

  EXPECT_EQ(summary["nodes"]["total"], RowsOf(GetParam().nodes));
  const json& pods = summary["pods"];
  EXPECT_GT(RowsOf(GetParam().pods), 8000);
  EXPECT_EQ(pods["total"], RowsOf(GetParam().pods));
  EXPECT_EQ(pods["placed"].get<std::int64_t>() + pods["unschedulable"].get<std::int64_t>(),
            pods["total"].get<std::int64_t>());
  // All of them are for the default scheduler.
  EXPECT_EQ(pods["otherScheduler"], 0);
  EXPECT_GT(pods["placed"], 0);
  for (const json& resource : summary["utilization"]) {
    EXPECT_LE(resource["max"].get<double>(), 1.0) << resource["resource"];
  }
}

constexpr std::string_view kGpuNodes = "openb_node_list_gpu_node.csv";
constexpr std::string_view kAllNodes = "openb_node_list_all_node.csv";

INSTANTIATE_TEST_SUITE_P(
    Tables, OpenbDataTest,
    testing::Values(Tables{"AllNodesDefault", kAllNodes, "openb_pod_list_default.csv"},
                    Tables{"Default", kGpuNodes, "openb_pod_list_default.csv"},
                    Tables{"Cpu250", kGpuNodes, "openb_pod_list_cpu250.csv"},
                    Tables{"GpuShare100", kGpuNodes, "openb_pod_list_gpushare100.csv"},
                    Tables{"GpuSpec33", kGpuNodes, "openb_pod_list_gpuspec33.csv"},
                    Tables{"MultiGpu50", kGpuNodes, "openb_pod_list_multigpu50.csv"}),
    [](const auto& tables) { return std::string(tables.param.name); });

}  // namespace
}  // namespace berth::simulate
