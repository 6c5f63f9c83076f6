// The folder of results: sweep.json, runs.csv, curves.csv, timings.csv, report.html.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/sweep/fingerprint.h"
#include "scheduler/sweep/one_run.h"

namespace berth::sweep {

// Runs are added at the end of the tables as they come, the line in runs.csv last, so that whatever
// ends the process leaves whole runs and at most one that is not counted. Not thread-safe.
class Results {
 public:
  // Makes the folder, or goes on in one that an interrupted sweep has left: lines of runs that are
  // not whole are dropped. Refuses the folder of another sweep, one that another process writes,
  // and one that is neither empty nor of a sweep.
  static base::Result<Results> Open(const std::string& folder, const Fingerprint& fingerprint,
                                    const RunLines& headers);

  Results(Results&&) noexcept;
  Results& operator=(Results&&) noexcept;
  ~Results();

  bool Has(const std::string& key) const { return keys_.contains(key); }
  std::size_t run_count() const { return keys_.size(); }

  base::Result<void> Add(const std::string& key, const RunLines& lines);

  // Adds the runs of another folder of the same sweep (of a shard) that are not there yet. In the
  // place of a folder goes a file that holds what Print() has given.
  base::Result<void> AddFrom(const std::string& path);

  // Puts the runs into the order of `keys`; those that are not named are left out. Every table is
  // replaced at once, so that no reader sees a part of one. Call once, at the end.
  base::Result<void> Finish(const std::vector<std::string>& keys);

  // The tables as they are now, headers included.
  base::Result<RunLines> Read() const;

  // report.html.
  base::Result<void> WritePage(std::string_view page);

  // All tables of the folder as one line of JSON, by name.
  base::Result<std::string> Print() const;

 private:
  struct Lock;

  Results(std::string folder, Fingerprint fingerprint, RunLines headers);

  base::Result<void> Begin();
  base::Result<void> Resume();

  std::string folder_;
  Fingerprint fingerprint_;
  RunLines headers_;
  std::unique_ptr<Lock> lock_;
  std::set<std::string> keys_;
};

}  // namespace berth::sweep
