// The pods of requests, decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "scheduler/api/objects.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/result.h"
#include "scheduler/webhook/byte_hash.h"

namespace berth::webhook {

// A pod is asked about several times in a row, so the last ones are remembered; and equal
// specifications are one object, so that the engine knows pods of one template again. Both are
// bounded. Thread-safe.
class PodMemory {
 public:
  // `text` is a Pod, with api::JsonParser::kPadding readable bytes behind it. Fails as
  // api::KindReader.
  base::Result<std::shared_ptr<const api::Pod>> Get(std::string_view text);

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::size_t kMostSpecs = 20'000;
  struct Slot {
    ByteHash hash;
    std::shared_ptr<const api::Pod> pod;
  };

  std::shared_ptr<api::PodSpecTable> Specs();

  std::mutex mutex_;
  std::array<Slot, kSlots> slots_;  // by hash
  std::shared_ptr<api::PodSpecTable> specs_ = std::make_shared<api::PodSpecTable>();
};

}  // namespace berth::webhook
