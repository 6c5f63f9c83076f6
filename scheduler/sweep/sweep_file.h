// The file that describes a sweep (apiVersion berth/v1alpha1, kind Sweep): docs/sweep.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/simulate/arrivals.h"
#include "scheduler/simulate/options.h"

namespace berth::sweep {

inline constexpr std::size_t kMaxRuns = 1'000'000;

struct NamedPaths {
  std::string name;  // letters, digits, '.', '_' and '-'
  std::vector<std::string> paths;
};

// How many pods arrive: until they have asked for `ratio` times what there is of a resource.
struct RepeatUntil {
  std::string resource;
  double ratio = 1;  // above 0, at most 10
};

// What the file says, as written but for the paths: relative ones are made to begin at its folder.
struct SweepFile {
  std::string path;
  simulate::InputFormat format = simulate::InputFormat::kAuto;
  std::vector<std::string> nodes;
  std::vector<NamedPaths> workloads;
  std::vector<NamedPaths> profiles;  // one path each
  std::vector<std::uint64_t> seeds;
  simulate::ArrivalOrder order = simulate::ArrivalOrder::kShuffled;
  simulate::Departures departures = simulate::Departures::kDuration;  // of kTime
  std::optional<RepeatUntil> repeat_until;                            // never with kTime
  std::string published;  // table of figures to be drawn beside those that come out; may be empty
  std::string output;     // folder

  std::size_t RunCount() const { return workloads.size() * profiles.size() * seeds.size(); }
};

// One combination. Runs are numbered workload by workload, in it profile by profile, in it seed by
// seed, each in the order of the file.
struct RunId {
  std::size_t workload;
  std::size_t profile;
  std::uint64_t seed;
};

RunId RunAt(const SweepFile& file, std::size_t index);

// Strict: every field is known and has its type, names and seeds are unique. Errors begin with the
// file's name and the path of the field. No other file is looked at.
base::Result<SweepFile> ReadSweepFile(const std::string& path);

// The same from text; relative paths begin at the folder of `path`.
base::Result<SweepFile> ParseSweepFile(std::string_view text, const std::string& path);

}  // namespace berth::sweep
