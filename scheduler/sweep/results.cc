#include "scheduler/sweep/results.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "scheduler/sweep/text_file.h"

namespace berth::sweep {
namespace {

namespace fs = std::filesystem;
using base::Result;

constexpr const char* kFingerprintName = "sweep.json";
constexpr const char* kPageName = "report.html";

// Of each run: its lines in every table.
using Runs = std::map<std::string, RunLines, std::less<>>;

struct Table {
  const char* name;
  std::string RunLines::* lines;
};
// In the order in which a run is written: runs.csv says that it is whole.
constexpr std::array<Table, 3> kTables = {{{"curves.csv", &RunLines::curves},
                                           {"timings.csv", &RunLines::timings},
                                           {"runs.csv", &RunLines::runs}}};

std::ptrdiff_t CommasIn(std::string_view line) { return std::ranges::count(line, ','); }

// "workload,profile,seed" of a line that has more than that.
std::string_view KeyOf(std::string_view line) {
  std::size_t end = 0;
  for (int i = 0; i < 3; ++i) end = line.find(',', end) + 1;
  return line.substr(0, end - 1);
}

std::string PathOf(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

// The files of a folder of results, or what a shard has printed of them.
struct Source {
  std::string path;
  std::map<std::string, std::string, std::less<>> texts;  // by name

  std::string Where(const char* name) const { return PathOf(path, name); }
};

Result<Source> ReadFolder(const std::string& folder) {
  Source source{folder, {}};
  for (const Table& table : kTables) {
    BERTH_ASSIGN(source.texts[table.name], ReadBytes(PathOf(folder, table.name)));
  }
  BERTH_ASSIGN(source.texts[kFingerprintName], ReadBytes(PathOf(folder, kFingerprintName)));
  return source;
}

Result<Source> ReadPrinted(const std::string& path) {
  BERTH_ASSIGN(const std::string text, ReadBytes(path));
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) return base::Fail(path + ": is not what a shard has printed");
  Source source{path, {}};
  const auto add = [&](const char* name) -> Result<void> {
    const auto it = document.find(name);
    if (it == document.end() || !it->is_string()) {
      return base::Fail(path + ": is not what a shard has printed: no " + name);
    }
    source.texts[name] = it->get<std::string>();
    return {};
  };
  for (const Table& table : kTables) BERTH_TRY(add(table.name));
  BERTH_TRY(add(kFingerprintName));
  return source;
}

Result<Source> ReadSource(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) ? ReadPrinted(path) : ReadFolder(path);
}

// A last line that is cut short, as an interruption leaves it, is passed over.
Result<void> ReadTable(const Source& source, const Table& table, const std::string& header,
                       Runs& runs) {
  const std::string path = source.Where(table.name);
  std::string_view text = source.texts.at(table.name);
  if (!text.starts_with(header)) return base::Fail(path + ": line 1: has other columns");
  text.remove_prefix(header.size());
  for (std::size_t number = 2; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end + 1);
    if (CommasIn(line) != CommasIn(header)) {
      return base::Fail(path + ": line " + std::to_string(number) + ": is damaged");
    }
    runs[std::string(KeyOf(line))].*(table.lines) += line;
    text.remove_prefix(end + 1);
  }
  return {};
}

// Those that are whole.
Result<Runs> ReadRuns(const Source& source, const RunLines& headers) {
  Runs runs;
  for (const Table& table : kTables) {
    BERTH_TRY(ReadTable(source, table, headers.*(table.lines), runs));
  }
  std::erase_if(
      runs, [](const auto& run) { return run.second.runs.empty() || run.second.timings.empty(); });
  for (const auto& [key, lines] : runs) {
    if (std::ranges::count(lines.runs, '\n') == 1) continue;
    return base::Fail(source.Where("runs.csv") + ": has " + key + " twice");
  }
  return runs;
}

Result<void> CheckFingerprint(const Source& source, const Fingerprint& own) {
  auto kept = ParseFingerprint(source.texts.at(kFingerprintName));
  if (!kept) return std::unexpected(kept.error().Within(source.Where(kFingerprintName)));
  if (const auto same = CheckSame(*kept, own); !same) {
    return base::Fail(source.path +
                      ": has the results of another sweep: " + same.error().message());
  }
  return {};
}

}  // namespace

// Held on sweep.json as long as the folder is written.
struct Results::Lock {
  int file = -1;

  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (file >= 0) close(file);
  }

  Result<void> Take(const std::string& folder) {
    const std::string path = PathOf(folder, kFingerprintName);
    file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return base::Fail(path + ": " + std::strerror(errno));
    // A file system without locks is no reason to refuse.
    if (flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
    return base::Fail(folder + ": is being written by another process");
  }
};

Results::Results(std::string folder, Fingerprint fingerprint, RunLines headers)
    : folder_(std::move(folder)),
      fingerprint_(std::move(fingerprint)),
      headers_(std::move(headers)),
      lock_(std::make_unique<Lock>()) {}
Results::Results(Results&&) noexcept = default;
Results& Results::operator=(Results&&) noexcept = default;
Results::~Results() = default;

Result<Results> Results::Open(const std::string& folder, const Fingerprint& fingerprint,
                              const RunLines& headers) {
  Results results(folder, fingerprint, headers);
  std::error_code error;
  if (fs::exists(PathOf(folder, kFingerprintName), error)) {
    BERTH_TRY(results.Resume());
    return results;
  }
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return base::Fail(folder + ": is neither empty nor the results of a sweep");
  }
  BERTH_TRY(results.Begin());
  return results;
}

Result<void> Results::Begin() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return base::Fail(folder_ + ": " + error.message());
  for (const Table& table : kTables) {
    BERTH_TRY(ReplaceFile(PathOf(folder_, table.name), headers_.*(table.lines)));
  }
  // Last: a folder that has it has everything.
  BERTH_TRY(ReplaceFile(PathOf(folder_, kFingerprintName), PrintFingerprint(fingerprint_)));
  return lock_->Take(folder_);
}

Result<void> Results::Resume() {
  BERTH_TRY(lock_->Take(folder_));
  BERTH_ASSIGN(const Source source, ReadFolder(folder_));
  BERTH_TRY(CheckFingerprint(source, fingerprint_));
  BERTH_ASSIGN(const Runs runs, ReadRuns(source, headers_));
  for (const Table& table : kTables) {
    std::string text = headers_.*(table.lines);
    for (const auto& [key, lines] : runs) text += lines.*(table.lines);
    BERTH_TRY(ReplaceFile(PathOf(folder_, table.name), text));
  }
  for (const auto& [key, lines] : runs) keys_.insert(key);
  return {};
}

Result<void> Results::Add(const std::string& key, const RunLines& lines) {
  for (const Table& table : kTables) {
    BERTH_TRY(AppendToFile(PathOf(folder_, table.name), lines.*(table.lines)));
  }
  keys_.insert(key);
  return {};
}

Result<void> Results::AddFrom(const std::string& path) {
  BERTH_ASSIGN(const Source source, ReadSource(path));
  BERTH_TRY(CheckFingerprint(source, fingerprint_));
  BERTH_ASSIGN(const Runs runs, ReadRuns(source, headers_));
  for (const auto& [key, lines] : runs) {
    if (!Has(key)) BERTH_TRY(Add(key, lines));
  }
  return {};
}

Result<void> Results::Finish(const std::vector<std::string>& keys) {
  BERTH_ASSIGN(const Source source, ReadFolder(folder_));
  BERTH_ASSIGN(const Runs runs, ReadRuns(source, headers_));
  for (const Table& table : kTables) {
    std::string text = headers_.*(table.lines);
    for (const std::string& key : keys) {
      if (const auto it = runs.find(key); it != runs.end()) text += it->second.*(table.lines);
    }
    BERTH_TRY(ReplaceFile(PathOf(folder_, table.name), text));
  }
  return {};
}

Result<RunLines> Results::Read() const {
  BERTH_ASSIGN(const Source source, ReadFolder(folder_));
  RunLines lines;
  for (const Table& table : kTables) lines.*(table.lines) = source.texts.at(table.name);
  return lines;
}

Result<void> Results::WritePage(std::string_view page) {
  return ReplaceFile(PathOf(folder_, kPageName), page);
}

Result<std::string> Results::Print() const {
  BERTH_ASSIGN(const Source source, ReadFolder(folder_));
  const nlohmann::json document = source.texts;
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace berth::sweep
