#include "scheduler/simulate/openb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scheduler/base/executor.h"

namespace berth::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kNodes =
    "sn,cpu_milli,memory_mib,gpu,model\r\n"
    "node-0,32000,1024,0,\r\n"
    "node-1,96000,2048,8,V100M32\r\n";
constexpr std::string_view kPods =
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_"
    "time,"
    "scheduled_time\n"
    "pod-0,12000,16384,2,1000,V100M32|T4,LS,Succeeded,5,12537496,6\n"
    "\n"
    "pod-1,6000,12288,1,460,,BE,Running,427061,12902960,427061\n"
    "pod-2,500,100,0,0,,,,,,\n";

base::Result<api::ClusterObjects> Read(std::string_view text) {
  const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  BERTH_TRY(ReadOpenb(text, "t.csv", reader));
  return reader.Take();
}

std::string Problem(std::string_view text) {
  const auto objects = Read(text);
  return objects ? "no error" : objects.error().message();
}

std::int64_t Value(const api::ResourceList& resources, std::string_view name) {
  const api::Quantity* amount = resources.Find(name);
  return amount == nullptr ? -1 : amount->Value();
}

TEST(OpenbTest, Nodes) {
  const auto objects = Read(kNodes);
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->nodes.size(), 2u);
  const api::Node& plain = objects->nodes[0];
  EXPECT_EQ(Value(plain.allocatable, "cpu"), 32);
  EXPECT_EQ(Value(plain.allocatable, "memory"), std::int64_t{1} << 30);
  EXPECT_EQ(Value(plain.allocatable, "pods"), 1001);
  EXPECT_EQ(Value(plain.allocatable, kGpuResource), -1);
  EXPECT_EQ(plain.meta.labels, (api::StringMap{{"kubernetes.io/hostname", "node-0"}}));
  const api::Node& gpu = objects->nodes[1];
  EXPECT_EQ(Value(gpu.allocatable, kGpuResource), 8);
  EXPECT_EQ(Value(gpu.allocatable, kGpuMilliResource), 8000);
  EXPECT_EQ(*gpu.meta.labels.Find(kGpuModelLabel), "V100M32");
}

TEST(OpenbTest, Pods) {
  const auto objects = Read(kPods);
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->pods.size(), 3u);
  const api::Pod& whole = objects->pods[0];
  EXPECT_EQ(whole.Key(), "default/pod-0");
  EXPECT_FALSE(whole.IsTerminal()) << "whatever became of it in the trace";
  const api::ResourceList& requests = whole.spec->containers[0].resources.requests;
  EXPECT_EQ(requests.Find("cpu")->MilliValue(), 12'000'000 / 1000);
  EXPECT_EQ(Value(requests, kGpuResource), 2);
  EXPECT_EQ(Value(requests, kGpuMilliResource), 2000);
  EXPECT_THAT(whole.spec->affinity->node_affinity->required->terms[0].match_expressions,
              ElementsAre(api::Requirement{
                  std::string(kGpuModelLabel), api::SelectorOperator::kIn, {"V100M32", "T4"}}));
  EXPECT_EQ(*whole.meta.annotations.Find("alibabacloud.com/creation-time"), "5");
  const api::Pod& share = objects->pods[1];
  EXPECT_EQ(Value(share.spec->containers[0].resources.requests, kGpuResource), -1);
  EXPECT_EQ(Value(share.spec->containers[0].resources.requests, kGpuMilliResource), 460);
  EXPECT_FALSE(share.spec->affinity);
  EXPECT_EQ(Value(objects->pods[2].spec->containers[0].resources.requests, kGpuMilliResource), -1);
}

TEST(OpenbTest, TellsTablesFromOtherText) {
  EXPECT_TRUE(LooksLikeOpenb(kNodes));
  EXPECT_TRUE(LooksLikeOpenb(kPods));
  EXPECT_FALSE(LooksLikeOpenb("kind: Pod\n"));
  EXPECT_FALSE(LooksLikeOpenb(""));
}

TEST(OpenbTest, ErrorsNameLineAndColumn) {
  const std::string header = "sn,cpu_milli,memory_mib,gpu\n";
  EXPECT_EQ(Problem(header + "a,1,1,0\nb,x1,1,0\n"),
            "t.csv: line 3 column 2 (cpu_milli): expected an integer in 0..1000000000, got \"x1\"");
  EXPECT_THAT(Problem(header + "a,-1,1,0\n"), HasSubstr("line 2 column 2"));
  EXPECT_THAT(Problem(header + "a,1,1\n"), HasSubstr("line 2: has 3 fields, the header has 4"));
  EXPECT_THAT(Problem(header + ",1,1,0\n"), HasSubstr("line 2 column 1 (sn): is empty"));
  EXPECT_THAT(Problem(header + "\"a\",1,1,0\n"), HasSubstr("line 2: quoted fields"));
  EXPECT_THAT(Problem("a,b\n1,2\n"), HasSubstr("line 1: not the header"));
  EXPECT_THAT(Problem("name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1,1,2,500\n"),
              HasSubstr("line 2 column 5 (gpu_milli): must be 1000 with more than one GPU"));
}

}  // namespace
}  // namespace berth::simulate
