// Three levels of checks:
//
//   what can be wrong                    use                     cost
//   input from outside                   Result<T>               always, and handled
//   our own logic, cheap to look at      BERTH_CHECK             always; ends the process
//   our own logic, on a hot path         BERTH_DCHECK            only with BERTH_DCHECKS (dev,
//   sanitizers)
#pragma once

namespace berth::base {

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);

}  // namespace berth::base

#define BERTH_CHECK(condition) \
  ((condition) ? void(0) : ::berth::base::CheckFailed(#condition, __FILE__, __LINE__))

#ifdef BERTH_DCHECKS
#define BERTH_DCHECK(condition) BERTH_CHECK(condition)
#else
#define BERTH_DCHECK(condition) ((void)sizeof(!(condition)))
#endif
