// DynamicResources: the words that hold a pod back, and what is reserved, written and given back.
// What devices are chosen is held against recordings of kube-scheduler in tests/parity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/dynamicresources/binding_conditions.h"
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
  // All that PreBind has written where the API server takes everything.
  std::vector<framework::ApiWrite> WritesOf(const PodBuilder& pod);
  std::string PreFilter(const PodBuilder& pod) { return harness_.PreFilter(pod).status.Message(); }

  PluginHarness harness_{"DynamicResources"};
};

TEST_F(DevicesTest, APodWithoutClaimsIsSkipped) {
  EXPECT_EQ(harness_.PreFilter(PodBuilder("p")).status.code, framework::Code::kSkip);
}

TEST_F(DevicesTest, AdvisesWithTheNamesOfTheClaims) {
  devices().SetClaim(Claim("many", 2));
  const auto remedies = harness_.Advise(PodWith("p", "many"));
  ASSERT_EQ(remedies.size(), 1u);
  EXPECT_FALSE(remedies[0].nodes.Test(0));
  EXPECT_TRUE(remedies[0].nodes.Test(1));
  EXPECT_EQ(remedies[0].obstacles[0].text, "no free devices here for the claims many");
}

TEST_F(DevicesTest, AdvisesToReleaseDevicesThatAreElsewhere) {
  devices().SetClaim(Claim("one", 1));
  EXPECT_TRUE(Reserve(PodWith("first", "one"), "a").ok());
  devices().Commit();
  const auto remedies = harness_.Advise(PodWith("p", "one"));
  ASSERT_EQ(remedies.size(), 1u);
  EXPECT_TRUE(remedies[0].nodes.Test(1));
  EXPECT_EQ(remedies[0].obstacles[0].text,
            "the devices of the claims one cannot be used from here");
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

std::vector<framework::ApiWrite> DevicesTest::WritesOf(const PodBuilder& pod) {
  const auto context = ContextOf(pod);
  const auto binding = plugin().PreBind(context, *pod.Build(), 0);
  std::vector<framework::ApiWrite> writes;
  const framework::ApiAnswer fine{200, "{}", ""};
  for (const framework::ApiAnswer* answer = nullptr;; answer = &fine) {
    auto step = binding->Next(context, answer);
    auto* write = std::get_if<framework::ApiWrite>(&step);
    if (write == nullptr) break;
    writes.push_back(*write);
  }
  return writes;
}

constexpr api::Time kNow = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z

TEST_F(DevicesTest, TellsWhatIsToBeWritten) {
  auto claim = Claim("x", 1, "device.attributes['gpu.example.com'].index == 1");
  claim.spec.config.push_back({{"other"}, "{}"});
  claim.spec.config.push_back({{"r"}, R"({"driver":"gpu.example.com"})"});
  devices().SetClaim(claim);
  ASSERT_TRUE(Reserve(PodWith("p", "x"), "a").ok());
  devices().SetTime(kNow);
  const auto writes = WritesOf(PodWith("p", "x"));
  ASSERT_EQ(writes.size(), 2u);
  const std::string path = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/x";
  EXPECT_EQ(writes[0].kind, dra::WriteKind::kStrategicPatch);
  EXPECT_EQ(writes[0].path, path);
  EXPECT_EQ(json::parse(writes[0].body), json::parse(R"({"metadata": {
    "uid": "uid-x", "finalizers": ["resource.kubernetes.io/delete-protection"]}})"));
  EXPECT_EQ(writes[1].path, path + "/status");
  EXPECT_EQ(json::parse(writes[1].body), json::parse(R"({
    "metadata": {"uid": "uid-x"},
    "status": {
      "allocation": {
        "devices": {
          "results": [{"request": "r", "driver": "gpu.example.com", "pool": "a", "device": "gpu-1"}],
          "config": [
            {"source": "FromClass", "opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}},
            {"source": "FromClaim", "requests": ["r"], "opaque": {"driver": "gpu.example.com"}}]},
        "nodeSelector": {"nodeSelectorTerms": [
          {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}]},
        "allocationTimestamp": "2023-11-14T22:13:20Z"},
      "reservedFor": [{"resource": "pods", "name": "p", "uid": "uid-p"}]}})"));

  // Who comes later only enters himself.
  devices().Commit();
  ASSERT_TRUE(Reserve(PodWith("q", "x"), "a").ok());
  const auto later = WritesOf(PodWith("q", "x"));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(json::parse(later[0].body)["status"],
            json::parse(R"({"reservedFor": [{"resource": "pods", "name": "q", "uid": "uid-q"}]})"));
  const auto context = ContextOf(PodWith("q", "x"));
  const auto binding = plugin().PreBind(context, *PodWith("q", "x").Build(), 0);
  EXPECT_TRUE(binding->Undo(context).empty());  // nothing has been written yet
  (void)binding->Next(context, nullptr);
  const auto undo = binding->Undo(context);
  ASSERT_EQ(undo.size(), 1u);
  EXPECT_EQ(json::parse(undo[0].body), json::parse(R"({"metadata": {"uid": "uid-x"},
    "status": {"reservedFor": [{"$patch": "delete", "uid": "uid-q"}]}})"));
}

TEST_F(DevicesTest, DeallocatesOnlyWhatNobodyHasChanged) {
  auto claim = Claim("x", 1);
  claim.meta.resource_version = "7";
  const dra::ApiWrite write = dra::Deallocate(claim);
  EXPECT_EQ(write.kind, dra::WriteKind::kMergePatch);
  EXPECT_EQ(json::parse(write.body), json::parse(R"({"metadata": {"resourceVersion": "7"},
    "status": {"allocation": null, "reservedFor": null, "devices": null}})"));
  EXPECT_EQ(dra::DeleteClaim(claim).path,
            "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/x");
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

// Explain stands in for Filter where few nodes have changed.
TEST_F(DevicesTest, ExplainRemembersFailuresAsFilterDoes) {
  devices().SetClaim(Claim("x", 1, "device.attributes['gpu.example.com'].nope == 1"));
  const auto context = ContextOf(PodWith("p", "x"));
  const auto state = plugin().NewState(context);
  EXPECT_EQ(plugin().FailedNodes(context, *state)->Count(), 0u);
  EXPECT_EQ(plugin().Explain(context, *state, 1).code, framework::Code::kError);
  const auto failed = plugin().FailedNodes(context, *state);
  EXPECT_TRUE(failed->Test(1));
  EXPECT_EQ(failed->Count(), 1u);
  devices().RemoveSlice("slice-b");
  EXPECT_EQ(plugin().Explain(context, *state, 1).code,
            framework::Code::kUnschedulableAndUnresolvable);
  EXPECT_EQ(plugin().FailedNodes(context, *state)->Count(), 0u);
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

// ---- Extended resources ----

PodBuilder PodThatAsksFor(const std::string& resource, const std::string& amount) {
  PodBuilder pod("p");
  pod.pod().meta.uid = "uid-p";
  pod.Requests({{resource, amount}});
  return pod;
}

TEST_F(DevicesTest, ExtendedResourcesComeFromDevicesWhereANodeHasNone) {
  auto gpu = Class("gpu");
  gpu.extended_resource_name = "example.com/gpu";
  devices().SetClass(gpu);
  harness_.AddNode(NodeBuilder("own").Allocatable({{"example.com/gpu", "4"}}));
  EXPECT_THAT(harness_.Passing(PodThatAsksFor("example.com/gpu", "2")), ElementsAre("a", "own"));
  EXPECT_THAT(harness_.Passing(PodThatAsksFor("deviceclass.resource.kubernetes.io/gpu", "1")),
              ElementsAre("a", "b"));
  // Not a resource of any class: not for this plugin to say.
  EXPECT_EQ(harness_.PreFilter(PodThatAsksFor("example.com/other", "1")).status.code,
            framework::Code::kSkip);

  ASSERT_TRUE(Reserve(PodThatAsksFor("example.com/gpu", "1"), "a").ok());
  const auto* claim = devices().FindClaim("default", cluster::ExtendedClaimName("p"));
  ASSERT_NE(claim, nullptr);
  const json created = json::parse(
      dra::CreateClaim(claim->object, *PodThatAsksFor("example.com/gpu", "1").Build()).body);
  EXPECT_EQ(created["metadata"]["generateName"], "p-extended-resources-");
  EXPECT_EQ(created["spec"], json::parse(R"({"devices": {"requests": [
    {"name": "container-0-request-0",
     "exactly": {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}}]}})"));
  const auto asks = ContextOf(PodThatAsksFor("example.com/gpu", "1"));
  EXPECT_NE(plugin().PreBind(asks, *PodThatAsksFor("example.com/gpu", "1").Build(), 0), nullptr);
  EXPECT_THAT(harness_.Passing(PodThatAsksFor("example.com/gpu", "2")), ElementsAre("own"));
  Unreserve(PodThatAsksFor("example.com/gpu", "1"), "a");
  EXPECT_THAT(harness_.Passing(PodThatAsksFor("example.com/gpu", "2")), ElementsAre("a", "own"));
}

TEST_F(DevicesTest, AClaimLeftOverFromAnEarlierCycleHasToGoFirst) {
  auto gpu = Class("gpu");
  gpu.extended_resource_name = "example.com/gpu";
  devices().SetClass(gpu);
  devices().SetClaim(Claim("left", 1));
  auto pod = PodThatAsksFor("example.com/gpu", "1");
  pod.pod().status.extended_resource_claim = "left";
  EXPECT_EQ(harness_.Explain(pod, "a"),
            "UnschedulableAndUnresolvable: cannot schedule extended resource claim");
  EXPECT_EQ(PostFilter(pod, {"a"}), "deletion of ResourceClaim completed");
  EXPECT_EQ(harness_.Explain(pod, "a"), "Success");
}

TEST(ExtendedClaim, InitContainersTakeWhatLaterOnesWillGet) {
  const auto container = [](const std::string& name, const std::string& amount, bool sidecar) {
    api::Container made;
    made.name = name;
    made.resources.requests = support::Resources({{"cpu", "1"}, {"example.com/gpu", amount}});
    made.restart_always = sidecar;
    return made;
  };
  api::PodSpec spec;
  spec.init_containers = {container("i", "3", false), container("s", "1", true),
                          container("j", "3", false)};
  spec.containers = {container("x", "1", false)};
  const auto claim = dra::MakeExtendedClaim(spec, {{"example.com/gpu", "gpu"}});
  std::vector<std::pair<std::string, std::int64_t>> requests;
  for (const auto& request : claim.spec.requests) {
    requests.emplace_back(request.name, request.exactly->count);
  }
  EXPECT_THAT(requests,
              ElementsAre(Pair("container-1-request-1", 1), Pair("container-2-request-1", 2),
                          Pair("container-3-request-1", 1)));
  std::vector<std::pair<std::string, std::string>> mappings;
  for (const auto& mapping : claim.mappings) {
    mappings.emplace_back(mapping.container, mapping.request.substr(0, 11));
  }
  EXPECT_THAT(mappings, ElementsAre(Pair("s", "container-1"), Pair("x", "container-3"),
                                    Pair("i", "container-1"), Pair("i", "container-3"),
                                    Pair("i", "container-2"), Pair("j", "container-3"),
                                    Pair("j", "container-2")));
  EXPECT_EQ(json::parse(dra::ExtendedStatusPatch("c", {claim.mappings[0]})), json::parse(R"({
    "status": {"extendedResourceClaimStatus": {
      "requestMappings": [{"containerName": "s", "requestName": "container-1-request-1",
                           "resourceName": "example.com/gpu"}],
      "resourceClaimName": "c"}}})"));
}

// ---- Binding conditions ----

api::ResourceClaim BoundClaim(const std::vector<std::string>& true_conditions) {
  auto claim = Claim("x", 1);
  api::AllocatedDevice device;
  device.request = "r";
  device.driver = "gpu.example.com";
  device.pool = "a";
  device.device = "gpu-0";
  device.binding_conditions = {"Attached", "Ready"};
  device.binding_failure_conditions = {"Broken"};
  claim.allocation.emplace();
  claim.allocation->devices.push_back(device);
  claim.allocation->timestamp = kNow;
  claim.device_statuses.push_back({"gpu.example.com", "a", "gpu-0", "", true_conditions});
  return claim;
}

TEST(BindingConditions, AreReadyPendingFailedOrTooLate) {
  using dra::Binding;
  using std::chrono::seconds;
  constexpr api::Time kSecond = 1'000'000'000;
  const auto binding = [](const api::ResourceClaim& claim, std::optional<api::Time> now) {
    return dra::BindingOf(claim, now, seconds(600));
  };
  EXPECT_EQ(binding(BoundClaim({"Attached", "Ready"}), kNow + 700 * kSecond), Binding::kReady);
  EXPECT_EQ(binding(BoundClaim({"Ready"}), kNow + 500 * kSecond), Binding::kPending);
  EXPECT_EQ(binding(BoundClaim({"Ready"}), kNow + 700 * kSecond), Binding::kTimedOut);
  // No time passes.
  EXPECT_EQ(binding(BoundClaim({"Ready"}), std::nullopt), Binding::kPending);
  EXPECT_EQ(binding(BoundClaim({"Attached", "Ready", "Broken"}), kNow), Binding::kFailed);
  auto silent = BoundClaim({});
  silent.device_statuses.clear();
  EXPECT_EQ(binding(silent, kNow), Binding::kPending);
  EXPECT_EQ(binding(Claim("x", 1), kNow), Binding::kReady);
  const auto ready = BoundClaim({"Attached", "Ready"});
  const api::ResourceClaim* both[] = {&ready, &silent};
  EXPECT_EQ(dra::BindingOf(both, kNow, seconds(600)), Binding::kPending);
}

TEST_F(DevicesTest, DevicesThatDidNotBecomeReadyCanBeUsedNowhere) {
  devices().SetClaim(BoundClaim({"Ready"}));
  EXPECT_THAT(harness_.Passing(PodWith("p", "x")), ElementsAre("a", "b"));
  devices().SetTime(kNow + 700'000'000'000);
  EXPECT_EQ(harness_.Explain(PodWith("p", "x"), "a"),
            "UnschedulableAndUnresolvable: resourceclaim not available on the node");
  EXPECT_EQ(PostFilter(PodWith("p", "x"), {"a"}), "deallocation of ResourceClaim completed");
  devices().SetClaim(BoundClaim({"Broken"}));
  EXPECT_THAT(harness_.Passing(PodWith("p", "x")), IsEmpty());
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
