#include "scheduler/main/signals.h"

#include "scheduler/main/catch_signal.h"

namespace berth::main {
namespace {

live::ServiceSignals g_signals;
static_assert(std::atomic<bool>::is_always_lock_free);

void OnStop(int) { g_signals.stop.store(true, std::memory_order_relaxed); }
void OnCompare(int) { g_signals.compare_cache.store(true, std::memory_order_relaxed); }

}  // namespace

const live::ServiceSignals& CatchServiceSignals() {
  CatchSignal(SIGINT, OnStop, kCatchOnce);
  CatchSignal(SIGTERM, OnStop, kCatchOnce);
  CatchSignal(SIGUSR2, OnCompare, kCatchAlways);
  return g_signals;
}

}  // namespace berth::main
