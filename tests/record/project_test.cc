#include "scheduler/record/project.h"

#include <gtest/gtest.h>

namespace berth::record {
namespace {

std::string Of(const std::string& json, std::string_view api_version, std::string_view kind) {
  SameTexts same;
  const ShapePointer shape = ShapeOf(api_version, kind);
  if (shape == nullptr) return "no shape";
  const auto projected = Project(json, {api_version, kind}, *shape, same);
  return projected ? projected->json : projected.error().message();
}

TEST(ProjectTest, KeepsWhatIsNamedAndSaysItsKind) {
  EXPECT_EQ(Of(R"({"metadata":{"name":"n","selfLink":"x"},"spec":{"podCIDR":"10.0.0.0/8",)"
               R"("taints":[{"key":"k","value":"v","effect":"NoSchedule","timeAdded":"t"}]}})",
               "v1", "Node"),
            R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},)"
            R"("spec":{"taints":[{"effect":"NoSchedule","key":"k","value":"v"}]}})");
}

TEST(ProjectTest, KeepsKnownAnnotationsAndConditionsOnly) {
  EXPECT_EQ(Of(R"({"metadata":{"annotations":{"a":"b","alibabacloud.com/gpu-count":"1"}},)"
               R"("status":{"conditions":[{"type":"Mine","status":"True"},)"
               R"({"type":"Ready","status":"True","reason":"Because","message":"m"}]}})",
               "v1", "Node"),
            R"({"apiVersion":"v1","kind":"Node",)"
            R"("metadata":{"annotations":{"alibabacloud.com/gpu-count":"1"}},)"
            R"("status":{"conditions":[{"status":"True","type":"Ready"}]}})");
}

TEST(ProjectTest, PodsKeepTheirTimes) {
  EXPECT_EQ(Of(R"({"metadata":{"annotations":{"berth/duration":"1h","x":"y"},)"
               R"("creationTimestamp":"2026-01-01T00:00:00Z"}})",
               "v1", "Pod"),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"berth/duration":"1h"},)"
            R"("creationTimestamp":"2026-01-01T00:00:00Z"}})");
}

TEST(ProjectTest, TellsDriversNothing) {
  EXPECT_EQ(Of(R"({"spec":{"config":[{"opaque":{"driver":"d","parameters":{"password":"p"}}}]}})",
               "resource.k8s.io/v1", "DeviceClass"),
            R"({"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass",)"
            R"("spec":{"config":[{"opaque":{"driver":"d"}}]}})");
}

TEST(ProjectTest, ValuesOfAnotherTypeHideNothing) {
  EXPECT_EQ(Of(R"({"metadata":"text","spec":{"nodeName":{"a":"b"},"nodeSelector":["x"],)"
               R"("containers":"text","priority":1}})",
               "v1", "Pod"),
            R"({"apiVersion":"v1","kind":"Pod","metadata":null,"spec":{"containers":null,)"
            R"("nodeName":null,"nodeSelector":null,"priority":1}})");
}

TEST(ProjectTest, RefusesWhatIsNoObject) {
  EXPECT_EQ(Of("[]", "v1", "Pod"), "is not a JSON object");
  EXPECT_EQ(Of("{", "v1", "Pod"), "is not a JSON object");
}

TEST(ProjectTest, KnowsNoSecrets) {
  EXPECT_EQ(ShapeOf("v1", "Secret"), nullptr);
  EXPECT_EQ(ShapeOf("v1", "ConfigMap"), nullptr);
  // Of another group than the one that it is known in.
  EXPECT_EQ(ShapeOf("serving.knative.dev/v1", "Service"), nullptr);
}

}  // namespace
}  // namespace berth::record
