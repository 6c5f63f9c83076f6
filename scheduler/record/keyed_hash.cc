#include "scheduler/record/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "scheduler/base/check.h"

namespace berth::record {

base::Result<KeyedHash> KeyedHash::Random() {
  constexpr int kKeyBytes = 32;
  std::array<unsigned char, kKeyBytes> key{};
  if (RAND_bytes(key.data(), kKeyBytes) != 1) return base::Fail("there are no random numbers");
  return KeyedHash(std::string(key.begin(), key.end()));
}

std::string KeyedHash::Of(std::string_view text) const {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::size_t kBytes = 4;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const auto* made =
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  BERTH_CHECK(made != nullptr && size >= kBytes);
  std::string out;
  for (std::size_t i = 0; i < kBytes; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace berth::record
