// berth record and berth anonymize from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/main/run_berth.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::main {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kCluster = R"(
kind: Node
apiVersion: v1
metadata: {name: rack7}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}
---
kind: Pod
apiVersion: v1
metadata: {name: payroll, namespace: finance}
spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}
)";

class RecordCommandTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  static std::string Read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  simulate::TemporaryFolder folder_;
};

TEST_F(RecordCommandTest, AnonymizesWhatSimulateReads) {
  const std::string input = folder_.Write("in.yaml", kCluster);
  const std::string salt = folder_.Write("salt", "sixteen bytes or more");
  const Outcome done =
      RunBerth({"anonymize", input, "-o", Path("out.json"), "--salt", salt, "--keep", "finance"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, Path("out.json") + ": 2 objects\n");
  EXPECT_THAT(Read(Path("out.json")), AllOf(Not(HasSubstr("rack7")), Not(HasSubstr("payroll")),
                                            HasSubstr(R"("namespace":"finance")")));
  const std::string first = Read(Path("out.json"));
  RunBerth({"anonymize", input, "-o", Path("out.json"), "--salt", salt, "--keep", "finance"});
  EXPECT_EQ(Read(Path("out.json")), first);
  const Outcome simulated = RunBerth({"simulate", "-f", Path("out.json"), "--quiet"});
  EXPECT_EQ(simulated.status, 0) << simulated.err;
}

TEST_F(RecordCommandTest, AnonymizeReadsStandardInput) {
  const Outcome done = RunBerth({"anonymize", "-", "-o", Path("out.json.gz")}, kCluster);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(Read(Path("out.json.gz")), StartsWith("\x1f\x8b"));
}

TEST_F(RecordCommandTest, AnonymizeRefusesWhatIsWrong) {
  const std::string input = folder_.Write("in.yaml", kCluster);
  const Outcome missing = RunBerth({"anonymize", Path("none.json"), "-o", Path("o")});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, AllOf(StartsWith("berth: "), HasSubstr("none.json")));
  const Outcome salt =
      RunBerth({"anonymize", input, "-o", Path("o"), "--salt", folder_.Write("salt", "short")});
  EXPECT_EQ(salt.status, 2);
  EXPECT_THAT(salt.err, HasSubstr("salt: a salt has at least 16 bytes"));
  const Outcome unwritable = RunBerth({"anonymize", input, "-o", Path("none/o")});
  EXPECT_EQ(unwritable.status, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("none/o: cannot be written"));
  EXPECT_EQ(RunBerth({"anonymize", input}).status, 2);
}

TEST_F(RecordCommandTest, RecordNeedsACluster) {
  const Outcome none = RunBerth({"record", "-o", Path("o")});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("needs --kubeconfig or --in-cluster"));
  const Outcome missing = RunBerth({"record", "--kubeconfig", Path("none"), "-o", Path("o")});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("none"));
  EXPECT_EQ(RunBerth({"record", "--kubeconfig", "x"}).status, 2);
}

TEST_F(RecordCommandTest, RecordSaysThatNobodyAnswers) {
  const std::string kubeconfig = folder_.Write("config", R"(
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
)");
  const Outcome done = RunBerth({"record", "--kubeconfig", kubeconfig, "-o", Path("o.json")});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, StartsWith("berth: list nodes: "));
  EXPECT_EQ(Read(Path("o.json")), "");
}

TEST_F(RecordCommandTest, SimulateSaysWhereARecordingIsCutOff) {
  const std::string cut = folder_.Write(
      "cut.json",
      "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"recording\":{},\"items\":[\n]}\n"
      "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}}\n"
      "{\"type\":\"ADD");
  const Outcome done = RunBerth({"simulate", "-f", cut});
  EXPECT_EQ(done.status, 2);
  EXPECT_EQ(done.err,
            "berth: " + cut + ": the recording is cut off: 1 event after its snapshot is whole\n");
}

}  // namespace
}  // namespace berth::main
