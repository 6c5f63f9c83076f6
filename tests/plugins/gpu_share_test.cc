// GpuShare: which nodes have the GPUs, which of them a pod gets, and what is written of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>

#include "scheduler/api/gpu_names.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using cluster::FormatGpuIndex;
using framework::ApiAnswer;
using framework::ApiWrite;
using framework::Status;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

NodeBuilder Box(const std::string& name, int gpus) {
  return NodeBuilder(name).Allocatable(
      {{"cpu", "96"}, {"pods", "100"}, {"nvidia.com/gpu", std::to_string(gpus)}});
}

PodBuilder Asking(const std::string& name, const std::string& count, const std::string& milli) {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  pod.pod().meta.annotations[api::kGpuCountAnnotation] = count;
  pod.pod().meta.annotations[api::kGpuMilliAnnotation] = milli;
  return pod;
}

PodBuilder On(PodBuilder pod, const std::string& index) {
  pod.pod().meta.annotations[api::kGpuIndexAnnotation] = index;
  return pod;
}

// What Reserve gives the pod on the node, which it then is on.
class Reserving {
 public:
  explicit Reserving(PluginHarness& harness) : harness_(harness) {}

  Status Reserve(const PodBuilder& builder, const std::string& node) {
    harness_.cluster().BeginCycle();
    pod_ = builder.Build();
    class_ = &harness_.cluster().classes.ClassOfPending(*pod_);
    row_ = *harness_.cluster().nodes.Find(node);
    state_ = harness_.plugin().NewState(Context());
    return harness_.plugin().Reserve(Context(), *state_, *pod_, row_);
  }
  void Unreserve() { harness_.plugin().Unreserve(Context(), *state_, *pod_, row_); }
  std::string Place() {
    return FormatGpuIndex(
        harness_.cluster().gpus.DevicesOf(harness_.cluster().AddPod(pod_, *class_, row_)));
  }
  std::unique_ptr<framework::PreBinding> PreBind() {
    return harness_.plugin().PreBind(Context(), *pod_, row_);
  }
  framework::PodContext Context() { return {harness_.cluster(), *class_}; }

 private:
  PluginHarness& harness_;
  std::shared_ptr<const api::Pod> pod_;
  const cluster::PodClass* class_ = nullptr;
  std::unique_ptr<framework::PluginState> state_;
  cluster::NodeIndex row_ = 0;
};

TEST(GpuShare, KeepsNodesWithTheGpus) {
  PluginHarness harness("GpuShare");
  harness.AddNode(NodeBuilder("none"));
  harness.AddNode(Box("one", 1));
  harness.AddNode(Box("four", 4));
  harness.Place(On(Asking("a", "1", "700"), "0"), "one");
  harness.Place(On(Asking("b", "1", "500"), "2"), "four");
  EXPECT_THAT(harness.Passing(Asking("p", "1", "300")), ElementsAre("four", "one"));
  EXPECT_THAT(harness.Passing(Asking("p", "1", "301")), ElementsAre("four"));
  EXPECT_THAT(harness.Passing(Asking("p", "3", "1000")), ElementsAre("four"));
  EXPECT_THAT(harness.Passing(Asking("p", "4", "1000")), IsEmpty());
  EXPECT_THAT(harness.Passing(PodBuilder("p").Requests({{"nvidia.com/gpu", "3"}})),
              ElementsAre("four"));

  const auto share = Asking("p", "1", "301");
  EXPECT_EQ(harness.Explain(share, "one"), "Unschedulable: Insufficient GPU share");
  EXPECT_EQ(harness.Explain(share, "none"), "UnschedulableAndUnresolvable: node(s) had no GPU");
  EXPECT_EQ(harness.Explain(share, "four"), "Success");
  const auto whole = Asking("p", "4", "1000");
  EXPECT_EQ(harness.Explain(whole, "four"), "Unschedulable: Insufficient whole GPUs");
  EXPECT_EQ(harness.Explain(whole, "one"),
            "UnschedulableAndUnresolvable: node(s) had too few GPUs");
}

TEST(GpuShare, RefusesPodsThatAskForNonsense) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 4));
  const auto refused = harness.PreFilter(Asking("p", "2", "500"));
  EXPECT_EQ(refused.status.code, framework::Code::kUnschedulableAndUnresolvable);
  EXPECT_THAT(refused.status.Message(), ::testing::HasSubstr("alibabacloud.com/gpu-count"));
  EXPECT_TRUE(harness.PreFilter(Asking("p", "2", "1000")).status.ok());
}

TEST(GpuShare, HasNothingToDoForPodsWithoutGpus) {
  PluginHarness harness("GpuShare");
  Reserving reserving(harness);
  harness.AddNode(Box("n", 4));
  ASSERT_TRUE(reserving.Reserve(Asking("p", "1", "1"), "n").ok());
  EXPECT_FALSE(harness.plugin().IsIdle(reserving.Context()));
  const cluster::PodClass& plain =
      harness.cluster().classes.ClassOfPending(*PodBuilder("q").Build());
  EXPECT_TRUE(harness.plugin().IsIdle({harness.cluster(), plain}));
}

TEST(GpuShare, ReserveTakesTheTightestGpu) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 4));
  harness.Place(On(Asking("a", "1", "300"), "1"), "n");
  harness.Place(On(Asking("b", "1", "600"), "3"), "n");
  Reserving reserving(harness);
  ASSERT_TRUE(reserving.Reserve(Asking("p", "1", "200"), "n").ok());
  EXPECT_EQ(reserving.Place(), "3");
  ASSERT_TRUE(reserving.Reserve(Asking("q", "2", "1000"), "n").ok());
  EXPECT_EQ(reserving.Place(), "0-2");
  EXPECT_EQ(reserving.Reserve(Asking("r", "1", "1000"), "n").code, framework::Code::kUnschedulable);
}

TEST(GpuShare, RandomChoiceIsAnyThatFits) {
  std::set<std::string> seen;
  for (std::int64_t seed = 0; seed < 40; ++seed) {
    PluginHarness harness("GpuShare",
                          config::GpuShareArgs{config::GpuSelection::kRandom, seed, {}});
    harness.AddNode(Box("n", 4));
    harness.Place(On(Asking("a", "1", "900"), "1"), "n");
    Reserving reserving(harness);
    ASSERT_TRUE(reserving.Reserve(Asking("p", "1", "200"), "n").ok());
    seen.insert(reserving.Place());
  }
  EXPECT_THAT(seen, ElementsAre("0", "2", "3"));
}

TEST(GpuShare, FragmentationDecidesByTypicalPods) {
  config::GpuShareArgs args;
  args.device_selection = config::GpuSelection::kFragmentationGradientDescent;
  config::TypicalGpuPod typical;
  typical.gpu_count = 1;
  typical.gpu_milli = 500;
  args.typical_pods = {typical};
  PluginHarness harness("GpuShare", args);
  harness.AddNode(Box("n", 3));
  harness.Place(On(Asking("a", "1", "300"), "0"), "n");
  harness.Place(On(Asking("b", "1", "200"), "1"), "n");
  Reserving reserving(harness);
  // 300 of the tightest, with 700 left, would leave 400, which no typical pod can use.
  ASSERT_TRUE(reserving.Reserve(Asking("p", "1", "300"), "n").ok());
  EXPECT_EQ(reserving.Place(), "1");
}

TEST(GpuShare, UnreserveForgetsTheChoice) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 4));
  harness.Place(On(Asking("a", "1", "300"), "2"), "n");
  Reserving reserving(harness);
  const auto pod = On(Asking("p", "1", "200"), "1");
  ASSERT_TRUE(reserving.Reserve(pod, "n").ok());
  reserving.Unreserve();
  EXPECT_EQ(reserving.Place(), "1");  // by its annotation, not as was chosen
}

TEST(GpuShare, PreBindTellsThePodItsGpus) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 4));
  Reserving reserving(harness);
  ASSERT_TRUE(reserving.Reserve(Asking("p", "3", "1000"), "n").ok());
  ASSERT_EQ(reserving.Place(), "0-1-2");
  const auto binding = reserving.PreBind();
  ASSERT_NE(binding, nullptr);
  const auto step = binding->Next(reserving.Context(), nullptr);
  const auto* write = std::get_if<ApiWrite>(&step);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->kind, framework::WriteKind::kMergePatch);
  EXPECT_EQ(write->path, "/api/v1/namespaces/default/pods/p/status");
  const auto body = nlohmann::json::parse(write->body);
  EXPECT_EQ(body["metadata"]["uid"], "uid-p");
  EXPECT_EQ(body["metadata"]["annotations"]["alibabacloud.com/gpu-index"], "0-1-2");

  const ApiAnswer written{200, "{}", ""};
  const auto done = binding->Next(reserving.Context(), &written);
  ASSERT_TRUE(std::holds_alternative<Status>(done));
  EXPECT_TRUE(std::get<Status>(done).ok());
}

TEST(GpuShare, PreBindFailsWithTheWrite) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 4));
  Reserving reserving(harness);
  ASSERT_TRUE(reserving.Reserve(Asking("p", "1", "10"), "n").ok());
  reserving.Place();
  const auto binding = reserving.PreBind();
  binding->Next(reserving.Context(), nullptr);
  const ApiAnswer refused{409, "", "the uid is another one"};
  const auto done = binding->Next(reserving.Context(), &refused);
  EXPECT_EQ(std::get<Status>(done).Message(), "the uid is another one");
}

TEST(GpuShare, WakesPodsForRoomOnly) {
  PluginHarness harness("GpuShare");
  harness.AddNode(Box("n", 2));
  const auto waiting = Asking("p", "1", "500");
  const auto gone = PodBuilder("q").Build();
  const auto node = Box("n", 2).Build();
  using framework::EventResource;
  const framework::ObjectChange added{{EventResource::kNode, framework::kAdd}, {}, node.get()};
  EXPECT_EQ(harness.Hint(waiting, added), "Queue");
  EXPECT_EQ(harness.Hint(Asking("p", "3", "1000"), added), "Skip");
  const framework::ObjectChange left{
      {EventResource::kAssignedPod, framework::kDelete}, gone.get(), {}};
  EXPECT_EQ(harness.Hint(waiting, left), "Skip");  // it was on no node
}

}  // namespace
}  // namespace berth::plugins
