// berth sweep and berth compare from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/main/run_berth.h"
#include "tests/sweep/sweep_folder.h"

namespace berth::main {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SweepCommandTest : public ::testing::Test {
 protected:
  std::string File() const { return folder_.Path("sweep.yaml"); }

  sweep::SweepFolder folder_;
};

TEST_F(SweepCommandTest, RunsAndComparesItself) {
  const Outcome sweep = RunBerth({"sweep", File(), "--threads", "1", "--quiet"});
  EXPECT_EQ(sweep.status, 0) << sweep.err;
  EXPECT_EQ(sweep.out + sweep.err, "");
  const std::string results = folder_.Path("results");
  EXPECT_THAT(folder_.Read("results/report.html"), HasSubstr("\"runs\":12"));
  const Outcome compare = RunBerth({"compare", results, results});
  EXPECT_EQ(compare.status, 0) << compare.err;
  EXPECT_THAT(compare.out, HasSubstr("few spread placed"));
}

TEST_F(SweepCommandTest, RefusesWhatIsWrong) {
  const Outcome missing = RunBerth({"sweep", folder_.Path("none.yaml")});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.yaml"));
  const Outcome shard = RunBerth({"sweep", File(), "--shard", "3/3"});
  EXPECT_EQ(shard.status, 2);
  EXPECT_THAT(shard.err, HasSubstr("--shard: \"3/3\" is not I/N"));
  EXPECT_EQ(RunBerth({"sweep", File(), "--shards", "2"}).status, 2);
  EXPECT_EQ(RunBerth({"sweep", File(), "--shard", "0/2", "--gather", "x"}).status, 2);
  const Outcome full = RunBerth({"sweep", File(), "--output-folder", folder_.Path("")});
  EXPECT_EQ(full.status, 2);
  EXPECT_THAT(full.err, HasSubstr("is neither empty nor the results of a sweep"));
}

TEST_F(SweepCommandTest, PrintsAJob) {
  const Outcome job = RunBerth({"sweep", "--emit-job", "--shards", "2", "--image", "x:1", File()});
  EXPECT_EQ(job.status, 0) << job.err;
  EXPECT_THAT(job.out, StartsWith("---\n{\n"));
  EXPECT_THAT(job.out, HasSubstr("\"image\": \"x:1\""));
}

TEST_F(SweepCommandTest, ComparesTwoConfigurations) {
  const Outcome both = RunBerth({"compare", "-f", folder_.Path("nodes.yaml"), "-f",
                                 folder_.Path("few.yaml"), "--config", folder_.Path("spread.yaml"),
                                 "--config", folder_.Path("pack.yaml"), "--quiet"});
  EXPECT_EQ(both.status, 0) << both.err;
  EXPECT_THAT(both.out, HasSubstr("nodes_used"));
  EXPECT_THAT(both.out, HasSubstr("Moved:"));
  const Outcome one = RunBerth({"compare", folder_.Path("")});
  EXPECT_EQ(one.status, 2);
  EXPECT_THAT(one.err, HasSubstr("needs two folders"));
}

}  // namespace
}  // namespace berth::main
