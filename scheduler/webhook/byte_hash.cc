#include "scheduler/webhook/byte_hash.h"

#include <cstring>
#include <random>

namespace berth::webhook {
namespace {

struct Secrets {
  Secrets() {
    std::random_device device;
    for (auto& word : words) {
      word = (static_cast<std::uint64_t>(device()) << 32 | device()) | 1;
    }
  }
  std::uint64_t words[8] = {};
};

const Secrets& TheSecrets() {
  static const Secrets secrets;
  return secrets;
}

__extension__ using Wide = unsigned __int128;

// The product of two words, folded onto one.
std::uint64_t Fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t WordAt(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

ByteHash HashBytes(std::string_view bytes) {
  constexpr std::size_t kBlock = 16;
  const auto& secret = TheSecrets().words;
  std::uint64_t high = secret[0] ^ bytes.size();
  std::uint64_t low = secret[1];
  const auto take = [&](std::uint64_t a, std::uint64_t b) {
    high = Fold(a ^ secret[2], b ^ high) + secret[6];
    low = Fold(b ^ secret[3], a ^ low) + secret[7];
  };
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kBlock; left -= kBlock, at += kBlock) take(WordAt(at), WordAt(at + 8));
  char tail[kBlock] = {};
  if (left > 0) std::memcpy(tail, at, left);
  take(WordAt(tail), WordAt(tail + 8));
  return {Fold(high ^ secret[4], low ^ secret[5]), Fold(low ^ secret[4], high ^ secret[3]),
          bytes.size()};
}

}  // namespace berth::webhook
