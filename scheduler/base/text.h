// Small things about text for people.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::base {

// "a, b, c +2 more": at most `most` of the items.
template <typename Items>
std::string ListFew(const Items& items, std::size_t most) {
  std::string text;
  std::size_t told = 0;
  for (const auto& item : items) {
    if (told == most) break;
    if (told++ > 0) text += ", ";
    text += item;
  }
  if (items.size() > told) text += " +" + std::to_string(items.size() - told) + " more";
  return text;
}

// What a terminal would obey does not reach it: control characters become '?'.
inline std::string Printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

}  // namespace berth::base
