// Messages of other threads, and tasks for later.
#include "scheduler/live/inbox.h"

#include <gmock/gmock.h>

#include <thread>

#include "scheduler/live/timers.h"

namespace berth::live {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using Steady = base::Clock::Steady;

TEST(Inbox, RunsMessagesInTheirOrder) {
  Inbox inbox;
  std::vector<int> seen;
  EXPECT_FALSE(inbox.Run());
  for (int i = 0; i < 3; ++i) inbox.Post([&seen, i] { seen.push_back(i); });
  EXPECT_TRUE(inbox.Run());
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
  EXPECT_FALSE(inbox.Run());
}

TEST(Inbox, KeepsWhatAMessagePostsForTheNextRun) {
  Inbox inbox;
  int runs = 0;
  inbox.Post([&] { inbox.Post([&] { ++runs; }); });
  EXPECT_TRUE(inbox.Run());
  EXPECT_EQ(runs, 0);
  EXPECT_TRUE(inbox.Run());
  EXPECT_EQ(runs, 1);
}

TEST(Inbox, LosesNothingOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 2'000;
  Inbox inbox;
  std::vector<int> last(kThreads, -1);
  int seen = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kMessages; ++i) {
        inbox.Post([&, thread, i] {
          EXPECT_EQ(last[static_cast<std::size_t>(thread)], i - 1);
          last[static_cast<std::size_t>(thread)] = i;
          ++seen;
        });
      }
    });
  }
  while (seen < kThreads * kMessages) {
    inbox.WaitUntil(Steady::max());
    inbox.Run();
  }
  EXPECT_FALSE(inbox.Run());
}

TEST(Inbox, WaitsNoLongerThanItIsTold) {
  Inbox inbox;
  inbox.WaitUntil(Steady{});
  inbox.Post([] {});
  inbox.WaitUntil(Steady::max());
  EXPECT_TRUE(inbox.Run());
}

TEST(Timers, RunWhatIsDue) {
  Timers timers;
  std::vector<int> seen;
  EXPECT_FALSE(timers.Next().has_value());
  timers.Set(Steady(seconds(2)), [&] { seen.push_back(2); });
  timers.Set(Steady(seconds(1)), [&] { seen.push_back(1); });
  timers.Set(Steady(seconds(2)), [&] { seen.push_back(3); });
  EXPECT_EQ(timers.Next(), Steady(seconds(1)));
  timers.Run(Steady(seconds(1)));
  EXPECT_THAT(seen, ElementsAre(1));
  timers.Run(Steady(seconds(5)));
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  EXPECT_FALSE(timers.Next().has_value());
}

TEST(Timers, RunWhatATaskSets) {
  Timers timers;
  bool ran = false;
  timers.Set(Steady(seconds(1)), [&] { timers.Set(Steady(seconds(1)), [&] { ran = true; }); });
  timers.Run(Steady(seconds(1)));
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace berth::live
