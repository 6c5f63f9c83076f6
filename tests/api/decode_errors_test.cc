// Every kind of bad input is one clear error with file, object and field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/read_text.h"

namespace berth::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string PodProblem(const std::string& spec) {
  return MessageOf(ReadJsonText(
      R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1","namespace":"team-a"},)"
      R"("spec":)" +
      spec + "}"));
}

std::string NodeProblem(const std::string& fields) {
  return MessageOf(
      ReadJsonText(R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"},)" + fields + "}"));
}

constexpr const char* kPod = "test.json: Pod team-a/web-1: ";

TEST(DecodeErrorsTest, Quantities) {
  EXPECT_EQ(PodProblem(R"({"containers":[{"resources":{"requests":{"cpu":"1.2.3Gi"}}}]})"),
            std::string(kPod) +
                R"(spec.containers[0].resources.requests[cpu]: invalid quantity "1.2.3Gi")");
  EXPECT_EQ(PodProblem(R"({"overhead":{"cpu":"-1"}})"),
            std::string(kPod) + "spec.overhead[cpu]: must not be negative, is -1");
  EXPECT_THAT(PodProblem(R"({"overhead":{"cpu":true}})"),
              HasSubstr("spec.overhead[cpu]: expected a quantity, got a boolean"));
  EXPECT_THAT(NodeProblem(R"("status":{"allocatable":{"memory":-5}})"),
              HasSubstr("status.allocatable[memory]: must not be negative"));
}

TEST(DecodeErrorsTest, Types) {
  EXPECT_THAT(PodProblem(R"({"nodeName":5})"), HasSubstr("spec.nodeName: expected a string, got a "
                                                         "number"));
  EXPECT_THAT(PodProblem(R"({"nodeSelector":{"a":true}})"),
              HasSubstr("spec.nodeSelector[a]: expected a string, got a boolean"));
  EXPECT_THAT(PodProblem(R"({"containers":{}})"),
              HasSubstr("spec.containers: expected an array, got an object"));
  EXPECT_THAT(PodProblem(R"({"containers":[7]})"),
              HasSubstr("spec.containers[0]: expected an object, got a number"));
  EXPECT_THAT(PodProblem(R"({"hostNetwork":"yes"})"), HasSubstr("expected true or false"));
  EXPECT_THAT(PodProblem(R"({"priority":1.5})"), HasSubstr("expected an integer of 32 bits"));
  EXPECT_THAT(PodProblem(R"({"priority":3000000000})"),
              HasSubstr("expected an integer of 32 bits"));
  EXPECT_THAT(PodProblem("[]"), HasSubstr("spec: expected an object, got an array"));
}

TEST(DecodeErrorsTest, Selectors) {
  const auto node_term = [](const std::string& requirement) {
    return PodProblem(
        R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)"
        R"({"nodeSelectorTerms":[{"matchExpressions":[)" +
        requirement + "]}]}}}}");
  };
  EXPECT_THAT(
      node_term(R"({"key":"a","operator":"Near","values":["b"]})"),
      HasSubstr(R"(nodeSelectorTerms[0].matchExpressions[0].operator: unknown operator "Near")"));
  EXPECT_THAT(node_term(R"({"key":"a","operator":"In"})"), HasSubstr("needs at least one value"));
  EXPECT_THAT(node_term(R"({"key":"a","operator":"Exists","values":["b"]})"),
              HasSubstr("takes no values"));
  EXPECT_THAT(node_term(R"({"key":"a","operator":"Gt","values":["1","2"]})"),
              HasSubstr("needs exactly one value"));
  EXPECT_THAT(node_term(R"({"operator":"Exists"})"), HasSubstr("key: is missing"));
  EXPECT_THAT(node_term(R"({"key":"a"})"), HasSubstr("operator: is missing"));
  EXPECT_THAT(
      PodProblem(R"({"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z",)"
                 R"("whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchExpressions":)"
                 R"([{"key":"a","operator":"Gt","values":["1"]}]}}]})"),
      HasSubstr("labelSelector.matchExpressions[0]: operator Gt is not allowed here"));
}

TEST(DecodeErrorsTest, SpreadConstraints) {
  const auto constraint = [](const std::string& fields) {
    return PodProblem(R"({"topologySpreadConstraints":[{)" + fields + "}]}");
  };
  EXPECT_THAT(constraint(R"("maxSkew":0,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule")"),
              HasSubstr("topologySpreadConstraints[0].maxSkew: must be at least 1, is 0"));
  EXPECT_THAT(constraint(R"("maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"Perhaps")"),
              HasSubstr(R"(must be DoNotSchedule or ScheduleAnyway, is "Perhaps")"));
  EXPECT_THAT(constraint(R"("maxSkew":1,"topologyKey":"z")"),
              HasSubstr("whenUnsatisfiable: is missing"));
  EXPECT_THAT(constraint(R"("maxSkew":1,"whenUnsatisfiable":"DoNotSchedule")"),
              HasSubstr("topologyKey: is missing"));
  EXPECT_THAT(constraint(R"("maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule",)"
                         R"("minDomains":0)"),
              HasSubstr("minDomains: must be at least 1"));
}

TEST(DecodeErrorsTest, RangesAndEnums) {
  EXPECT_THAT(PodProblem(R"({"containers":[{"ports":[{"containerPort":0}]}]})"),
              HasSubstr("spec.containers[0].ports[0].containerPort: must be in 1..65535, is 0"));
  EXPECT_THAT(PodProblem(R"({"containers":[{"ports":[{"containerPort":1,"hostPort":70000}]}]})"),
              HasSubstr("hostPort: must be in 0..65535, is 70000"));
  EXPECT_THAT(PodProblem(R"({"containers":[{"ports":[{"containerPort":1,"protocol":"ICMP"}]}]})"),
              HasSubstr("unknown protocol"));
  EXPECT_THAT(PodProblem(R"({"tolerations":[{"key":"a","operator":"Like"}]})"),
              HasSubstr(R"(spec.tolerations[0].operator: unknown operator "Like")"));
  EXPECT_THAT(PodProblem(R"({"tolerations":[{"key":"a","effect":"Never"}]})"),
              HasSubstr(R"(spec.tolerations[0].effect: unknown taint effect "Never")"));
  EXPECT_THAT(PodProblem(R"({"preemptionPolicy":"Always"})"),
              HasSubstr("preemptionPolicy: must be"));
  EXPECT_THAT(NodeProblem(R"("spec":{"taints":[{"key":"a"}]})"), HasSubstr("effect: is missing"));
  EXPECT_THAT(
      PodProblem(R"({"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":)"
                 R"([{"weight":101,"podAffinityTerm":{"topologyKey":"z"}}]}}})"),
      HasSubstr("weight: must be in 1..100, is 101"));
}

TEST(DecodeErrorsTest, Names) {
  EXPECT_EQ(MessageOf(ReadJsonText(R"({"kind":"Pod","metadata":{}})")),
            "test.json: Pod: metadata.name: is missing");
  EXPECT_THAT(MessageOf(ReadJsonText(R"({"metadata":{"name":"x"}})")),
              HasSubstr("test.json: line 1 column 1: an object has no kind"));
  EXPECT_THAT(NodeProblem(R"("x":1)"), HasSubstr("no error"));
}

TEST(DecodeErrorsTest, MalformedJson) {
  EXPECT_THAT(MessageOf(ReadJsonText("nonsense")), StartsWith("test.json: line 1 column 1: "));
  EXPECT_THAT(MessageOf(ReadJsonText(R"({"kind":"Pod","metadata":{"name":"x")")),
              HasSubstr("ends too early"));
  EXPECT_THAT(MessageOf(ReadJsonText("\n{\"kind\":\"Pod\",\"metadata\":{\"name\":tru}}")),
              HasSubstr("malformed JSON (the object starts at line 2 column 1)"));
  EXPECT_THAT(MessageOf(ReadJsonText("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"\xff\"}}")),
              HasSubstr("malformed JSON"));
  EXPECT_THAT(MessageOf(ReadJsonText("{\"kind\":\"Pod\" \"metadata\":{}}")),
              HasSubstr("malformed JSON"));
}

TEST(DecodeErrorsTest, LongTextIsCutInMessages) {
  const std::string message =
      PodProblem(R"({"overhead":{"cpu":")" + std::string(1'000'000, 'x') + "\"}}");
  EXPECT_LT(message.size(), 300u);
  EXPECT_THAT(message, HasSubstr("(1000000 bytes)"));
  EXPECT_LT(PodProblem(R"({"nodeSelector":{")" + std::string(1'000'000, 'k') + "\":1}}").size(),
            400u);
}

TEST(DecodeErrorsTest, HugeStringsAndMapsEndQuickly) {
  EXPECT_EQ(PodProblem(R"({"nodeName":")" + std::string(100'000'000, 'x') + "\"}"),
            std::string(kPod) +
                "spec.nodeName: a string of 100000000 bytes is longer than an API server takes");
  std::string map = "{\"nodeSelector\":{";
  for (int i = 200'000; i > 0; --i) map += "\"k" + std::to_string(i) + "\":\"v\",";
  map.back() = '}';
  EXPECT_THAT(PodProblem(map + "}"), HasSubstr("too many entries"));
}

TEST(DecodeErrorsTest, ListsAreNotNestedWithoutEnd) {
  std::string text = R"({"kind":"List","items":[]})";
  for (int i = 0; i < 20; ++i) text = R"({"kind":"List","items":[)" + text + "]}";
  EXPECT_THAT(MessageOf(ReadJsonText(text)), HasSubstr("lists are nested too deeply"));
}

}  // namespace
}  // namespace berth::api
