#include "scheduler/record/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace berth::record {
namespace {

using enum TextKind;
using ::testing::StartsWith;

class NamesTest : public ::testing::Test {
 protected:
  // What stands for the text, once these have been seen too.
  std::string Of(TextKind kind, const std::string& text,
                 const std::vector<std::string>& others = {}) {
    Names names(KeyedHash("key"), keep_);
    names.Of(kind, text);
    for (const std::string& other : others) names.Of(kind, other);
    names.Finish();
    return names.Of(kind, text);
  }

  std::vector<std::string> keep_;
};

TEST_F(NamesTest, KeepsEqualityAndOrder) {
  const std::vector<std::string> sorted = {"a",   "a-b",  "a.b", "a0", "b",
                                           "b-1", "b-10", "b-2", "zz"};
  Names names(KeyedHash("key"), {});
  for (const char* name : {"zz", "b-2", "a", "b", "a0", "b-10", "a.b", "b-1", "a-b", "a"}) {
    names.Of(kNode, name);
  }
  names.Finish();
  std::vector<std::string> replaced;
  for (const std::string& name : sorted) replaced.push_back(names.Of(kNode, name));
  EXPECT_TRUE(std::ranges::is_sorted(replaced));
  EXPECT_EQ(std::ranges::adjacent_find(replaced), replaced.end());
}

TEST_F(NamesTest, TheHashIsTheNamesAndTheKeys) {
  const std::string alone = Of(kNode, "n", {"a", "b"});
  const std::string among = Of(kNode, "n", {"x"});
  EXPECT_THAT(alone, StartsWith("node-2-"));
  EXPECT_THAT(among, StartsWith("node-0-"));
  EXPECT_EQ(alone.substr(7), among.substr(7));
}

TEST_F(NamesTest, WordsOfKubernetesStay) {
  EXPECT_EQ(Of(kNamespace, "kube-system"), "kube-system");
  EXPECT_EQ(Of(kLabelKey, "topology.kubernetes.io/zone"), "topology.kubernetes.io/zone");
  EXPECT_EQ(Of(kResource, "hugepages-2Mi"), "hugepages-2Mi");
  EXPECT_EQ(Of(kScheduler, "default-scheduler"), "default-scheduler");
  EXPECT_EQ(Of(kDriver, "kubernetes.io/no-provisioner"), "kubernetes.io/no-provisioner");
  // The same word is nothing in another place.
  EXPECT_THAT(Of(kNode, "kube-system"), StartsWith("node-0-"));
  // Whoever made this key up is not Kubernetes.
  EXPECT_THAT(Of(kLabelKey, "node-role.kubernetes.io/payroll"), StartsWith("key-0-"));
}

TEST_F(NamesTest, WhatIsToBeKeptStays) {
  keep_ = {"vendor.example/", "app"};
  EXPECT_EQ(Of(kLabelKey, "vendor.example/thing"), "vendor.example/thing");
  EXPECT_EQ(Of(kLabelKey, "app"), "app");
  EXPECT_THAT(Of(kLabelKey, "application"), StartsWith("key-"));
}

TEST_F(NamesTest, ResourcesStayOfTheirSort) {
  EXPECT_THAT(Of(kResource, "acme.com/fpga"), StartsWith("example.com/resource-0-"));
  EXPECT_THAT(Of(kResource, "acme.kubernetes.io/x"), StartsWith("kubernetes.io/resource-0-"));
  EXPECT_THAT(Of(kResource, "plain"), StartsWith("resource-0-"));
}

TEST_F(NamesTest, ValuesKnowWhatTheyName) {
  Names names(KeyedHash("key"), {});
  const auto see = [&] {
    names.Of(kNode, "n1");
    names.Of(kNamespace, "team");
    names.LabelValue("topology.kubernetes.io/zone", "a");
    names.LabelValue("topology.kubernetes.io/zone", "a__b");
    names.LabelValue("size", "12");
    names.LabelValue("size", "big");
    names.LabelValue("other", "12");
    names.ComparesNumbers("size");
  };
  see();
  names.Finish();
  EXPECT_EQ(names.LabelValue("kubernetes.io/hostname", "n1"), names.Of(kNode, "n1"));
  EXPECT_EQ(names.LabelValue("kubernetes.io/metadata.name", "team"), names.Of(kNamespace, "team"));
  EXPECT_EQ(names.LabelValue("kubernetes.io/os", "linux"), "linux");
  EXPECT_EQ(names.LabelValue("topology.kubernetes.io/zone", "a__b"),
            names.Of(kLabelValue, "a") + "__" + names.Of(kLabelValue, "b"));
  EXPECT_EQ(names.LabelValue("size", "12"), "12");
  EXPECT_THAT(names.LabelValue("size", "big"), StartsWith("value-"));
  EXPECT_THAT(names.LabelValue("other", "12"), StartsWith("value-"));
}

TEST_F(NamesTest, ClaimsAreMadeOfNewNames) {
  Names names(KeyedHash("key"), {});
  EXPECT_TRUE(names.AddClaim("web-0-data", {{kPod, "web-0"}, {kVolumeName, "data"}}));
  EXPECT_TRUE(names.AddClaim("web-0-data", {{kPod, "web-0"}, {kVolumeName, "data"}}));
  const auto twice = names.AddClaim("web-0-data", {{kPod, "web"}, {kVolumeName, "0-data"}});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message(), "the claim \"web-0-data\" is called after two different pods");
  names.Of(kPod, "web-0");
  names.Of(kVolumeName, "data");
  names.Finish();
  EXPECT_EQ(names.Of(kClaim, "web-0-data"),
            names.Of(kPod, "web-0") + "-" + names.Of(kVolumeName, "data"));
}

}  // namespace
}  // namespace berth::record
