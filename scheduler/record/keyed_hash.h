// A hash that nobody can compute without the key, and so nobody can look names up in.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::record {

class KeyedHash {
 public:
  // Any bytes may be the key.
  explicit KeyedHash(std::string key) : key_(std::move(key)) {}
  // A key that nobody knows, this process aside.
  static base::Result<KeyedHash> Random();

  // The first 32 bits of HMAC-SHA-256 as eight hexadecimal digits.
  std::string Of(std::string_view text) const;

 private:
  std::string key_;
};

}  // namespace berth::record
