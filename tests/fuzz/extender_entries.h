// What the fuzz target of an extender's answers does with an input; it ends the process if
// something is wrong.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any bytes as the answer to each verb: an error, or values that can be written as JSON.
void TryExtenderAnswers(std::string_view bytes);

}  // namespace berth::fuzz
