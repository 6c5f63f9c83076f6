#include "scheduler/api/padded_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace berth::api {
namespace {

std::string Pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

void ExpectPadding(const PaddedText& text) {
  const std::string_view padding(text.view().data() + text.size(), PaddedText::kPadding);
  EXPECT_EQ(padding, std::string(PaddedText::kPadding, '\0'));
}

TEST(PaddedText, KeepsWhatItHasAsItGrowsFromTheHeapToPagesOfItsOwn) {
  const std::string piece = Pattern(300'007);
  PaddedText text;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    text.Append(piece);
    expected += piece;
    ASSERT_EQ(text.view(), expected);
    ExpectPadding(text);
  }
}

TEST(PaddedText, TakesLargeAndSmallOverFromOneAnother) {
  const std::string large = Pattern(5'000'000);
  PaddedText text{std::string_view(large)};
  PaddedText other{std::string_view("small")};
  std::swap(text, other);
  EXPECT_EQ(text.view(), "small");
  EXPECT_EQ(other.view(), large);
  text = std::move(other);
  EXPECT_EQ(text.view(), large);
  text.Append("!");
  EXPECT_EQ(text.view(), large + "!");
  ExpectPadding(text);
}

TEST(PaddedText, HasRoomThatIsNotText) {
  PaddedText text;
  text.Reserve(3'000'000);
  EXPECT_EQ(text.view(), "");
  char* room = text.Room(2);
  room[0] = 'a';
  room[1] = 'b';
  text.Grow(1);
  EXPECT_EQ(text.view(), "a");
  ExpectPadding(text);
}

}  // namespace
}  // namespace berth::api
