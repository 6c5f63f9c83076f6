#include <cstddef>
#include <cstdint>

#include "tests/fuzz/extender_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  berth::fuzz::TryExtenderAnswers({reinterpret_cast<const char*>(data), size});
  return 0;
}
