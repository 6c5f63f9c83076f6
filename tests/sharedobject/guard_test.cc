#include "scheduler/sharedobject/guard.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace berth::sharedobject {
namespace {

using Kind = CallEnd::Kind;
using std::chrono::milliseconds;

const CodeRanges& OwnCode() {
  static const CodeRanges ranges = CodeRanges::Around(reinterpret_cast<void*>(&OwnCode));
  return ranges;
}

CallRules Patient() { return {OwnCode(), std::chrono::minutes(1)}; }

TEST(Guard, LetsThroughWhatGoesWell) {
  int calls = 0;
  EXPECT_TRUE(RunGuarded(Patient(), [&] { ++calls; }).ok());
  EXPECT_EQ(calls, 1);
}

TEST(Guard, CatchesACrashAndGoesOn) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    const CallEnd end = RunGuarded(Patient(), [signal] { raise(signal); });
    EXPECT_EQ(end.kind, Kind::kCrashed);
    EXPECT_EQ(end.signal, signal);
  }
  EXPECT_TRUE(RunGuarded(Patient(), [] {}).ok());
}

TEST(Guard, SaysHowItEnded) {
  EXPECT_EQ(RunGuarded(Patient(), [] { raise(SIGSEGV); }).Text(), "crashed (SIGSEGV)");
  EXPECT_EQ(RunGuarded(Patient(), [] { std::abort(); }).Text(), "crashed (abort)");
  EXPECT_EQ(RunGuarded(Patient(), [] { throw 1; }).Text(), "let an exception out");
}

// Jumping out of the handler must leave neither the signal masked nor its stack in use.
TEST(Guard, CatchesTheSameCrashAgain) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(RunGuarded(Patient(), [] { raise(SIGSEGV); }).kind, Kind::kCrashed);
  }
}

TEST(Guard, EndsWhatHangs) {
  const CallEnd end = RunGuarded({OwnCode(), milliseconds(5)}, [] {
    static volatile bool forever = true;
    while (forever) {
    }
  });
  EXPECT_EQ(end.kind, Kind::kTimedOut);
  EXPECT_EQ(end.Text(), "did not come back in time");
}

// While the host works for a plugin it is not stopped: here that takes long, and then comes back.
TEST(Guard, NeverLeavesTheHostInTheMiddle) {
  bool done = false;
  const CallEnd end = RunGuarded({OwnCode(), milliseconds(1)}, [&] {
    const HostSection section;
    const auto until = std::chrono::steady_clock::now() + milliseconds(20);
    while (std::chrono::steady_clock::now() < until) {
    }
    done = true;
  });
  EXPECT_TRUE(done);
  (void)end;  // the signal may or may not come between the section and the end
}

TEST(Guard, WorksOnEveryThread) {
  std::vector<std::thread> threads;
  std::atomic<int> caught = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        if (!RunGuarded(Patient(), [] { raise(SIGSEGV); }).ok()) ++caught;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(caught, 160);
}

TEST(GuardDeathTest, ACrashOfOurOwnEndsTheProcess) {
  EXPECT_TRUE(RunGuarded(Patient(), [] {}).ok());
  EXPECT_DEATH(std::abort(), "");
}

}  // namespace
}  // namespace berth::sharedobject
