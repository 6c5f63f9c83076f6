// Whatever the text, reading it as a configuration ends with an error or with a configuration whose
// print reads back to the same print.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scheduler/base/check.h"
#include "scheduler/config/load.h"
#include "scheduler/config/print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto configuration = berth::config::LoadText(text, "input");
  if (!configuration) return 0;
  const std::string printed = berth::config::Print(*configuration);
  const auto again = berth::config::LoadText(printed, "printed");
  BERTH_CHECK(again.has_value());
  BERTH_CHECK(berth::config::Print(*again) == printed);
  return 0;
}
