#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cluster/devices.h"

namespace berth::plugins::dra {

// Follows one constraint of a claim (matchAttribute or distinctAttribute) while devices are picked
// and given back.
//
// As in kube-scheduler, distinctAttribute remembers one device a request, the last one, and forgets
// it when a device of the request is given back: within a request of several devices it only sees
// to it that neighbours differ.
class ConstraintTracker {
 public:
  explicit ConstraintTracker(const api::DeviceConstraint& constraint) : constraint_(&constraint) {}

  // False, and nothing remembered, if the device breaks the constraint. `full_name` has the
  // alternative in it.
  bool Add(const std::string& request, const std::string& full_name, std::string_view driver,
           const api::Device& device);
  // Takes back an Add that was not refused.
  void Remove(const std::string& request, const std::string& full_name);

 private:
  bool Applies(const std::string& request, const std::string& full_name) const;

  const api::DeviceConstraint* constraint_;
  std::size_t count_ = 0;
  const api::DeviceAttribute* match_ = nullptr;
  std::map<std::string, const api::DeviceAttribute*> distinct_;  // by request
};

}  // namespace berth::plugins::dra
