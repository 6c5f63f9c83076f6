#include "scheduler/cel/semver.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace berth::cel {
namespace {

using base::Fail;
using base::Result;

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsIdentifier(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Result<std::uint64_t> ParseNumber(std::string_view text, std::string_view which) {
  const bool major = which == "Major";
  std::string lower(which);
  lower[0] = static_cast<char>(lower[0] + ('a' - 'A'));
  if (!IsDigits(text) || text.empty()) {
    return Fail("Invalid character(s) found in " + lower + " number " + Quoted(text));
  }
  if (text.size() > 1 && text[0] == '0') {
    return Fail(std::string(which) + " number must not contain leading zeroes " + Quoted(text));
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return Fail((major ? std::string("major") : lower) + " number is too large " + Quoted(text));
  }
  return number;
}

std::vector<std::string_view> SplitAt(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Result<void> CheckPrerelease(std::string_view part) {
  if (part.empty()) return Fail("Prerelease is empty");
  if (IsDigits(part)) {
    if (part.size() > 1 && part[0] == '0') {
      return Fail("Numeric PreRelease version must not contain leading zeroes " + Quoted(part));
    }
    std::uint64_t number = 0;
    if (std::from_chars(part.data(), part.data() + part.size(), number).ec != std::errc()) {
      return Fail("Numeric PreRelease version is too large " + Quoted(part));
    }
    return {};
  }
  if (!IsIdentifier(part)) {
    return Fail("Invalid character(s) found in prerelease " + Quoted(part));
  }
  return {};
}

Result<void> CheckBuild(std::string_view part) {
  if (part.empty()) return Fail("Build meta data is empty");
  if (!IsIdentifier(part)) {
    return Fail("Invalid character(s) found in build meta data " + Quoted(part));
  }
  return {};
}

// "a.b.c" in up to three parts, the last with everything behind the second dot.
std::vector<std::string_view> SplitCore(std::string_view text) {
  std::vector<std::string_view> parts;
  while (parts.size() < 2) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) break;
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

std::strong_ordering ComparePart(std::string_view a, std::string_view b) {
  const bool a_number = IsDigits(a);
  const bool b_number = IsDigits(b);
  if (a_number != b_number) {
    return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  // Without leading zeros the longer number is the greater one.
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

}  // namespace

Result<Semver> Semver::Parse(std::string_view text) {
  if (text.empty()) return Fail("Version string empty");
  const auto core = SplitCore(text);
  if (core.size() != 3) return Fail("No Major.Minor.Patch elements found");
  Semver version;
  BERTH_ASSIGN(version.major, ParseNumber(core[0], "Major"));
  BERTH_ASSIGN(version.minor, ParseNumber(core[1], "Minor"));

  std::string_view patch = core[2];
  std::string_view build;
  std::string_view prerelease;
  const auto plus = patch.find('+');
  if (plus != std::string_view::npos) {
    build = patch.substr(plus + 1);
    patch = patch.substr(0, plus);
  }
  const auto dash = patch.find('-');
  if (dash != std::string_view::npos) {
    prerelease = patch.substr(dash + 1);
    patch = patch.substr(0, dash);
  }
  BERTH_ASSIGN(version.patch, ParseNumber(patch, "Patch"));
  if (dash != std::string_view::npos) {
    for (const auto part : SplitAt(prerelease, '.')) {
      BERTH_TRY(CheckPrerelease(part));
      version.prerelease.emplace_back(part);
    }
  }
  if (plus != std::string_view::npos) {
    for (const auto part : SplitAt(build, '.')) BERTH_TRY(CheckBuild(part));
  }
  return version;
}

std::string Semver::Normalized(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (!text.empty() && text[0] == 'v') text.remove_prefix(1);
  const auto parts = SplitCore(text);
  std::string normalized;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string_view part = parts[i];
    while (part.size() > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9') {
      part.remove_prefix(1);
    }
    normalized += (i == 0 ? "" : ".");
    normalized += part;
  }
  if (parts.size() == 3) return normalized;
  // A short version with a prerelease or build has no place for what is missing.
  if (parts.back().find_first_of("+-") != std::string_view::npos) return normalized;
  for (std::size_t i = parts.size(); i < 3; ++i) normalized += ".0";
  return normalized;
}

std::strong_ordering Semver::Compare(const Semver& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  if (prerelease.empty() || other.prerelease.empty()) {
    return prerelease.empty() <=> other.prerelease.empty();
  }
  const std::size_t common = std::min(prerelease.size(), other.prerelease.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto order = ComparePart(prerelease[i], other.prerelease[i]);
    if (order != 0) return order;
  }
  return prerelease.size() <=> other.prerelease.size();
}

}  // namespace berth::cel
