#include "scheduler/main/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace berth::main {
namespace {

TEST(InterruptDeathTest, FirstSignalSetsTheFlagAndTheSecondEnds) {
  const auto interrupt_twice = [] {
    const std::atomic<bool>& flag = CatchInterrupt();
    if (flag) std::_Exit(10);
    std::raise(SIGINT);
    if (!flag) std::_Exit(11);
    std::raise(SIGINT);
    std::_Exit(12);
  };
  EXPECT_EXIT(interrupt_twice(), ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace berth::main
