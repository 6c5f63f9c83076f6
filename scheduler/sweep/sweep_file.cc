#include "scheduler/sweep/sweep_file.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "scheduler/config/field_error.h"
#include "scheduler/config/parse.h"
#include "scheduler/config/reader.h"
#include "scheduler/simulate/files.h"

namespace berth::sweep {
namespace {

using base::Result;
using config::ChildPath;
using config::Field;
using config::FieldError;
using config::InvalidValue;
using config::ItemPath;
using config::ReadObject;
using config::RequiredValue;
using config::Value;

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::int64_t kMaxSeeds = 100'000;
constexpr double kMaxRatio = 10;

config::FieldReader Expect(std::string_view expected) {
  return [expected](const Field& field) -> Result<void> {
    std::string text;
    BERTH_TRY(config::Read(field, text));
    if (text == expected) return {};
    return config::UnsupportedValue(field.path, text, std::span(&expected, 1));
  };
}

bool IsName(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kMaxNameBytes &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

Result<void> CheckPath(const Field& field, const std::string& path) {
  if (path.empty()) return RequiredValue(field.path, "an empty path");
  if (path == simulate::kStdin) return FieldError(field.path, "standard input is read once only");
  return {};
}

Result<void> ReadPath(const Field& field, std::string& out) {
  BERTH_TRY(config::Read(field, out));
  return CheckPath(field, out);
}

// One path or a list of them.
Result<void> ReadPaths(const Field& field, std::vector<std::string>& out) {
  if (field.value.As<std::string>() != nullptr) {
    BERTH_TRY(config::Read(field, out.emplace_back()));
  } else {
    BERTH_TRY(config::Read(field, out));
  }
  if (out.empty()) return RequiredValue(field.path, "at least one path");
  for (const std::string& path : out) BERTH_TRY(CheckPath(field, path));
  return {};
}

Result<void> ReadNamed(const Field& field, std::size_t most_paths, std::vector<NamedPaths>& out) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return FieldError(field.path, "must be a map of names to paths");
  std::set<std::string_view> seen;
  for (const Value::Member& member : *map) {
    const std::string path = ChildPath(field.path, member.name);
    if (!IsName(member.name)) {
      return FieldError(path, "names have up to 100 letters, digits, '.', '_' and '-'");
    }
    if (!seen.insert(member.name).second) return config::DuplicateValue(field.path, member.name);
    NamedPaths& named = out.emplace_back(NamedPaths{member.name, {}});
    BERTH_TRY(ReadPaths({member.value, path}, named.paths));
    if (named.paths.size() > most_paths) return FieldError(path, "must be one path");
  }
  return {};
}

Result<std::int64_t> ReadInteger(const Field& field, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  BERTH_TRY(config::Read(field, value));
  if (value >= least && value <= most) return value;
  return InvalidValue(field.path, value,
                      "not in [" + std::to_string(least) + ", " + std::to_string(most) + "]");
}

config::FieldReader IntoInteger(std::int64_t& out, std::int64_t least, std::int64_t most) {
  return [&out, least, most](const Field& field) -> Result<void> {
    BERTH_ASSIGN(out, ReadInteger(field, least, most));
    return {};
  };
}

constexpr std::int64_t kMaxSeed = std::numeric_limits<std::int64_t>::max() - kMaxSeeds;

// [42, 43] or {from: 42, count: 10}.
Result<void> ReadSeeds(const Field& field, std::vector<std::uint64_t>& out) {
  if (field.value.As<Value::Map>() != nullptr) {
    std::int64_t from = 0;
    std::int64_t count = 0;
    BERTH_TRY(ReadObject(field, {{"from", IntoInteger(from, 0, kMaxSeed)},
                                 {"count", IntoInteger(count, 1, kMaxSeeds)}}));
    if (count == 0) return RequiredValue(ChildPath(field.path, "count"));
    for (std::int64_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint64_t>(from + i));
    return {};
  }
  return config::ReadList(field, [&out](const Field& item) -> Result<void> {
    BERTH_ASSIGN(const std::int64_t seed, ReadInteger(item, 0, kMaxSeed));
    const auto known = static_cast<std::uint64_t>(seed);
    if (std::ranges::find(out, known) != out.end()) {
      return config::DuplicateValue(item.path, std::to_string(seed));
    }
    out.push_back(known);
    return {};
  });
}

// A number with or without a fraction.
Result<void> ReadRatio(const Field& field, double& out) {
  if (const auto* whole = field.value.As<std::int64_t>()) {
    out = static_cast<double>(*whole);
  } else if (const auto* number = field.value.As<double>()) {
    out = *number;
  } else {
    return FieldError(field.path, "must be a number");
  }
  if (out > 0 && out <= kMaxRatio) return {};
  return FieldError(field.path, "must be above 0 and at most 10");
}

Result<void> ReadRepeatUntil(const Field& field, std::optional<RepeatUntil>& out) {
  RepeatUntil read;
  read.ratio = 0;
  BERTH_TRY(ReadObject(
      field, {{"resource", config::Into(read.resource)},
              {"ratio", [&read](const Field& ratio) { return ReadRatio(ratio, read.ratio); }}}));
  if (read.resource.empty()) return RequiredValue(ChildPath(field.path, "resource"));
  if (read.ratio == 0) return RequiredValue(ChildPath(field.path, "ratio"));
  out = std::move(read);
  return {};
}

Result<void> ReadArrivals(const Field& field, SweepFile& out) {
  using enum simulate::ArrivalOrder;
  using enum simulate::Departures;
  bool departures = false;
  const auto read_order = [&](const Field& order) {
    return config::ReadEnum(order, {{"shuffled", kShuffled}, {"file", kFile}, {"time", kTime}},
                            out.order);
  };
  const auto read_departures = [&](const Field& choice) {
    departures = true;
    return config::ReadEnum(choice, {{"duration", kDuration}, {"recorded", kRecorded}},
                            out.departures);
  };
  const auto read_repeat = [&](const Field& repeat) {
    return ReadRepeatUntil(repeat, out.repeat_until);
  };
  BERTH_TRY(ReadObject(
      field,
      {{"order", read_order}, {"departures", read_departures}, {"repeatUntil", read_repeat}}));
  if (out.order == kTime && out.repeat_until) {
    return FieldError(ChildPath(field.path, "repeatUntil"),
                      "not with order: time, where each pod comes at its own");
  }
  if (out.order != kTime && departures) {
    return FieldError(ChildPath(field.path, "departures"),
                      "needs order: time; otherwise nobody leaves");
  }
  return {};
}

Result<void> ReadFormat(const Field& field, SweepFile& out) {
  using enum simulate::InputFormat;
  return config::ReadEnum(field, {{"auto", kAuto}, {"kubernetes", kKubernetes}, {"openb", kOpenb}},
                          out.format);
}

Result<void> ReadDocument(const Value& document, SweepFile& out) {
  std::string api_version;
  std::string kind;
  const auto into = [](std::string_view expected, std::string& text) {
    return [expected, &text](const Field& field) -> Result<void> {
      BERTH_TRY(Expect(expected)(field));
      text = expected;
      return {};
    };
  };
  BERTH_TRY(ReadObject(
      {document, ""},
      {{"apiVersion", into("berth/v1alpha1", api_version)},
       {"kind", into("Sweep", kind)},
       {"format", [&out](const Field& field) { return ReadFormat(field, out); }},
       {"nodes", [&out](const Field& field) { return ReadPaths(field, out.nodes); }},
       {"workloads",
        [&out](const Field& field) {
          return ReadNamed(field, std::numeric_limits<std::size_t>::max(), out.workloads);
        }},
       {"profiles", [&out](const Field& field) { return ReadNamed(field, 1, out.profiles); }},
       {"seeds", [&out](const Field& field) { return ReadSeeds(field, out.seeds); }},
       {"arrivals", [&out](const Field& field) { return ReadArrivals(field, out); }},
       {"published", [&out](const Field& field) { return ReadPath(field, out.published); }},
       {"output", config::Into(out.output)}}));
  if (api_version.empty()) return RequiredValue("apiVersion", "berth/v1alpha1");
  if (kind.empty()) return RequiredValue("kind", "Sweep");
  return {};
}

Result<void> CheckComplete(const SweepFile& file) {
  if (file.nodes.empty()) return RequiredValue("nodes");
  if (file.workloads.empty()) return RequiredValue("workloads");
  if (file.profiles.empty()) return RequiredValue("profiles");
  if (file.seeds.empty()) return RequiredValue("seeds");
  if (file.output.empty()) return RequiredValue("output", "the folder of the results");
  if (file.RunCount() > kMaxRuns) {
    return base::Fail(std::to_string(file.RunCount()) + " runs; at most " +
                      std::to_string(kMaxRuns) + " are possible");
  }
  return {};
}

void MakeRelativeToFile(SweepFile& file) {
  const auto folder = std::filesystem::path(file.path).parent_path();
  const auto move = [&folder](std::string& path) {
    path = (folder / path).lexically_normal().string();
  };
  std::ranges::for_each(file.nodes, move);
  for (auto* named : {&file.workloads, &file.profiles}) {
    for (NamedPaths& entry : *named) std::ranges::for_each(entry.paths, move);
  }
  if (!file.published.empty()) move(file.published);
  move(file.output);
}

Result<SweepFile> Parse(std::string_view text, const std::string& path) {
  SweepFile file;
  file.path = path;
  BERTH_ASSIGN(const Value document, config::ParseDocument(text));
  BERTH_TRY(ReadDocument(document, file));
  BERTH_TRY(CheckComplete(file));
  MakeRelativeToFile(file);
  return file;
}

}  // namespace

RunId RunAt(const SweepFile& file, std::size_t index) {
  const std::size_t seeds = file.seeds.size();
  const std::size_t profiles = file.profiles.size();
  return {index / seeds / profiles, index / seeds % profiles, file.seeds[index % seeds]};
}

Result<SweepFile> ParseSweepFile(std::string_view text, const std::string& path) {
  auto file = Parse(text, path);
  if (!file) return std::unexpected(file.error().Within(path));
  return file;
}

Result<SweepFile> ReadSweepFile(const std::string& path) {
  BERTH_ASSIGN(const api::PaddedText text, simulate::LoadFile(path, config::kMaxDocumentBytes));
  return ParseSweepFile(text.view(), path);
}

}  // namespace berth::sweep
