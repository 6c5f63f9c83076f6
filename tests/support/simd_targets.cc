#include "tests/support/simd_targets.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace berth::support {
namespace {

constexpr std::int64_t kAllThereAre = 0;

void Use(std::int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

void OnEverySimdTarget(const std::function<void()>& body) {
  Use(kAllThereAre);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    Use(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body();
  }
  Use(kAllThereAre);
}

}  // namespace berth::support
