// A snapshot and what follows, from an API server over HTTP to a file that simulate reads.
#include "scheduler/record/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "scheduler/base/executor.h"
#include "scheduler/record/output_file.h"
#include "scheduler/simulate/files.h"
#include "scheduler/simulate/input.h"
#include "tests/record/fake_cluster.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::record {
namespace {

using simulate::TemporaryFolder;
using support::StatusResponse;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string NodeItem(const std::string& name) {
  return R"({"metadata":{"name":")" + name +
         R"(","resourceVersion":"7","managedFields":[{"manager":"kubelet"}]},)"
         R"("status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"},"nodeInfo":{"machineID":"m"}}})";
}

std::string PodItem(const std::string& name, const std::string& node, const std::string& created) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"team","uid":"u-)" + name +
         R"(","resourceVersion":"8",)"
         R"("annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{password}"},)"
         R"("creationTimestamp":")" +
         created + R"("},"spec":{"nodeName":")" + node +
         R"(","containers":[{"name":"c","image":"i","command":["run","--token=hidden"],)"
         R"("env":[{"name":"TOKEN","value":"hidden"}],"resources":{"requests":{"cpu":"1"}}}],)"
         R"("volumes":[{"name":"s","secret":{"secretName":"hidden"}}]},"status":{"phase":"Running"}})";
}

std::string Line(const std::string& type, const std::string& item, int version) {
  std::string object = item;
  const auto at = object.find(R"("resourceVersion":")");
  object.replace(at, object.find('"', at + 19) + 1 - at,
                 R"("resourceVersion":")" + std::to_string(version) + "\"");
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

class RecordTest : public ::testing::Test {
 protected:
  base::Result<void> Run(bool follow = false) {
    RecordOptions options{.output = File(), .follow = follow};
    options.flush_every = std::chrono::milliseconds(1);
    return Record(options, {cluster_.client(), cluster_.clock(), interrupted_,
                            [this](std::string_view text) { told_.emplace_back(text); }});
  }

  std::string File() const { return folder_.path() + "/" + name_; }
  std::string Written() const {
    const auto text = simulate::LoadFile(File());
    return text ? std::string(text->view()) : text.error().message();
  }

  base::Result<api::ClusterObjects> Read() const {
    const auto executor = base::MakeExecutor(1);
    return simulate::ReadInput({File()}, simulate::InputFormat::kAuto, *executor);
  }

  std::vector<std::string> Pods() const {
    const auto objects = Read();
    if (!objects) return {objects.error().message()};
    std::vector<std::string> pods;
    for (const api::Pod& pod : objects->pods) pods.push_back(pod.meta.name + "@" + pod.node_name);
    return pods;
  }

  // Follows until the file says so, or long enough.
  void FollowUntil(const std::function<bool()>& done) {
    std::thread watcher([&] {
      for (int i = 0; i < 20'000 && !done(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      interrupted_ = true;
    });
    const auto followed = Run(true);
    watcher.join();
    EXPECT_TRUE(followed) << followed.error().message();
  }

  TemporaryFolder folder_;
  std::string name_ = "cluster.json.gz";
  FakeCluster cluster_;
  std::atomic<bool> interrupted_ = false;
  std::vector<std::string> told_;
};

TEST_F(RecordTest, WritesWhatSchedulingNeedsAndNothingElse) {
  cluster_.Add(kNodesPath, NodeItem("n1"));
  cluster_.Add(kPodsPath, PodItem("new", "", "2026-02-02T00:00:00Z"));
  cluster_.Add(kPodsPath, PodItem("old", "n1", "2026-01-01T00:00:00Z"));
  ASSERT_TRUE(Run());
  EXPECT_THAT(Pods(), ElementsAre("old@n1", "new@"));
  const std::string text = Written();
  for (const char* hidden : {"hidden", "password", "managedFields", "TOKEN", "machineID"}) {
    EXPECT_THAT(text, Not(HasSubstr(hidden)));
  }
  EXPECT_THAT(text, HasSubstr(R"("resourceVersion":"41"})"));
  EXPECT_THAT(told_, ElementsAre(File() + ": 1 node, 2 pods and 0 other objects at version 41"));
}

TEST_F(RecordTest, ListsEverythingAtTheVersionOfTheNodes) {
  ASSERT_TRUE(Run());
  const auto asked = cluster_.asked();
  ASSERT_EQ(asked.size(), 21u);
  EXPECT_EQ(asked[0], "/api/v1/nodes?limit=500");
  EXPECT_EQ(asked[20],
            "/api/v1/pods?limit=500&fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3D"
            "Failed&resourceVersion=41&resourceVersionMatch=Exact");
  const std::vector<std::string> others(asked.begin() + 1, asked.end());
  EXPECT_THAT(others, Each(HasSubstr("&resourceVersion=41&resourceVersionMatch=Exact")));
  EXPECT_THAT(asked, Each(Not(HasSubstr("secrets"))));
  EXPECT_THAT(asked, Each(Not(HasSubstr("configmaps"))));
}

TEST_F(RecordTest, TakesListsInPages) {
  cluster_.Answer(kNodesPath,
                  {.body = R"({"metadata":{"resourceVersion":"41","continue":"a b"},"items":[)" +
                           NodeItem("n1") + "]}"});
  cluster_.Add(kNodesPath, NodeItem("n2"));
  ASSERT_TRUE(Run());
  EXPECT_EQ(cluster_.asked()[1], "/api/v1/nodes?limit=500&continue=a%20b");
  EXPECT_EQ(Read()->nodes.size(), 2u);
}

TEST_F(RecordTest, BeginsAnewWhereTheVersionIsForgotten) {
  cluster_.Add(kNodesPath, NodeItem("n1"));
  cluster_.Answer(kPodsPath, StatusResponse(410, "Expired", "too old"));
  ASSERT_TRUE(Run());
  EXPECT_EQ(cluster_.asked().size(), 42u);
  EXPECT_EQ(Read()->nodes.size(), 1u);
}

TEST_F(RecordTest, GivesUpWhereItIsForgottenAlways) {
  cluster_.Answer(kPodsPath, StatusResponse(410, "Expired", "too old"), true);
  const auto done = Run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("forgets versions sooner"));
}

TEST_F(RecordTest, SaysWhatIsNotServedAndWhatIsOfAnotherMoment) {
  cluster_.Answer(kReplicaSetsPath, StatusResponse(404, "NotFound", "no such thing"));
  cluster_.Answer("/api/v1/services",
                  StatusResponse(504, "Timeout", "Too large resource version: 41, current: 5"));
  ASSERT_TRUE(Run());
  EXPECT_THAT(told_[0], HasSubstr("; not served there: ReplicaSet; of another moment: Service"));
}

TEST_F(RecordTest, LeavesTheOldFileWhereSomethingIsForbidden) {
  std::ofstream(File()) << "old";
  cluster_.Answer(kPodsPath, StatusResponse(403, "Forbidden", "pods is forbidden: User \"u\""));
  const auto done = Run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "list pods: pods is forbidden: User \"u\"");
  EXPECT_EQ(Written(), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(RecordTest, SaysWhereItCannotWrite) {
  name_ = "none/cluster.json";
  const auto done = Run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), StartsWith(File() + ": cannot be written: No such file"));
}

TEST_F(RecordTest, LeavesOutPodsWhoseNodeIsGone) {
  cluster_.Add(kNodesPath, NodeItem("n1"));
  cluster_.Add(kPodsPath, PodItem("lost", "n0", "2026-01-01T00:00:00Z"));
  ASSERT_TRUE(Run());
  EXPECT_EQ(Read()->pods.size(), 0u);
  EXPECT_THAT(told_[0], HasSubstr("left out: 1 pod whose node is gone"));
}

TEST_F(RecordTest, WorkloadsOnlySelect) {
  cluster_.Add(
      kReplicaSetsPath,
      R"({"metadata":{"name":"web","namespace":"team"},"spec":{"replicas":3,)"
      R"("selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},)"
      R"("spec":{"containers":[{"name":"c","image":"hidden"}]}}}})");
  ASSERT_TRUE(Run());
  const auto objects = Read();
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods.size(), 0u);
  ASSERT_EQ(objects->replica_sets.size(), 1u);
  EXPECT_EQ(objects->replica_sets[0].selector->match_labels.size(), 1u);
  EXPECT_THAT(Written(), Not(HasSubstr("hidden")));
}

TEST_F(RecordTest, FollowsWhatHappensFromTheVersionOfTheSnapshot) {
  cluster_.Add(kNodesPath, NodeItem("n1"));
  cluster_.Add(kPodsPath, PodItem("a", "", "2026-01-01T00:00:00Z"));
  cluster_.Happen(kPodsPath, Line("MODIFIED", PodItem("a", "n1", "2026-01-01T00:00:00Z"), 50));
  cluster_.Happen(kPodsPath, Line("ADDED", PodItem("b", "", "2026-01-02T00:00:00Z"), 51));
  cluster_.Happen(kPodsPath, Line("ADDED", PodItem("c", "", "2026-01-03T00:00:00Z"), 52));
  cluster_.Happen(kPodsPath, Line("DELETED", PodItem("b", "", "2026-01-02T00:00:00Z"), 53));
  FollowUntil([&] { return Written().find("DELETED") != std::string::npos; });
  EXPECT_THAT(Pods(), ElementsAre("a@n1", "c@"));
  EXPECT_EQ(told_.back(), File() + ": 4 events after the snapshot");
  EXPECT_THAT(cluster_.asked(), Contains(AllOf(StartsWith("/api/v1/pods?watch=true"),
                                               HasSubstr("&resourceVersion=41&"))));
  EXPECT_THAT(Written(), Not(HasSubstr("hidden")));
}

TEST_F(RecordTest, ANewListBecomesEvents) {
  name_ = "plain.json";
  cluster_.Add(kNodesPath, NodeItem("n1"));
  cluster_.Add(kNodesPath, NodeItem("n2"));
  cluster_.Answer(kNodesPath, {.body = R"({"metadata":{"resourceVersion":"41"},"items":[)" +
                                       NodeItem("n0") + "," + NodeItem("n1") + "]}"});
  cluster_.Answer(kNodesPath, StatusResponse(410, "Expired", "too old resource version"));
  FollowUntil([&] { return Written().find("DELETED") != std::string::npos; });
  const auto objects = Read();
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->nodes.size(), 2u);
  EXPECT_EQ(objects->nodes[0].meta.name + objects->nodes[1].meta.name, "n1n2");
  EXPECT_EQ(told_.back(), File() + ": 2 events after the snapshot");
}

TEST_F(RecordTest, ACutRecordingSaysHowFarItIsWhole) {
  const std::string head = R"({"kind":"List","apiVersion":"v1","recording":{},"items":[)"
                           "\n]}\n";
  ASSERT_TRUE(ReplaceFile(File(), head));
  const std::string event =
      R"({"type":"ADDED","object":{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"x"}}})"
      "\n";
  ASSERT_TRUE(AppendToFile(File(), event + event));
  const auto whole = std::filesystem::file_size(File());
  ASSERT_TRUE(AppendToFile(File(), event));
  EXPECT_TRUE(Read());
  std::filesystem::resize_file(File(), whole + 30);
  EXPECT_EQ(Pods()[0],
            File() + ": the recording is cut off: 2 events after its snapshot are whole");
  std::filesystem::resize_file(File(), 40);
  EXPECT_THAT(Pods()[0], HasSubstr("cut off"));
}

}  // namespace
}  // namespace berth::record
