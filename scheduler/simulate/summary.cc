#include "scheduler/simulate/summary.h"

namespace berth::simulate {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnschedulable:
      return "unschedulable";
    case Verdict::kGated:
      return "gated";
  }
  return "";
}

}  // namespace berth::simulate
