// What is kept of the JSON of objects, and what stands in where there is none.
#include "scheduler/extender/object_texts.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "scheduler/extender/known_json.h"
#include "tests/support/builders.h"

namespace berth::extender {
namespace {

using nlohmann::json;
using support::NodeBuilder;
using support::PodBuilder;

config::Extender Configured(bool names_only) {
  config::Extender extender;
  extender.filter_verb = "filter";
  extender.node_cache_capable = names_only;
  return extender;
}

template <typename T>
json Shown(const ObjectTexts& texts, const T& object) {
  std::string text;
  texts.Append(object, text);
  return json::parse(text);
}

TEST(TextsWanted, IsWhatTheVerbsAskFor) {
  const auto wanted = [](const config::Extender& extender) { return WantedBy({&extender, 1}); };
  EXPECT_FALSE(WantedBy({}).any());
  EXPECT_TRUE(wanted(Configured(true)).pods);
  EXPECT_FALSE(wanted(Configured(true)).nodes);
  EXPECT_TRUE(wanted(Configured(false)).nodes);
  EXPECT_FALSE(wanted(Configured(false)).placed_pods);
  config::Extender binder;
  binder.bind_verb = "bind";
  EXPECT_FALSE(wanted(binder).any());
  config::Extender preempts;
  preempts.preempt_verb = "preempt";
  EXPECT_TRUE(wanted(preempts).placed_pods);
  EXPECT_FALSE(wanted(preempts).nodes);
}

TEST(ObjectTexts, KeepsTheTextOfAPodUntilItHasANode) {
  ObjectTexts texts({.pods = true});
  PodBuilder pod("p");
  texts.Set(*pod.Build(), R"({"unknown":1})");
  EXPECT_EQ(Shown(texts, *pod.Build()), json({{"unknown", 1}}));
  pod.pod().node_name = "n";
  texts.Set(*pod.Build(), R"({"unknown":2})");
  EXPECT_EQ(texts.size(), 0u);
  EXPECT_EQ(Shown(texts, *pod.Build())["spec"]["nodeName"], "n");
}

TEST(ObjectTexts, ForgetsWhatIsRemovedAndWhatNobodyWants) {
  ObjectTexts texts({.pods = true});
  const auto pod = PodBuilder("p").Build();
  const auto node = NodeBuilder("n").Build();
  texts.Set(*node, "{}");
  EXPECT_EQ(texts.size(), 0u);
  texts.Set(*pod, "{}");
  texts.Remove(*pod);
  texts.Remove(*node);
  EXPECT_EQ(texts.size(), 0u);
}

TEST(KnownJson, TellsWhatIsKnown) {
  PodBuilder pod("p");
  pod.Label("app", "web").Requests({{"cpu", "1500m"}}).NodeSelector("disk", "ssd");
  pod.spec().priority = 7;
  const json shown = json::parse(KnownPodJson(*pod.Build()));
  EXPECT_EQ(shown["metadata"]["name"], "p");
  EXPECT_EQ(shown["metadata"]["labels"]["app"], "web");
  EXPECT_EQ(shown["spec"]["containers"][0]["resources"]["requests"]["cpu"], "1500m");
  EXPECT_EQ(shown["spec"]["nodeSelector"]["disk"], "ssd");
  EXPECT_EQ(shown["spec"]["priority"], 7);
  const json node = json::parse(
      KnownNodeJson(*NodeBuilder("n").Taint("k", "v", api::TaintEffect::kNoSchedule).Build()));
  EXPECT_EQ(node["metadata"]["name"], "n");
  EXPECT_EQ(node["spec"]["taints"][0]["effect"], "NoSchedule");
  EXPECT_EQ(node["status"]["allocatable"]["cpu"], "4");
}

TEST(KnownJson, CompletesAManifest) {
  PodBuilder pod("web-abcde");
  pod.pod().meta.uid = "u";
  pod.spec().scheduler_name = "default-scheduler";
  pod.spec().priority = 3;
  const json shown = json::parse(CompletedPodJson(
      R"({"metadata":{"generateName":"web-","managedFields":[1],"annotations":{"a":"b"}},
          "spec":{"strange":true}})",
      *pod.Build()));
  EXPECT_EQ(shown["metadata"]["name"], "web-abcde");
  EXPECT_EQ(shown["metadata"]["uid"], "u");
  EXPECT_EQ(shown["metadata"]["annotations"]["a"], "b");
  EXPECT_FALSE(shown["metadata"].contains("managedFields"));
  EXPECT_EQ(shown["spec"]["strange"], true);
  EXPECT_EQ(shown["spec"]["schedulerName"], "default-scheduler");
  EXPECT_EQ(shown["spec"]["priority"], 3);
  EXPECT_EQ(json::parse(CompletedPodJson("nonsense", *pod.Build()))["metadata"]["name"],
            "web-abcde");
}

}  // namespace
}  // namespace berth::extender
