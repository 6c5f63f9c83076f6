#include "plugins/queuesort/priority_sort.h"

namespace berth::plugins {

bool PrioritySort::Less(const framework::QueuedPod& a, const framework::QueuedPod& b) const {
  if (a.pod->Priority() != b.pod->Priority()) return a.pod->Priority() > b.pod->Priority();
  return a.timestamp < b.timestamp;
}

}  // namespace berth::plugins
