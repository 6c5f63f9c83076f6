#include "scheduler/config/names.h"

#include <algorithm>
#include <string>

namespace berth::config {
namespace {

bool IsLowerAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsAlphanumeric(char c) { return IsLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; }

bool IsDnsLabel(std::string_view label) {
  return !label.empty() && IsLowerAlphanumeric(label.front()) &&
         IsLowerAlphanumeric(label.back()) &&
         std::ranges::all_of(label, [](char c) { return IsLowerAlphanumeric(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view domain) {
  if (domain.empty() || domain.size() > 253) return false;
  while (true) {
    const auto dot = domain.find('.');
    if (!IsDnsLabel(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace

bool IsQualifiedName(std::string_view name) {
  if (const auto slash = name.find('/'); slash != std::string_view::npos) {
    if (!IsDnsSubdomain(name.substr(0, slash))) return false;
    name.remove_prefix(slash + 1);
  }
  return !name.empty() && name.size() <= 63 && IsAlphanumeric(name.front()) &&
         IsAlphanumeric(name.back()) && std::ranges::all_of(name, IsNameCharacter);
}

bool IsExtendedResourceName(std::string_view name) {
  return name.find('/') != std::string_view::npos &&
         name.find("kubernetes.io/") == std::string_view::npos && !name.starts_with("requests.") &&
         IsQualifiedName("requests." + std::string(name));
}

bool IsPluginName(std::string_view name) {
  constexpr std::size_t kMaxBytes = 63;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kMaxBytes && IsAlphanumeric(name.front()) &&
         !is_digit(name.front()) && std::ranges::all_of(name, IsNameCharacter);
}

}  // namespace berth::config
