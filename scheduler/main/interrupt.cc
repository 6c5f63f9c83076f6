#include "scheduler/main/interrupt.h"

#include "scheduler/main/catch_signal.h"

namespace berth::main {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void OnSignal(int) { interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

const std::atomic<bool>& CatchInterrupt() {
  CatchSignal(SIGINT, OnSignal, kCatchOnce);
  CatchSignal(SIGTERM, OnSignal, kCatchOnce);
  return interrupted;
}

}  // namespace berth::main
