// What a sweep was made from, so that results of different sweeps are never mixed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

// By file, relative to the folder of the sweep file: a hash of its bytes (FNV-1a, 64 bits, in hex).
// The sweep file itself has the name kSweepFileName.
using Fingerprint = std::map<std::string, std::string>;

inline constexpr std::string_view kSweepFileName = "(sweep file)";

// Of the sweep file and of every file that it names, folders with all that is below them.
base::Result<Fingerprint> FingerprintOf(const SweepFile& file);

// The content of sweep.json.
std::string PrintFingerprint(const Fingerprint& fingerprint);
base::Result<Fingerprint> ParseFingerprint(std::string_view text);

// Names the first file that differs; fails if there is one.
base::Result<void> CheckSame(const Fingerprint& kept, const Fingerprint& now);

}  // namespace berth::sweep
