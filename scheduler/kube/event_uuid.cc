#include "scheduler/kube/event_uuid.h"

#include <array>
#include <random>

namespace berth::kube {

std::string RandomUuid(base::Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint64_t, 2> words{random.Next(), random.Next()};
  words[0] = (words[0] & ~std::uint64_t{0xf000}) | 0x4000u;                                  // the version
  words[1] = (words[1] & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;  // the variant
  std::string text;
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
    text += kDigits[(words[digit / 16] >> (60 - 4 * (digit % 16))) & 0xf];
  }
  return text;
}

std::uint64_t SeedOfTheMachine() {
  std::random_device device;
  const std::uint64_t high = device();
  return high << 32 | device();
}

}  // namespace berth::kube
