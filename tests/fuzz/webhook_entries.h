// What the fuzz target of the webhook does with an input; it ends the process if something is
// wrong.
#pragma once

#include <string_view>

namespace berth::fuzz {

// Any bytes as the body of each verb: an error, or views of the text; and what is written from what
// was read is JSON.
void TryWebhook(std::string_view bytes);

}  // namespace berth::fuzz
