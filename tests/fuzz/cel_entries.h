// What the fuzz target of CEL does with one input; corpus_test.cc runs it over the seeds.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any text is a selector of devices or is refused, and evaluates to the same twice, whether its
// types were checked or not.
void TryCel(std::string_view text);

}  // namespace berth::fuzz
