// UTF-8 text by code points, which is how CEL counts characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cel {

// False for what is no character (surrogates, beyond U+10FFFF); then nothing is appended.
bool AppendCodePoint(std::uint32_t code, std::string& text);

bool IsValidUtf8(std::string_view text);

// Code points in valid UTF-8; in other text, bytes that do not continue one.
std::int64_t CountCodePoints(std::string_view text);

// The byte offsets at which code points start, and the size of the text at the end.
std::vector<std::size_t> CodePointOffsets(std::string_view text);

// The code point at the front, which is taken off `text`; U+FFFD for a byte that starts none.
std::uint32_t TakeCodePoint(std::string_view& text);

}  // namespace berth::cel
