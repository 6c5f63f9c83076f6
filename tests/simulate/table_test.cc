#include <gtest/gtest.h>

#include "scheduler/simulate/table_output.h"
#include "tests/simulate/sample_summary.h"

namespace berth::simulate {
namespace {

TEST(Table, ShowsEverythingTheVerdictFirst) {
  EXPECT_EQ(TableOutput(SampleSummary()),
            R"(3 of 6 pods placed, 2 unschedulable, 1 gated, 4 left to other schedulers

Nodes: 3, 2 used, 1 empty

Utilisation (requested / allocatable, over nodes)
RESOURCE         REQUESTED  ALLOCATABLE   MEAN    MIN     MAX  STDDEV
cpu              2.0 cores    8.0 cores  33.3%   0.0%   75.0%   31.2%
memory            12.0 GiB     24.0 GiB  50.0%   0.0%  100.0%   40.8%
example.com/gpu          1            4  25.0%  25.0%   25.0%    0.0%

Why pods did not fit
PODS  NODES  PLUGIN            REASON
   2      4  NodeResourcesFit  Insufficient cpu
   2      3  NodeResourcesFit  Insufficient memory
   1      2  NodeName          node(s) didn't match the requested node name

Loaded in 0.25 s, 5 decisions in 0.002 s: 2,500 pods/s
Decision latency: p50 900 ns, p90 12.5 us, p99 3.0 ms, max 1.50 s
)");
}

TEST(Table, SaysThatItWasInterrupted) {
  Summary summary;
  summary.interrupted = true;
  summary.counts = {.placed = 1'234'567, .not_tried = 5};
  EXPECT_TRUE(TableOutput(summary).starts_with(
      "Interrupted: 1,234,567 of 1,234,572 pods placed, 0 unschedulable, 0 gated, 5 not tried\n"));
}

TEST(Table, LeavesOutWhatIsEmpty) {
  const std::string table = TableOutput(Summary());
  EXPECT_TRUE(table.starts_with("0 of 0 pods placed, 0 unschedulable, 0 gated\n"));
  EXPECT_EQ(table.find("Why"), std::string::npos);
}

TEST(Table, CutsALongListOfReasons) {
  Summary summary;
  for (int i = 0; i < 30; ++i) {
    summary.failure_counts.push_back({"P", "reason " + std::to_string(i), 1, 1});
  }
  EXPECT_NE(TableOutput(summary).find("and 10 more reasons\n"), std::string::npos);
}

TEST(Table, ShowsNoControlCharacters) {
  Summary summary;
  summary.failure_counts = {{"P", "Insufficient a\x1b[31m\n/b", 1, 1}};
  EXPECT_NE(TableOutput(summary).find("Insufficient a?[31m?/b\n"), std::string::npos);
}

}  // namespace
}  // namespace berth::simulate
