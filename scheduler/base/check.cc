#include "scheduler/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace berth::base {

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "berth: internal error: %s is not true at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace berth::base
