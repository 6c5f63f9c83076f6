#include "tests/support/seed.h"

#include <cstdlib>
#include <random>

namespace berth::support {

std::uint64_t TestSeed() {
  static const std::uint64_t seed = [] {
    const char* wanted = std::getenv("BERTH_TEST_SEED");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
  }();
  return seed;
}

std::string SeedNote() { return "BERTH_TEST_SEED=" + std::to_string(TestSeed()); }

}  // namespace berth::support
