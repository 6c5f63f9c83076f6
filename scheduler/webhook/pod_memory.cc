#include "scheduler/webhook/pod_memory.h"

#include <utility>

#include "scheduler/api/kind_reader.h"

namespace berth::webhook {

// Pods that have a specification of an earlier table keep it.
std::shared_ptr<api::PodSpecTable> PodMemory::Specs() {
  const std::scoped_lock lock(mutex_);
  if (specs_->size() > kMostSpecs) specs_ = std::make_shared<api::PodSpecTable>();
  return specs_;
}

base::Result<std::shared_ptr<const api::Pod>> PodMemory::Get(std::string_view text) {
  const ByteHash hash = HashBytes(text);
  Slot& slot = slots_[hash.high % kSlots];
  {
    const std::scoped_lock lock(mutex_);
    if (slot.pod != nullptr && slot.hash == hash) return slot.pod;
  }
  const auto specs = Specs();
  api::KindReader reader("v1", "Pod", *specs);
  api::ClusterObjects read;
  BERTH_TRY(reader.ReadObject(text, read));
  auto pod = std::make_shared<const api::Pod>(std::move(read.pods.front()));
  const std::scoped_lock lock(mutex_);
  slot = {hash, pod};
  return pod;
}

}  // namespace berth::webhook
