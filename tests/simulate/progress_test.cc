#include "scheduler/simulate/progress.h"

#include <gtest/gtest.h>

namespace berth::simulate {
namespace {

using namespace std::chrono_literals;

// A clock that the test moves, and what was written.
class ProgressTest : public ::testing::Test {
 protected:
  Progress Make(ProgressMode mode, std::size_t total) {
    return Progress(
        mode, "pods", total, [this](std::string_view text) { written_ += text; },
        [this] {
          ++looks_;
          return now_;
        });
  }

  Progress::Clock::time_point now_{};
  std::string written_;
  int looks_ = 0;
};

TEST_F(ProgressTest, LinesComeNowAndThen) {
  Progress progress = Make(ProgressMode::kLines, 1000);
  now_ += 4s;
  progress.Update(100);
  EXPECT_EQ(written_, "");
  now_ += 1s;
  progress.Update(250);
  EXPECT_EQ(written_, "250/1000 pods, 25%, 50/s, 15 s left\n");
  now_ += 1s;
  progress.Update(300);
  progress.Finish();
  EXPECT_EQ(written_, "250/1000 pods, 25%, 50/s, 15 s left\n");
}

TEST_F(ProgressTest, BarIsDrawnOverAndCleared) {
  Progress progress = Make(ProgressMode::kBar, 200);
  now_ += 2s;
  progress.Update(100);
  EXPECT_EQ(written_, "\r[############............] 100/200 pods, 50%, 50/s, 2 s left");
  written_.clear();
  progress.Finish();
  EXPECT_EQ(written_, "\r" + std::string(60, ' ') + "\r");
}

TEST_F(ProgressTest, OffWritesNothingAndNeverLooks) {
  Progress progress = Make(ProgressMode::kOff, 10);
  const int looks = looks_;
  now_ += 1h;
  for (std::size_t done = 0; done <= 10; ++done) progress.Update(done);
  progress.Finish();
  EXPECT_EQ(written_, "");
  EXPECT_EQ(looks_, looks);
}

TEST_F(ProgressTest, LooksAtTheClockAboutTwentyTimesASecond) {
  constexpr std::size_t kTotal = 1'000'000;
  Progress progress = Make(ProgressMode::kBar, kTotal);
  for (std::size_t done = 1; done <= kTotal; ++done) {
    now_ += 2us;  // two seconds in all
    progress.Update(done);
  }
  EXPECT_LT(looks_, 200);
  EXPECT_GT(looks_, 20);
}

TEST_F(ProgressTest, NothingToDoIsDone) {
  Progress progress = Make(ProgressMode::kLines, 0);
  now_ += 10s;
  progress.Update(0);
  EXPECT_EQ(written_, "0/0 pods, 100%, 0/s\n");
}

TEST_F(ProgressTest, LongTimesAreReadable) {
  Progress progress = Make(ProgressMode::kLines, 100'000);
  now_ += 10s;
  progress.Update(10);
  EXPECT_EQ(written_, "10/100000 pods, 0%, 1/s, 27 h 46 min left\n");
}

}  // namespace
}  // namespace berth::simulate
