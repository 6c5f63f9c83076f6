// One entry of `extenders`.
#pragma once

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/config/reader.h"

namespace berth::config {

base::Result<void> DecodeExtender(const Field& field, Extender& out);

}  // namespace berth::config
