// Spells values out as bytes, so that equal values give equal keys for a hash map.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace berth::base {

template <typename T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
void AppendKey(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Length first, so that neighbours cannot run into each other.
inline void AppendKey(std::string& key, std::string_view text) {
  AppendKey(key, static_cast<std::uint32_t>(text.size()));
  key.append(text);
}

}  // namespace berth::base
