#include "scheduler/config/profile.h"

namespace berth::config {

std::string_view FieldName(ExtensionPoint point) {
  static constexpr std::array<std::string_view, kExtensionPointCount> kNames = {
      "preEnqueue", "queueSort", "preFilter", "filter",  "postFilter", "preScore",
      "score",      "reserve",   "permit",    "preBind", "bind",       "postBind"};
  return kNames[static_cast<std::size_t>(point)];
}

}  // namespace berth::config
