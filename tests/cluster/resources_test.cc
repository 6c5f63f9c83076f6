#include "scheduler/cluster/resources.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

TEST(Resources, TracksExtendedAndKubernetesNames) {
  for (const auto* name : {"example.com/gpu", "a.b-c.d/x_y.z", "hugepages-2Mi",
                           "attachable-volumes-csi-x", "kubernetes.io/anything"}) {
    EXPECT_TRUE(IsScalarResource(name)) << name;
  }
  for (const auto* name : {"cpu", "storage", "pods", "gpu", "example.com/", "/gpu",
                           "requests.example.com/gpu", "Example.com/gpu", "example.com/a/b",
                           "example..com/gpu", "-example.com/gpu", "example.com/-gpu"}) {
    EXPECT_FALSE(IsScalarResource(name)) << name;
  }
}

TEST(Resources, ExtendedNamesAreQualified) {
  EXPECT_TRUE(IsExtendedResource("example.com/gpu"));
  EXPECT_FALSE(IsExtendedResource("kubernetes.io/gpu"));
  EXPECT_FALSE(IsExtendedResource("sub.kubernetes.io/gpu"));
  EXPECT_TRUE(IsExtendedResource("example.com/" + std::string(63, 'a')));
  EXPECT_FALSE(IsExtendedResource("example.com/" + std::string(64, 'a')));
  // "requests." in front of it must leave a DNS name of at most 253 characters.
  const std::string label(60, 'a');
  const std::string domain = label + "." + label + "." + label + "." + label;  // 243
  EXPECT_TRUE(IsExtendedResource(domain + "/x"));
  EXPECT_FALSE(IsExtendedResource(domain + ".aa/x"));
}

TEST(ResourceNames, NumbersTheFixedThreeFirst) {
  ResourceNames names;
  EXPECT_EQ(names.Intern("cpu"), kCpu);
  EXPECT_EQ(names.Intern("memory"), kMemory);
  EXPECT_EQ(names.Intern("ephemeral-storage"), kEphemeralStorage);
  EXPECT_EQ(names.Intern("example.com/a"), kFirstScalar);
  EXPECT_EQ(names.Intern("example.com/b"), kFirstScalar + 1);
  EXPECT_EQ(names.Intern("example.com/a"), kFirstScalar);
  EXPECT_EQ(names.Intern("storage"), ResourceNames::kNoResource);
  EXPECT_EQ(names.Name(kFirstScalar), "example.com/a");
}

TEST(ResourceVector, KeepsAmountsByResource) {
  ResourceNames names;
  const auto vector =
      ToVector(support::Resources({{"cpu", "1.5"}, {"memory", "1Ki"}, {"storage", "9"}}), names);
  EXPECT_EQ(vector[kCpu], 1500);
  EXPECT_EQ(vector[kMemory], 1024);
  EXPECT_EQ(vector[kEphemeralStorage], 0);
  EXPECT_EQ(std::distance(vector.begin(), vector.end()), 2);
}

TEST(ResourceVector, RoundsUp) {
  ResourceNames names;
  const auto vector =
      ToVector(support::Resources({{"cpu", "100u"}, {"example.com/a", "1500m"}}), names);
  EXPECT_EQ(vector[kCpu], 1);
  EXPECT_EQ(vector[kFirstScalar], 2);
}

TEST(ResourceVector, EqualityDoesNotDependOnTheOrderOfSetting) {
  ResourceVector a;
  ResourceVector b;
  a.Set(4, 1);
  a.Set(1, 2);
  b.Set(1, 9);
  b.Set(4, 1);
  EXPECT_NE(a, b);
  b.Set(1, 2);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace berth::cluster
