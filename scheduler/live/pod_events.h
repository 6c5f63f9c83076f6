// Events about pods, for whoever keeps them.
#pragma once

#include <string_view>

#include "scheduler/api/objects.h"

namespace berth::live {

struct PodEvent {
  std::string_view type;  // "Normal", "Warning"
  std::string_view reason;
  std::string_view action;
  std::string_view note;
};

class PodEvents {
 public:
  virtual ~PodEvents() = default;
  // Never waits. The pod's schedulerName is who reports.
  virtual void Record(const api::Pod& pod, const PodEvent& event) = 0;
};

}  // namespace berth::live
