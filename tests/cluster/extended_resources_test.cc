#include "scheduler/cluster/extended_resources.h"

#include <gtest/gtest.h>

#include <string>

namespace berth::cluster {
namespace {

api::DeviceClass Class(const std::string& name, const std::string& resource, api::Time created) {
  api::DeviceClass device_class;
  device_class.meta.name = name;
  device_class.meta.creation_timestamp = created;
  device_class.extended_resource_name = resource;
  return device_class;
}

std::string ClassOf(const ExtendedResources& resources, const std::string& resource) {
  const auto* name = resources.ClassOf(resource);
  return name == nullptr ? "none" : *name;
}

std::string Implicit(const std::string& name) {
  return std::string(ExtendedResources::kImplicitPrefix) + name;
}

TEST(ExtendedResources, AreKnownByTheirOwnAndTheirImplicitName) {
  ExtendedResources resources;
  EXPECT_TRUE(resources.empty());
  resources.Set(Class("plain", "", 1));
  resources.Set(Class("gpu", "example.com/gpu", 1));
  EXPECT_EQ(ClassOf(resources, Implicit("plain")), "plain");
  EXPECT_EQ(ClassOf(resources, Implicit("gpu")), "gpu");
  EXPECT_EQ(ClassOf(resources, "example.com/gpu"), "gpu");
  EXPECT_EQ(ClassOf(resources, "example.com/other"), "none");
  resources.Set(Class("gpu", "example.com/other", 1));
  EXPECT_EQ(ClassOf(resources, "example.com/gpu"), "none");
  EXPECT_EQ(ClassOf(resources, "example.com/other"), "gpu");
  resources.Remove("gpu");
  EXPECT_EQ(ClassOf(resources, Implicit("gpu")), "none");
}

TEST(ExtendedResources, GoToTheNewestClassAndThenByName) {
  ExtendedResources resources;
  resources.Set(Class("n", "example.com/gpu", 2));
  resources.Set(Class("old", "example.com/gpu", 1));
  EXPECT_EQ(ClassOf(resources, "example.com/gpu"), "n");
  // What did not get the resource when it came is not known at all.
  EXPECT_EQ(ClassOf(resources, Implicit("old")), "none");
  resources.Set(Class("m", "example.com/gpu", 2));
  EXPECT_EQ(ClassOf(resources, "example.com/gpu"), "m");
  EXPECT_EQ(ClassOf(resources, Implicit("n")), "n");
  resources.Set(Class("new", "example.com/gpu", 3));
  EXPECT_EQ(ClassOf(resources, "example.com/gpu"), "new");
}

}  // namespace
}  // namespace berth::cluster
