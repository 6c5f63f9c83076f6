// Who waits for how long: the rate limit of requests, and the backoff of what fails.
#include "scheduler/kube/backoff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scheduler/kube/rate_limiter.h"
#include "tests/kube/manual_clock.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

int TakeAll(RateLimiter& limiter, const ManualClock& clock) {
  int taken = 0;
  while (taken < 1000 && limiter.TryTake(clock.Now())) ++taken;
  return taken;
}

TEST(RateLimiter, LetsABurstPassAndThenSoManyASecond) {
  ManualClock clock;
  RateLimiter limiter(50, 100, clock.Now());
  EXPECT_EQ(TakeAll(limiter, clock), 100);
  clock.Advance(1s);
  EXPECT_EQ(TakeAll(limiter, clock), 50);
  clock.Advance(1h);
  EXPECT_EQ(TakeAll(limiter, clock), 100);
}

TEST(RateLimiter, SaysWhenTheNextMayLeave) {
  ManualClock clock;
  RateLimiter limiter(4, 1, clock.Now());
  EXPECT_EQ(limiter.NextAt(clock.Now()), clock.Now());
  ASSERT_TRUE(limiter.TryTake(clock.Now()));
  const auto next = limiter.NextAt(clock.Now());
  EXPECT_GE(next - clock.Now(), 250ms);
  EXPECT_LE(next - clock.Now(), 251ms);
  clock.Advance(next - clock.Now());
  EXPECT_TRUE(limiter.TryTake(clock.Now()));
}

TEST(RateLimiter, HasNoLimitWithoutARate) {
  ManualClock clock;
  for (const double qps : {0.0, -1.0, std::nan("")}) {
    RateLimiter limiter(qps, 0, clock.Now());
    EXPECT_EQ(TakeAll(limiter, clock), 1000);
    EXPECT_EQ(limiter.NextAt(clock.Now()), clock.Now());
  }
}

TEST(RateLimiter, ABurstOfNothingIsOneOfOne) {
  ManualClock clock;
  RateLimiter limiter(1, 0, clock.Now());
  EXPECT_EQ(TakeAll(limiter, clock), 1);
}

TEST(RateLimiter, ATinyRateIsALongWaitAndNothingWorse) {
  ManualClock clock;
  RateLimiter limiter(std::numeric_limits<double>::denorm_min(), 1, clock.Now());
  ASSERT_TRUE(limiter.TryTake(clock.Now()));
  EXPECT_GT(limiter.NextAt(clock.Now()), clock.Now());
}

TEST(Backoff, DoublesUpToHalfAMinuteWithAsMuchAgainOfJitter) {
  ManualClock clock;
  Backoff backoff(1);
  for (const auto base : {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms}) {
    const auto wait = backoff.Next(clock.Now());
    EXPECT_GE(wait, base);
    EXPECT_LT(wait, 2 * base);
    clock.Advance(wait);
  }
}

TEST(Backoff, BeginsAnewAfterTwoQuietMinutes) {
  ManualClock clock;
  Backoff backoff(1);
  for (int i = 0; i < 5; ++i) (void)backoff.Next(clock.Now());
  clock.Advance(2min);
  EXPECT_GE(backoff.Next(clock.Now()), 25600ms);
  clock.Advance(2min + 1ms);
  EXPECT_LT(backoff.Next(clock.Now()), 1600ms);
}

TEST(Backoff, DiffersFromSeedToSeed) {
  const ManualClock clock;
  EXPECT_NE(Backoff(1).Next(clock.Now()), Backoff(2).Next(clock.Now()));
}

}  // namespace
}  // namespace berth::kube
