// One signal, one handler.
#pragma once

#include <csignal>

namespace berth::main {

// For a handler that stops what is going on: back to the default after the first, since whoever
// asks twice means it.
inline constexpr int kCatchOnce = static_cast<int>(SA_RESETHAND | SA_RESTART);
inline constexpr int kCatchAlways = SA_RESTART;

// The handler may touch only lock-free atomics.
inline void CatchSignal(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace berth::main
