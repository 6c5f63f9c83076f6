#include "scheduler/api/defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "scheduler/api/pod_defaults.h"
#include "tests/api/read_text.h"

namespace berth::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::Result<ClusterObjects> ReadWithDefaults(std::string_view json) {
  const auto executor = base::MakeExecutor(1);
  Reader reader(*executor);
  BERTH_TRY(reader.ReadJson(PaddedText(json), "test.json"));
  ClusterObjects objects = reader.Take();
  BERTH_TRY(ApplyDefaults(objects, reader.specs()));
  const PodSpec once = objects.pods.empty() ? PodSpec() : *objects.pods[0].spec;
  BERTH_TRY(ApplyDefaults(objects, reader.specs()));
  EXPECT_TRUE(objects.pods.empty() || *objects.pods[0].spec == once) << "applying twice is once";
  return objects;
}

std::string Pod(const std::string& spec, const std::string& metadata = R"("name":"p")") {
  return R"({"kind":"Pod","metadata":{)" + metadata + R"(},"spec":)" + spec + "}";
}

PodSpec SpecOf(const std::string& spec, const std::string& others = "") {
  const auto objects = ReadWithDefaults(Pod(spec) + others);
  EXPECT_TRUE(objects) << objects.error().message();
  return objects ? *objects->pods[0].spec : PodSpec();
}

std::int64_t Milli(const ResourceList& resources, std::string_view name) {
  const Quantity* amount = resources.Find(name);
  return amount == nullptr ? -1 : amount->MilliValue();
}

TEST(DefaultsTest, Identity) {
  const auto objects = ReadWithDefaults(
      R"({"kind":"Pod","metadata":{"name":"p"}} {"kind":"Node","metadata":{"name":"n"}})"
      R"({"kind":"Namespace","metadata":{"name":"ns"}}
          {"kind":"Service","metadata":{"name":"s"}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods[0].Key(), "default/p");
  EXPECT_EQ(objects->pods[0].meta.uid, "default/p");
  EXPECT_EQ(objects->pods[0].spec->scheduler_name, "default-scheduler");
  EXPECT_EQ(objects->nodes[0].meta.uid, "n");
  EXPECT_EQ(objects->services[0].meta.namespace_name, "default");
  EXPECT_EQ(*objects->namespaces[0].meta.labels.Find("kubernetes.io/metadata.name"), "ns");
}

TEST(DefaultsTest, GeneratedNamesAreUniqueAndTheSameOnEveryRun) {
  std::string json;
  for (int i = 0; i < 100; ++i) json += Pod("{}", R"("generateName":"web-")");
  const auto one = ReadWithDefaults(json);
  const auto two = ReadWithDefaults(json);
  ASSERT_TRUE(one && two);
  std::set<std::string> names;
  for (std::size_t i = 0; i < one->pods.size(); ++i) {
    const std::string& name = one->pods[i].meta.name;
    EXPECT_EQ(name, two->pods[i].meta.name);
    EXPECT_EQ(name.size(), 9u);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 100u);
}

TEST(DefaultsTest, NameSuffixesDiffer) {
  std::set<std::string> suffixes;
  for (std::uint64_t i = 0; i < 200'000; ++i) suffixes.insert(NameSuffix(i));
  EXPECT_EQ(suffixes.size(), 200'000u);
}

TEST(DefaultsTest, AllocatableFromCapacity) {
  const auto objects = ReadWithDefaults(
      R"({"kind":"Node","metadata":{"name":"a"},"status":{"capacity":{"cpu":"4","pods":"9"}}}
         {"kind":"Node","metadata":{"name":"b"},"status":{"capacity":{"cpu":"4","pods":"9"},
          "allocatable":{"cpu":"0.0035"}}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(Milli(objects->nodes[0].allocatable, "pods"), 9000);
  EXPECT_EQ(Milli(objects->nodes[1].allocatable, "cpu"), 4) << "rounded up to thousandths";
  EXPECT_FALSE(objects->nodes[1].allocatable.Contains("pods"));
}

TEST(DefaultsTest, RequestsFromLimits) {
  const PodSpec spec = SpecOf(R"({"containers":[{"resources":{"limits":{"cpu":"2","memory":"1Gi"},
      "requests":{"cpu":"1"}}}],"initContainers":[{"resources":{"limits":{"cpu":"3"}}}]})");
  EXPECT_EQ(Milli(spec.containers[0].resources.requests, "cpu"), 1000);
  EXPECT_EQ(spec.containers[0].resources.requests.Find("memory")->Value(), 1 << 30);
  EXPECT_EQ(Milli(spec.init_containers[0].resources.requests, "cpu"), 3000);
}

TEST(DefaultsTest, PodLevelRequests) {
  const PodSpec spec = SpecOf(R"({"resources":{"limits":{"cpu":"8","memory":"2Gi"}},
      "containers":[{"resources":{"requests":{"cpu":"1"}}},{"resources":{"requests":{"cpu":"2"}}}],
      "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"500m"}}},
                        {"resources":{"requests":{"cpu":"4"}}}]})");
  EXPECT_EQ(Milli(spec.resources->requests, "cpu"), 4500) << "the init container and its sidecar";
  EXPECT_EQ(spec.resources->requests.Find("memory")->Value(), std::int64_t{2} << 30);
  const PodSpec untouched = SpecOf(R"({"resources":{"requests":{"cpu":"8"}},
      "containers":[{"resources":{"requests":{"memory":"1Gi"}}}]})");
  EXPECT_FALSE(untouched.resources->requests.Contains("memory")) << "no limits, no defaults";
}

TEST(DefaultsTest, Ports) {
  const char* ports = R"("containers":[{"ports":[{"containerPort":80},
      {"containerPort":81,"hostPort":8081,"protocol":"UDP"}]}]})";
  const PodSpec own = SpecOf(std::string("{") + ports);
  EXPECT_THAT(own.containers[0].ports,
              ElementsAre(ContainerPort{80, 0, "TCP", ""}, ContainerPort{81, 8081, "UDP", ""}));
  const PodSpec host = SpecOf(std::string(R"({"hostNetwork":true,)") + ports);
  EXPECT_EQ(host.containers[0].ports[0].host_port, 80);
  EXPECT_EQ(host.containers[0].ports[1].host_port, 8081);
}

constexpr const char* kClasses = R"(
    {"kind":"PriorityClass","metadata":{"name":"high"},"value":100,"preemptionPolicy":"Never"}
    {"kind":"PriorityClass","metadata":{"name":"usual"},"value":7,"globalDefault":true}
    {"kind":"RuntimeClass","metadata":{"name":"kata"},"overhead":{"podFixed":{"cpu":"250m"}},
     "scheduling":{"nodeSelector":{"kata":"yes"},
      "tolerations":[{"key":"kata","operator":"Exists"}]}})";

TEST(DefaultsTest, Priority) {
  const PodSpec high = SpecOf(R"({"priorityClassName":"high"})", kClasses);
  EXPECT_EQ(high.priority, 100);
  EXPECT_EQ(high.preemption_policy, PreemptionPolicy::kNever);
  EXPECT_EQ(SpecOf("{}", kClasses).priority, 7);
  EXPECT_EQ(SpecOf("{}").priority, std::nullopt);
  EXPECT_EQ(SpecOf(R"({"priorityClassName":"system-node-critical"})").priority, 2000001000);
  EXPECT_EQ(SpecOf(R"({"priorityClassName":"high","priority":3})", kClasses).priority, 3);
  EXPECT_EQ(MessageOf(ReadWithDefaults(Pod(R"({"priorityClassName":"nope"})"))),
            "test.json: Pod default/p: spec.priorityClassName: there is no PriorityClass \"nope\"");
}

TEST(DefaultsTest, RuntimeClasses) {
  const PodSpec spec = SpecOf(R"({"runtimeClassName":"kata"})", kClasses);
  EXPECT_EQ(Milli(spec.overhead, "cpu"), 250);
  EXPECT_EQ(*spec.node_selector, (StringMap{{"kata", "yes"}}));
  EXPECT_EQ(spec.tolerations.size(), 1u);
  EXPECT_THAT(MessageOf(ReadWithDefaults(Pod(R"({"runtimeClassName":"nope"})"))),
              HasSubstr("spec.runtimeClassName: there is no RuntimeClass \"nope\""));
  const std::string contradiction = R"({"runtimeClassName":"kata","nodeSelector":{"kata":"no"}})";
  EXPECT_THAT(MessageOf(ReadWithDefaults(Pod(contradiction) + kClasses)),
              HasSubstr("spec.nodeSelector[kata]: contradicts RuntimeClass kata"));
  const std::string admitted = R"("name":"p","creationTimestamp":"2026-01-02T03:04:05Z")";
  EXPECT_TRUE(ReadWithDefaults(Pod(R"({"runtimeClassName":"nope"})", admitted)));
}

TEST(DefaultsTest, LabelKeysAreMergedOnce) {
  const std::string spec = R"({"affinity":{"podAffinity":
      {"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z",
       "labelSelector":{"matchLabels":{"app":"x"}},"matchLabelKeys":["ver","absent"],
       "mismatchLabelKeys":["team"]}]},"podAntiAffinity":
      {"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":
       {"topologyKey":"z","matchLabelKeys":["ver"]}}]}}})";
  const auto objects = ReadWithDefaults(Pod(spec, R"("name":"a","labels":{"ver":"1","team":"t"})") +
                                        Pod(spec, R"("name":"b","labels":{"ver":"2"})"));
  ASSERT_TRUE(objects) << objects.error().message();
  const auto expressions = [&](std::size_t pod) {
    return objects->pods[pod]
        .spec->affinity->pod_affinity->required[0]
        .label_selector->match_expressions;
  };
  EXPECT_THAT(expressions(0), ElementsAre(Requirement{"ver", SelectorOperator::kIn, {"1"}},
                                          Requirement{"team", SelectorOperator::kNotIn, {"t"}}));
  EXPECT_THAT(expressions(1), ElementsAre(Requirement{"ver", SelectorOperator::kIn, {"2"}}));
  EXPECT_FALSE(objects->pods[0].spec->affinity->pod_anti_affinity->preferred[0].term.label_selector)
      << "an absent selector matches nothing, with keys or without";
}

}  // namespace
}  // namespace berth::api
