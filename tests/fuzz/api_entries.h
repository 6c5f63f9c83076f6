// What the fuzz targets of the readers do with one input; also run over their seed corpora by
// corpus_test.cc, so that every finding that is kept there stays a test. A broken promise ends the
// process.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any text is read as JSON (with the defaults applied) or refused, the same way twice.
void TryJson(std::string_view text);

// YAML becomes JSON that is never malformed, or is refused.
void TryYaml(std::string_view text);

// A quantity reads back from its own text.
void TryQuantity(std::string_view text);

// Lines: key, value of that label on an object, then values of a requirement. In and NotIn, Exists
// and DoesNotExist are opposites whenever they parse, and what does not parse matches nothing.
void TrySelector(std::string_view text);

}  // namespace berth::fuzz
