// Naming a pod, and naming one that is not there.
#include "scheduler/explain/find_pod.h"

#include <gtest/gtest.h>

namespace berth::explain {
namespace {

api::ClusterObjects Objects(const std::vector<std::pair<std::string, std::string>>& names) {
  api::ClusterObjects objects;
  for (const auto& [namespace_name, name] : names) {
    api::Pod& pod = objects.pods.emplace_back();
    pod.meta.namespace_name = namespace_name;
    pod.meta.name = name;
  }
  return objects;
}

std::string ErrorOf(const api::ClusterObjects& objects, const PodName& name) {
  const auto found = FindPod(objects, name);
  return found ? "found" : found.error().message();
}

TEST(ParsePodName, WantsBothParts) {
  const auto name = ParsePodName("shop/web-0");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->namespace_name, "shop");
  EXPECT_EQ(name->name, "web-0");
  for (const char* text : {"", "web-0", "/web-0", "shop/", "a/b/c"}) {
    const auto wrong = ParsePodName(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().message(), "must be NAMESPACE/NAME, not \"" + std::string(text) + "\"");
  }
  EXPECT_EQ(ParsePodName("\x1b[31m").error().message(), "must be NAMESPACE/NAME, not \"?[31m\"");
}

TEST(FindPod, FindsByNamespaceAndName) {
  const auto objects = Objects({{"a", "web"}, {"b", "web"}});
  const auto found = FindPod(objects, {"b", "web"});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, &objects.pods[1]);
}

TEST(FindPod, NamesPodsOfTheWorkloadThatWasMeant) {
  const auto objects = Objects({{"a", "web-1"},
                                {"a", "db-0"},
                                {"a", "web-0"},
                                {"a", "web-2"},
                                {"a", "web-3"},
                                {"a", "web-4"},
                                {"a", "web-5"},
                                {"b", "web-9"}});
  EXPECT_EQ(ErrorOf(objects, {"a", "web"}),
            "there is no pod a/web; in its namespace there are web-0, web-1, web-2, web-3, web-4 "
            "+1 more");
  EXPECT_EQ(
      ErrorOf(objects, {"a", "web-45"}),
      "there is no pod a/web-45; in its namespace there are web-4, web-0, web-1, web-2, web-3 "
      "+1 more");
  EXPECT_EQ(ErrorOf(objects, {"a", "cache"}), "there is no pod a/cache");
  EXPECT_EQ(ErrorOf(objects, {"c", "web"}),
            "there is no pod c/web, nor any other in its namespace");
}

}  // namespace
}  // namespace berth::explain
