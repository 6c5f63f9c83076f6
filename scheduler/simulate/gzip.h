// Packing what is written; files.h unpacks what is read.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::simulate {

// One member of a gzip file. Thread-safe.
base::Result<std::string> Gzip(std::string_view text);

}  // namespace berth::simulate
