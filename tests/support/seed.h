// Seeds of randomised tests: fresh in every run, told with every failure, taken again on demand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace berth::support {

// BERTH_TEST_SEED from the environment; without it a new one, the same for the whole program.
std::uint64_t TestSeed();

// "BERTH_TEST_SEED=...": for SCOPED_TRACE, so that a failure says how to see it again.
std::string SeedNote();

// A test that draws its input. Its result records the seed.
class RandomTest : public ::testing::Test {
 protected:
  void SetUp() override { RecordProperty("seed", std::to_string(TestSeed())); }
};

}  // namespace berth::support
