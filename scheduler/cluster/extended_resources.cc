#include "scheduler/cluster/extended_resources.h"

#include <algorithm>
#include <utility>

namespace berth::cluster {

void ExtendedResources::Add(const Class& added) {
  if (!added.resource.empty()) {
    const auto [holder, is_new] = by_resource_.try_emplace(added.resource, added);
    if (!is_new) {
      const Class& other = holder->second;
      if (added.created < other.created) return;
      if (added.created == other.created && added.name > other.name) return;
      holder->second = added;
    }
  }
  by_resource_[std::string(kImplicitPrefix) + added.name] = added;
}

void ExtendedResources::AddAll() {
  by_resource_.clear();
  for (const Class& one : classes_) Add(one);
}

void ExtendedResources::Set(const api::DeviceClass& device_class) {
  Class added{device_class.meta.name, device_class.extended_resource_name,
              device_class.meta.creation_timestamp};
  const auto known = std::ranges::find(classes_, added.name, &Class::name);
  if (known == classes_.end()) {
    Add(classes_.emplace_back(std::move(added)));
  } else {
    *known = std::move(added);
    AddAll();
  }
}

void ExtendedResources::Remove(std::string_view class_name) {
  std::erase_if(classes_, [&](const Class& one) { return one.name == class_name; });
  AddAll();
}

const std::string* ExtendedResources::ClassOf(std::string_view resource) const {
  const auto it = by_resource_.find(resource);
  return it == by_resource_.end() ? nullptr : &it->second.name;
}

bool StandsFor(const api::DeviceClass& device_class, std::string_view resource) {
  constexpr std::string_view kPrefix = ExtendedResources::kImplicitPrefix;
  if (resource.empty()) return false;
  return device_class.extended_resource_name == resource ||
         (resource.starts_with(kPrefix) &&
          resource.substr(kPrefix.size()) == device_class.meta.name);
}

}  // namespace berth::cluster
