// The report of a simulation as files: placements.csv, nodes.csv, failures.csv, summary.json,
// and report.html, which is made elsewhere.
// docs/simulate-output.md describes their columns.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// Whether WriteReport() could begin: the folder is absent or empty, or may be overwritten. Ask
// before the work whose result would be lost.
base::Result<void> CheckReportDirectory(const std::string& directory, bool overwrite);

// Makes the folder when it is absent. Every file is first written whole under a temporary name and
// then renamed, so that no reader ever sees a part of one; on failure the temporary files are
// removed. With `overwrite`, other files in the folder stay as they are. Errors name the path.
// `page` is the text of report.html; without it there is none.
base::Result<void> WriteReport(const Summary& summary, const std::string& directory, bool overwrite,
                               std::string_view page = {});

// A field of a CSV file (RFC 4180): in quotes when it has to be.
std::string CsvField(std::string_view text);

}  // namespace berth::simulate
