#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

bool IsScalar(std::uint32_t code) { return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff); }

// How many bytes a code point takes by its first one; 0 for a byte that starts none.
std::size_t LengthBy(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

// Length 0: not a code point.
struct Decoded {
  std::uint32_t code = kReplacement;
  std::size_t length = 0;
};

Decoded Decode(std::string_view text) {
  static constexpr std::uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = LengthBy(first);
  if (length == 0 || length > text.size()) return {};
  std::uint32_t code = length == 1 ? first : first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return {};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  if (code < kLowest[length] || !IsScalar(code)) return {};
  return {code, length};
}

char Byte(std::uint32_t value) { return static_cast<char>(value); }

}  // namespace

bool AppendCodePoint(std::uint32_t code, std::string& text) {
  if (!IsScalar(code)) return false;
  if (code < 0x80) {
    text += Byte(code);
  } else if (code < 0x800) {
    text += Byte(0xc0 | code >> 6);
    text += Byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    text += Byte(0xe0 | code >> 12);
    text += Byte(0x80 | (code >> 6 & 0x3f));
    text += Byte(0x80 | (code & 0x3f));
  } else {
    text += Byte(0xf0 | code >> 18);
    text += Byte(0x80 | (code >> 12 & 0x3f));
    text += Byte(0x80 | (code >> 6 & 0x3f));
    text += Byte(0x80 | (code & 0x3f));
  }
  return true;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded decoded = Decode(text);
    if (decoded.length == 0) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

std::int64_t CountCodePoints(std::string_view text) {
  std::int64_t count = 0;
  for (const char c : text) count += IsContinuation(c) ? 0 : 1;
  return count;
}

std::vector<std::size_t> CodePointOffsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsContinuation(text[i])) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  return offsets;
}

std::uint32_t TakeCodePoint(std::string_view& text) {
  const Decoded decoded = Decode(text);
  text.remove_prefix(decoded.length == 0 ? 1 : decoded.length);
  return decoded.code;
}

}  // namespace berth::cel
