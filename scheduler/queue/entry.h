// A pod in the queue together with its places in the structures of the queue.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/queue/indexed_heap.h"
#include "scheduler/queue/queued_pod.h"

namespace berth::queue {

enum class Place : std::uint8_t {
  kNowhere,  // on its way from one to another
  kActive,
  kBackoff,       // was turned away
  kErrorBackoff,  // its attempt failed without anybody turning it away
  kUnschedulable,
};

struct UnschedulableGroup;

struct Entry : QueuedPod {
  Place place = Place::kNowhere;
  std::size_t heap_index = kNotInHeap;  // in the heap of its place
  // Of kUnschedulable only.
  UnschedulableGroup* group = nullptr;
  std::size_t group_index = 0;
  std::size_t flush_index = kNotInHeap;
};

}  // namespace berth::queue
