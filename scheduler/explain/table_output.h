// An explanation for a person, as text of about 100 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scheduler/explain/explanation.h"

namespace berth::explain {

// The verdict first, then the best `top` nodes (all for 0), the rejected ones by plugin and reason
// with what would help, and what preemption would do. `tie_rule` names what breaks ties. Names from
// the input are shown without control characters.
std::string TableOutput(const Explanation& explanation, std::size_t top, std::string_view tie_rule);

}  // namespace berth::explain
