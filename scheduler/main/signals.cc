#include "scheduler/main/signals.h"

#include <csignal>

namespace berth::main {
namespace {

// A signal handler may touch only lock-free atomics.
live::ServiceSignals g_signals;
static_assert(std::atomic<bool>::is_always_lock_free);

void OnStop(int) { g_signals.stop.store(true, std::memory_order_relaxed); }
void OnCompare(int) { g_signals.compare_cache.store(true, std::memory_order_relaxed); }

void Catch(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

const live::ServiceSignals& CatchServiceSignals() {
  // Back to the default after the first: whoever asks twice means it.
  constexpr int kOnce = static_cast<int>(SA_RESETHAND | SA_RESTART);
  Catch(SIGINT, OnStop, kOnce);
  Catch(SIGTERM, OnStop, kOnce);
  Catch(SIGUSR2, OnCompare, SA_RESTART);
  return g_signals;
}

}  // namespace berth::main
