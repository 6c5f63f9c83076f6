#include "scheduler/simulate/report_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "scheduler/simulate/json_output.h"
#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/virtual_time.h"

namespace berth::simulate {
namespace {

namespace fs = std::filesystem;
using base::Result;

std::unexpected<base::Error> FailAt(const fs::path& path, std::string_view what) {
  return std::unexpected(base::Error(std::string(what)).Within(path.string()));
}

// ---- Contents ----

void AppendRow(std::initializer_list<std::string_view> fields, std::string& out) {
  bool first = true;
  for (const std::string_view field : fields) {
    if (!first) out += ',';
    first = false;
    out += CsvField(field);
  }
  out += '\n';
}

std::string PlacementsCsv(const Summary& summary) {
  std::string out = "namespace,pod,node,score,feasible_nodes\n";
  for (const Placement& placement : summary.placements) {
    AppendRow({placement.namespace_name, placement.pod, placement.node,
               std::to_string(placement.score), std::to_string(placement.feasible_nodes)},
              out);
  }
  return out;
}

std::string FailuresCsv(const Summary& summary) {
  std::string out = "namespace,pod,verdict,message\n";
  for (const Failure& failure : summary.failures) {
    AppendRow({failure.namespace_name, failure.pod, VerdictName(failure.verdict), failure.message},
              out);
  }
  return out;
}

// Two columns a resource, named with their unit: "cpu_requested_millicores".
std::string NodesCsv(const Summary& summary) {
  std::string out = "node,pods";
  for (const std::string& resource : summary.resources) {
    const std::string unit = "_" + std::string(UnitOf(resource));
    out += "," + CsvField(resource + "_requested" + unit);
    out += "," + CsvField(resource + "_allocatable" + unit);
  }
  out += '\n';
  for (const NodeRow& node : summary.nodes) {
    out += CsvField(node.name) + "," + std::to_string(node.pods);
    for (const ResourceUse& use : node.resources) {
      out += "," + std::to_string(use.requested) + "," + std::to_string(use.allocatable);
    }
    out += '\n';
  }
  return out;
}

// ---- Files ----

// A file under a temporary name, which vanishes unless it is renamed to its own.
class PendingFile {
 public:
  explicit PendingFile(fs::path path)
      : path_(std::move(path)),
        temporary_(path_.parent_path() /
                   ("." + path_.filename().string() + ".tmp" + std::to_string(getpid()))) {}
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile() {
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
  }

  Result<void> Write(std::string_view text) {
    std::FILE* file = std::fopen(temporary_.c_str(), "wb");
    if (file == nullptr) return FailAt(path_, std::strerror(errno));
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                         std::fflush(file) == 0 && fsync(fileno(file)) == 0;
    const int write_error = errno;
    const bool closed = std::fclose(file) == 0;
    if (!written) return FailAt(path_, std::strerror(write_error));
    if (!closed) return FailAt(path_, std::strerror(errno));
    return {};
  }

  Result<void> Rename() {
    std::error_code error;
    fs::rename(temporary_, path_, error);
    if (error) return FailAt(path_, error.message());
    temporary_.clear();
    return {};
  }

 private:
  fs::path path_;
  fs::path temporary_;
};

Result<void> WriteFiles(const Summary& summary, std::string_view page, const fs::path& directory) {
  std::vector<std::pair<const char*, std::string>> contents = {
      {"placements.csv", PlacementsCsv(summary)},
      {"nodes.csv", NodesCsv(summary)},
      {"failures.csv", FailuresCsv(summary)},
      {"summary.json", JsonOutput(summary)}};
  if (!page.empty()) contents.emplace_back("report.html", page);
  if (summary.time != nullptr) {
    contents.emplace_back("timeline.csv", TimelineCsv(*summary.time));
    contents.emplace_back("pods.csv", PodTimesCsv(*summary.time));
  }
  std::vector<std::unique_ptr<PendingFile>> files;
  for (const auto& [name, text] : contents) {
    files.push_back(std::make_unique<PendingFile>(directory / name));
    BERTH_TRY(files.back()->Write(text));
  }
  for (const auto& file : files) BERTH_TRY(file->Rename());
  return {};
}

}  // namespace

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Result<void> CheckReportDirectory(const std::string& directory, bool overwrite) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (error) return FailAt(directory, error.message());
  if (!fs::is_directory(status)) return FailAt(directory, "is not a folder");
  const bool empty = fs::is_empty(directory, error);
  if (error) return FailAt(directory, error.message());
  if (empty || overwrite) return {};
  return FailAt(directory, "is not empty; --overwrite replaces an older report");
}

Result<void> WriteReport(const Summary& summary, const std::string& directory, bool overwrite,
                         std::string_view page) {
  BERTH_TRY(CheckReportDirectory(directory, overwrite));
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return FailAt(directory, error.message());
  return WriteFiles(summary, page, directory);
}

}  // namespace berth::simulate
