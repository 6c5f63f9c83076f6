#include "plugins/dynamicresources/constraint_tracker.h"

#include <algorithm>

#include "plugins/dynamicresources/device_rules.h"

namespace berth::plugins::dra {

bool ConstraintTracker::Applies(const std::string& request, const std::string& full_name) const {
  const auto& names = constraint_->requests;
  return names.empty() || std::ranges::find(names, request) != names.end() ||
         std::ranges::find(names, full_name) != names.end();
}

bool ConstraintTracker::Add(const std::string& request, const std::string& full_name,
                            std::string_view driver, const api::Device& device) {
  if (!Applies(request, full_name)) return true;
  const bool match = !constraint_->match_attribute.empty();
  const api::DeviceAttribute* attribute = FindAttribute(
      driver, device, match ? constraint_->match_attribute : constraint_->distinct_attribute);
  if (attribute == nullptr) return false;
  if (match) {
    if (count_ == 0) match_ = attribute;
    if (*match_ != *attribute) return false;
  } else {
    const auto is_same = [&](const auto& entry) { return *entry.second == *attribute; };
    if (count_ > 0 && std::ranges::any_of(distinct_, is_same)) return false;
    distinct_[request] = attribute;
  }
  ++count_;
  return true;
}

void ConstraintTracker::Remove(const std::string& request, const std::string& full_name) {
  if (!Applies(request, full_name)) return;
  --count_;
  distinct_.erase(request);
}

}  // namespace berth::plugins::dra
