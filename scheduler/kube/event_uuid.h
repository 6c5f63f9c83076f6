// Names that nobody else has.
#pragma once

#include <string>

#include "scheduler/base/random.h"

namespace berth::kube {

// A random UUID (version 4) in lower case.
std::string RandomUuid(base::Random& random);

// To seed a generator with, so that no two processes draw the same.
std::uint64_t SeedOfTheMachine();

}  // namespace berth::kube
