// Figures that others have published, to be set beside those of a sweep.
#pragma once

#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/report/sweep_page.h"
#include "scheduler/sweep/one_run.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

// Reads the file that the sweep file names as `published`; nothing where it names none. A row has
// the means of one workload with one profile of the sweep, in columns named as in runs.csv or
// timings.csv; a field may be empty. Errors name the file, line and column: of an unknown column,
// workload or profile, of a second row for the same, of what is no number.
base::Result<std::vector<report::PublishedFigure>> ReadPublished(const SweepFile& file,
                                                                 const RunLines& headers);

// The same from text, without the name of the file in errors.
base::Result<std::vector<report::PublishedFigure>> ParsePublished(std::string_view text,
                                                                  const SweepFile& file,
                                                                  const RunLines& headers);

}  // namespace berth::sweep
