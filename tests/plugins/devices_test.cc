// DynamicResources: the words that hold a pod back, and what is reserved, written and given back.
// What devices are chosen is held against recordings of kube-scheduler in tests/parity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/dynamicresources/dynamic_resources.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using nlohmann::json;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

api::ResourceSlice Slice(const std::string& node, int devices) {
  api::ResourceSlice slice;
  slice.meta.name = "slice-" + node;
  slice.driver = "gpu.example.com";
  slice.pool = node;
  slice.generation = 1;
  slice.slice_count = 1;
  slice.reach.node_name = node;
  for (int i = 0; i < devices; ++i) {
    api::Device device;
    device.name = "gpu-" + std::to_string(i);
    device.attributes["index"] = std::int64_t{i};
    slice.devices.push_back(std::move(device));
  }
  return slice;
}

api::DeviceClass Class(const std::string& name) {
  api::DeviceClass device_class;
  device_class.meta.name = name;
  device_class.config.push_back({{}, R"({"driver":"gpu.example.com","parameters":{"a":1}})"});
  return device_class;
}

api::ResourceClaim Claim(const std::string& name, std::int64_t count,
                         const std::string& selector = "") {
  api::ResourceClaim claim;
  claim.meta.name = name;
  claim.meta.namespace_name = "default";
  claim.meta.uid = "uid-" + name;
  api::DeviceRequest request;
  request.class_name = "gpu";
  request.count = count;
  if (!selector.empty()) request.selectors.push_back(selector);
  claim.spec.requests.push_back({"r", request, {}});
  return claim;
}

PodBuilder PodWith(const std::string& name, const std::string& claim) {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  pod.spec().resource_claims.push_back({"c", claim, ""});
  return pod;
}

class DevicesTest : public ::testing::Test {
 protected:
  DevicesTest() {
    for (const auto* name : {"a", "b"}) harness_.AddNode(NodeBuilder(name));
    devices().SetClass(Class("gpu"));
    devices().SetSlice(Slice("a", 2));
    devices().SetSlice(Slice("b", 1));
  }

  cluster::Devices& devices() { return harness_.cluster().devices; }
  const DynamicResources& plugin() const {
    return dynamic_cast<const DynamicResources&>(harness_.plugin());
  }
  framework::PodContext ContextOf(const PodBuilder& pod) {
    auto& cluster = harness_.cluster();
    return {cluster, cluster.classes.ClassOfPending(*pod.Build())};
  }
  framework::Status Reserve(const PodBuilder& pod, const std::string& node) {
    const auto context = ContextOf(pod);
    const auto state = plugin().NewState(context);
    return plugin().Reserve(context, *state, *pod.Build(), *harness_.cluster().nodes.Find(node));
  }
  void Unreserve(const PodBuilder& pod, const std::string& node) {
    const auto context = ContextOf(pod);
    const auto state = plugin().NewState(context);
    plugin().Unreserve(context, *state, *pod.Build(), *harness_.cluster().nodes.Find(node));
  }
  // `rejected` are the nodes that the plugin was the first to reject.
  std::string PostFilter(const PodBuilder& pod, const std::vector<std::string>& rejected,
                         bool carry_out = true) {
    const auto context = ContextOf(pod);
    const auto state = plugin().NewState(context);
    framework::NodeMask nodes(harness_.cluster().nodes.rows());
    for (const auto& node : rejected) nodes.Set(*harness_.cluster().nodes.Find(node));
    return plugin().PostFilter(context, {state.get(), nodes, carry_out}).status.Message();
  }
  std::string PreEnqueue(const PodBuilder& pod) {
    return plugin().PreEnqueueIn(harness_.cluster(), *pod.Build()).Message();
  }
  std::string PreFilter(const PodBuilder& pod) { return harness_.PreFilter(pod).status.Message(); }

  PluginHarness harness_{"DynamicResources"};
};

TEST_F(DevicesTest, APodWithoutClaimsIsSkipped) {
  EXPECT_EQ(harness_.PreFilter(PodBuilder("p")).status.code, framework::Code::kSkip);
}

TEST_F(DevicesTest, HoldsAPodBackUntilItsClaimsAreThere) {
  const std::string missing = "could not find ResourceClaim \"default/x\"";
  EXPECT_EQ(PreEnqueue(PodWith("p", "x")), missing);
  EXPECT_EQ(PreFilter(PodWith("p", "x")), missing);

  PodBuilder generated("p");
  generated.spec().resource_claims.push_back({"c", "", "template"});
  EXPECT_EQ(PreEnqueue(generated), "pod \"default/p\": ResourceClaim not created yet");
  devices().SetClaim(Claim("p-c", 1));
  generated.pod().status.resource_claims.push_back({"c", "p-c"});
  EXPECT_EQ(PreEnqueue(generated),
            "ResourceClaim default/p-c was not created for Pod default/p (Pod is not owner)");
  auto owned = Claim("p-c", 1);
  owned.meta.owner_references.push_back({"v1", "Pod", "p", "uid-p", true});
  devices().SetClaim(owned);
  generated.pod().meta.uid = "uid-p";
  EXPECT_EQ(PreEnqueue(generated), "");

  PodBuilder nothing("p");
  nothing.spec().resource_claims.push_back({"c", "", ""});
  EXPECT_EQ(PreEnqueue(nothing),
            "pod \"default/p\", spec.resourceClaim \"c\": none of the supported fields are set");
  auto deleted = Claim("gone", 1);
  deleted.meta.deletion_timestamp = 1;
  devices().SetClaim(deleted);
  EXPECT_EQ(PreEnqueue(PodWith("p", "gone")), "resourceclaim \"gone\" is being deleted");
}

TEST_F(DevicesTest, WhatIsReservedIsTakenUntilItIsGivenBack) {
  devices().SetClaim(Claim("x", 2));
  devices().SetClaim(Claim("y", 1));
  EXPECT_THAT(harness_.Passing(PodWith("p", "x")), ElementsAre("a"));
  ASSERT_TRUE(Reserve(PodWith("p", "x"), "a").ok());
  EXPECT_EQ(PreFilter(PodWith("q", "x")),
            "resource claim default/x is in the process of being allocated");
  EXPECT_THAT(harness_.Passing(PodWith("q", "y")), ElementsAre("b"));
  EXPECT_EQ(harness_.Explain(PodWith("q", "y"), "a"),
            "UnschedulableAndUnresolvable: cannot allocate all claims");

  Unreserve(PodWith("p", "x"), "a");
  EXPECT_THAT(harness_.Passing(PodWith("q", "y")), ElementsAre("a", "b"));
  EXPECT_FALSE(devices().FindClaim("default", "x")->object.allocation.has_value());

  ASSERT_TRUE(Reserve(PodWith("p", "x"), "a").ok());
  devices().Commit();
  // Written: others that share the claim go where its devices are.
  EXPECT_EQ(PreFilter(PodWith("q", "x")), "");
  EXPECT_THAT(harness_.Passing(PodWith("q", "x")), ElementsAre("a"));
  EXPECT_EQ(harness_.Explain(PodWith("q", "x"), "b"),
            "UnschedulableAndUnresolvable: resourceclaim not available on the node");
}

TEST_F(DevicesTest, TellsWhatIsToBeWritten) {
  auto claim = Claim("x", 1, "device.attributes['gpu.example.com'].index == 1");
  claim.spec.config.push_back({{"other"}, "{}"});
  claim.spec.config.push_back({{"r"}, R"({"driver":"gpu.example.com"})"});
  devices().SetClaim(claim);
  ASSERT_TRUE(Reserve(PodWith("p", "x"), "a").ok());
  const auto texts = plugin().ClaimsToWrite(ContextOf(PodWith("p", "x")));
  ASSERT_EQ(texts.size(), 1u);
  const json written = json::parse(texts[0]);
  EXPECT_EQ(written["metadata"]["finalizers"], json({"resource.kubernetes.io/delete-protection"}));
  EXPECT_EQ(written["status"], json::parse(R"({
    "allocation": {
      "devices": {
        "results": [{"request": "r", "driver": "gpu.example.com", "pool": "a", "device": "gpu-1"}],
        "config": [
          {"source": "FromClass",
           "opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}},
          {"source": "FromClaim", "requests": ["r"], "opaque": {"driver": "gpu.example.com"}}]},
      "nodeSelector": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}]}},
    "reservedFor": [{"resource": "pods", "name": "p", "uid": "uid-p"}]})"));
}

TEST_F(DevicesTest, GivesUpDevicesOutOfReachForAPodThatFitsNowhere) {
  EXPECT_EQ(PostFilter(PodBuilder("p"), {}), "no new claims to deallocate");
  devices().SetClaim(Claim("x", 2));
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {"b"}), "still not schedulable");
  ASSERT_TRUE(Reserve(PodWith("p", "x"), "a").ok());
  devices().Commit();
  // The pod was not rejected by this plugin, or only where the devices are.
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {}), "still not schedulable");
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {"a"}), "still not schedulable");
  // Another pod has the claim.
  EXPECT_EQ(PostFilter(PodWith("q", "x"), {"b"}), "still not schedulable");
  const std::string done = "deallocation of ResourceClaim completed";
  devices().SetClaim(Claim("y", 1));
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {"b"}, false), done);
  EXPECT_THAT(harness_.Passing(PodWith("q", "y")), ElementsAre("b"));
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {"b"}), done);
  EXPECT_THAT(harness_.Passing(PodWith("q", "y")), ElementsAre("a", "b"));
}

TEST_F(DevicesTest, AFailingSelectorIsAnErrorOfTheNode) {
  devices().SetClaim(Claim("x", 1, "device.attributes['gpu.example.com'].nope == 1"));
  EXPECT_THAT(harness_.Passing(PodWith("p", "x")), IsEmpty());
  EXPECT_EQ(harness_.Explain(PodWith("p", "x"), "a"),
            "Error: claim default/x: selector #0: CEL runtime error: no such key: nope");
}

TEST_F(DevicesTest, EndsASearchThatHasNoEnd) {
  // 24 devices on each side, of which 25 are to be on one.
  auto slice = Slice("a", 48);
  for (std::size_t i = 0; i < 48; ++i) {
    slice.devices[i].attributes["numa"] = static_cast<std::int64_t>(i / 24);
  }
  devices().SetSlice(slice);
  auto claim = Claim("x", 25);
  claim.spec.constraints.push_back({{}, "gpu.example.com/numa", ""});
  devices().SetClaim(claim);
  EXPECT_EQ(harness_.Explain(PodWith("p", "x"), "a"),
            "Error: node a: timed out trying to allocate devices");
}

TEST_F(DevicesTest, EarlierAlternativesScoreHigher) {
  auto claim = Claim("x", 1);
  api::DeviceRequest two = *claim.spec.requests[0].exactly;
  two.name = "two";
  two.count = 2;
  api::DeviceRequest one = two;
  one.name = "one";
  one.count = 1;
  claim.spec.requests = {{"r", std::nullopt, {two, one}}};
  devices().SetClaim(claim);
  EXPECT_THAT(harness_.RawScores(PodWith("p", "x")),
              UnorderedElementsAre(Pair("a", 8), Pair("b", 7)));
}

}  // namespace
}  // namespace berth::plugins
