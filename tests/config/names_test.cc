#include "scheduler/config/names.h"

#include <gtest/gtest.h>

#include <string>

namespace berth::config {
namespace {

TEST(Names, QualifiedNames) {
  for (const auto& name : {"a", "A-b_c.d", "kubernetes.io/hostname", "a.b-c.d/x9"}) {
    EXPECT_TRUE(IsQualifiedName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a-"), std::string("a b"), std::string("/a"),
        std::string("a/"), std::string("A.b/c"), std::string("a..b/c"), std::string("a/b/c"),
        std::string(64, 'a'), std::string(254, 'a') + "/b"}) {
    EXPECT_FALSE(IsQualifiedName(name)) << name;
  }
  EXPECT_TRUE(IsQualifiedName(std::string(63, 'a')));
}

TEST(Names, ExtendedResources) {
  EXPECT_TRUE(IsExtendedResourceName("example.com/gpu"));
  EXPECT_FALSE(IsExtendedResourceName("cpu"));
  EXPECT_FALSE(IsExtendedResourceName("node.kubernetes.io/gpu"));
  EXPECT_FALSE(IsExtendedResourceName("requests.example.com/gpu"));
  EXPECT_FALSE(IsExtendedResourceName("example.com/g pu"));
}

}  // namespace
}  // namespace berth::config
