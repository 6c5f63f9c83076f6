// Extended resources that stand for devices: which device class each of them means.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/device_objects.h"

namespace berth::cluster {

// A class is meant by its spec.extendedResourceName and by kImplicitPrefix + its name. Of several
// classes with one resource the newest has it, by name among equally old ones; a class that does
// not get it when it comes is not known by its implicit name either, as in kube-scheduler, so the
// order in which classes come counts. Not thread-safe.
class ExtendedResources {
 public:
  static constexpr std::string_view kImplicitPrefix = "deviceclass.resource.kubernetes.io/";

  // Added behind the others, or replaced in its place.
  void Set(const api::DeviceClass& device_class);
  void Remove(std::string_view class_name);

  // The name of the class; nullptr for a resource that stands for no devices.
  const std::string* ClassOf(std::string_view resource) const;
  bool empty() const { return classes_.empty(); }

 private:
  struct Class {
    std::string name;
    std::string resource;  // may be empty
    std::optional<api::Time> created;
  };

  void Add(const Class& added);
  void AddAll();

  std::vector<Class> classes_;  // as they came
  std::map<std::string, Class, std::less<>> by_resource_;
};

// Whether the class could stand for the resource, whatever other classes there are.
bool StandsFor(const api::DeviceClass& device_class, std::string_view resource);

}  // namespace berth::cluster
