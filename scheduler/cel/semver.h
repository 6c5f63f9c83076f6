// Semantic versions, as Kubernetes' CEL library `semver` has them (semver.org 2.0.0).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::cel {

struct Semver {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> prerelease;  // its parts between dots; build metadata counts for nothing

  // Strict. The errors are those that kube-scheduler shows.
  static base::Result<Semver> Parse(std::string_view text);
  // What `normalize` does first: takes a leading "v" away, adds ".0" for a missing minor or patch
  // number, drops leading zeros of the three numbers.
  static std::string Normalized(std::string_view text);

  // Precedence as semver.org section 11 has it.
  std::strong_ordering Compare(const Semver& other) const;
};

}  // namespace berth::cel
