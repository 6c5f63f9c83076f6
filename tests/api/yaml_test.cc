#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scheduler/api/yaml_scalar.h"
#include "scheduler/api/yaml_to_json.h"
#include "tests/api/read_text.h"

namespace berth::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Json(std::string_view yaml, const YamlLimits& limits = {}) {
  const auto json = YamlToJson(yaml, limits);
  return json ? std::string(json->view()) : "error: " + json.error().message();
}

TEST(YamlTest, TypesPlainScalarsAsKubectlDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "null"},     {"~", "null"},    {"null", "null"},
      {"true", "true"}, {"Yes", "true"},  {"y", "true"},
      {"on", "true"},   {"off", "false"}, {"12", "12"},
      {"-12", "-12"},   {"+12", "12"},    {"1_000", "1000"},
      {"0x1F", "31"},   {"0o17", "15"},   {"017", "15"},
      {"0b101", "5"},   {"0.5", "0.5"},   {".5", "0.5"},
      {"1.", "1"},      {"1e3", "1e3"},   {"-1.5E-3", "-1.5E-3"},
      {"00.5", "0.5"},  {"1.e3", "1e3"},  {"18446744073709551615", "18446744073709551615"},
  };
  for (const auto& [text, json] : cases) EXPECT_EQ(PlainScalarToJson(text), json) << text;
  for (const char* text : {"100m", "1Gi", "1.2.3", "2026-01-02", "v1", "-", "+", ".", "0x", "08:00",
                           "nulls", "1e", "e3", ".inf", "0xg", "--1"}) {
    EXPECT_FALSE(PlainScalarToJson(text)) << text;
  }
}

TEST(YamlTest, ConvertsDocuments) {
  EXPECT_EQ(Json("a: 1\nb: \"1\"\nc: [x, 'y', ~]\nd: {e: no}\n"),
            "{\"a\":1,\"b\":\"1\",\"c\":[\"x\",\"y\",null],\"d\":{\"e\":false}}\n");
  EXPECT_EQ(Json("---\na: 1\n---\n---\n# only a comment\n---\nb: 2\n...\n"),
            "{\"a\":1}\n{\"b\":2}\n");
  EXPECT_EQ(Json("80: web\ntrue: x\n"), "{\"80\":\"web\",\"true\":\"x\"}\n");
  EXPECT_EQ(Json("a: \"q\\\"\\\\\\u0001\"\nb: |\n  x\n  y\n"),
            "{\"a\":\"q\\\"\\\\\\u0001\",\"b\":\"x\\u000ay\\u000a\"}\n");
  EXPECT_EQ(Json("a: !!str 5\nb: !!int \"5\"\n"), "{\"a\":\"5\",\"b\":5}\n");
  EXPECT_EQ(Json(""), "");
}

TEST(YamlTest, FollowsAliasesAndMergeKeys) {
  EXPECT_EQ(Json("a: &x {b: 1}\nc: *x\n"), "{\"a\":{\"b\":1},\"c\":{\"b\":1}}\n");
  // Of two members of one name the last one counts, so that what is merged stands first.
  EXPECT_EQ(Json("a: &x {b: 1, c: 2}\nd:\n  b: 3\n  <<: *x\n"),
            "{\"a\":{\"b\":1,\"c\":2},\"d\":{\"b\":1,\"c\":2,\"b\":3}}\n");
  EXPECT_EQ(Json("a: {\"<<\": 1}\n"), "{\"a\":{\"<<\":1}}\n");
}

TEST(YamlTest, SaysWhereTextIsWrong) {
  EXPECT_THAT(Json("a: 1\nb: [1\n"), StartsWith("error: line 3 column 1"));
  EXPECT_THAT(Json("a: b: c\n"), StartsWith("error: line 1"));
  EXPECT_THAT(Json("a: *nope\n"), HasSubstr("line 1"));
  EXPECT_THAT(Json("- a\n"), HasSubstr("document 1: expected a Kubernetes object"));
  EXPECT_THAT(Json("just words\n"), HasSubstr("document 1: expected a Kubernetes object"));
  EXPECT_EQ(Json(", a\n"), "error: line 1 column 1: unexpected character");
  EXPECT_EQ(Json("a: 1\n---\n, b\n"), "error: line 3 column 1: unexpected character");
  EXPECT_EQ(Json("a: \xd6\n"), "error: the text is not UTF-8");
  EXPECT_THAT(Json("? [a]\n: b\n"), HasSubstr("not a scalar"));
  EXPECT_THAT(Json("a: {<<: 5}\n"), HasSubstr("a merge key (<<) needs a mapping"));
}

TEST(YamlTest, BombsAreRefused) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string merges = "a0: &a0 {x: 1}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string alias = "*a" + std::to_string(i - 1);
    laughs += name + ": &" + name + " [" + alias;
    merges += name + ": &" + name + " {<<: [" + alias;
    for (int k = 0; k < 9; ++k) laughs += ", " + alias;
    for (int k = 0; k < 9; ++k) merges += ", " + alias;
    laughs += "]\n";
    merges += "]}\n";
  }
  const YamlLimits limits{.alias_bytes = 1 << 20};
  EXPECT_THAT(Json(laughs, limits), HasSubstr("stand for too much text"));
  EXPECT_THAT(Json(merges, limits), HasSubstr("stand for too much text"));
  EXPECT_THAT(Json("a: &a [*a]\n", limits), HasSubstr("nested too deeply"));
  EXPECT_THAT(Json("a: &a {<<: *a}\n", limits), HasSubstr("nested too deeply"));
}

TEST(YamlTest, SizesAreLimited) {
  EXPECT_THAT(Json(std::string(100'000, '[')), HasSubstr("error: "));
  EXPECT_THAT(Json("a: " + std::string(100'000'000, 'x')),
              HasSubstr("a line of YAML of more than"));
  EXPECT_THAT(Json("a: [1, 2, 3]", {.nodes = 3}), HasSubstr("the document is too large"));
  EXPECT_THAT(Json("a: 1234567890", {.text_bytes = 5}), HasSubstr("is refused: use JSON"));
}

TEST(YamlTest, ReadsManifests) {
  const auto objects = ReadYamlText(R"(
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: c
    resources:
      requests: {cpu: 0.5, memory: 1Gi, example.com/gpu: 2}
      limits: {cpu: 1}
---
apiVersion: v1
kind: NodeList
items:
- metadata: {name: n1}
)");
  ASSERT_TRUE(objects) << objects.error().message();
  const ResourceRequirements& resources = objects->pods[0].spec->containers[0].resources;
  EXPECT_EQ(resources.requests.Find("cpu")->MilliValue(), 500);
  EXPECT_EQ(resources.requests.Find("example.com/gpu")->Value(), 2);
  EXPECT_EQ(objects->nodes[0].meta.name, "n1");
}

TEST(YamlTest, ErrorsNameTheField) {
  EXPECT_EQ(MessageOf(ReadYamlText("kind: Pod\nmetadata: {name: p, labels: {version: 1.10}}\n")),
            "test.yaml: Pod p: metadata.labels[version]: expected a string, got a number");
  EXPECT_THAT(MessageOf(ReadYamlText("kind: Pod\n metadata: x\n")),
              StartsWith("test.yaml: line 2"));
}

}  // namespace
}  // namespace berth::api
