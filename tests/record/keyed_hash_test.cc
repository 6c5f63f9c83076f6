#include "scheduler/record/keyed_hash.h"

#include <gtest/gtest.h>

namespace berth::record {
namespace {

TEST(KeyedHashTest, IsHmacSha256) {
  // RFC 4231, test case 2.
  EXPECT_EQ(KeyedHash("Jefe").Of("what do ya want for nothing?"), "5bdcc146");
}

TEST(KeyedHashTest, DependsOnTheKey) {
  const auto one = KeyedHash::Random();
  const auto other = KeyedHash::Random();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->Of("name"), one->Of("name"));
  EXPECT_NE(one->Of("name") + one->Of("more"), other->Of("name") + other->Of("more"));
}

}  // namespace
}  // namespace berth::record
