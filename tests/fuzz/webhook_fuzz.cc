#include <cstddef>
#include <cstdint>

#include "tests/fuzz/webhook_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  berth::fuzz::TryWebhook({reinterpret_cast<const char*>(data), size});
  return 0;
}
