#include "scheduler/sweep/run.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <utility>

#include "scheduler/base/executor.h"
#include "scheduler/base/text.h"
#include "scheduler/report/sweep_page.h"
#include "scheduler/simulate/progress.h"
#include "scheduler/sweep/fingerprint.h"
#include "scheduler/sweep/inputs.h"
#include "scheduler/sweep/one_run.h"
#include "scheduler/sweep/page.h"
#include "scheduler/sweep/published.h"
#include "scheduler/sweep/results.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {
namespace {

using base::Result;
using Kind = SweepFailure::Kind;

constexpr std::size_t kMaxShards = 100'000;

std::unexpected<SweepFailure> Failed(Kind kind, base::Error error) {
  return std::unexpected(SweepFailure{kind, std::move(error)});
}

std::string OutputOf(const Options& options, const SweepFile& file) {
  std::string output = options.output.empty() ? file.output : options.output;
  while (output.size() > 1 && output.ends_with('/')) output.pop_back();
  if (!options.shard) return output;
  return output + "-shard-" + std::to_string(options.shard->index) + "-of-" +
         std::to_string(options.shard->count);
}

// All runs, or those of the shard.
std::vector<RunId> WantedRuns(const SweepFile& file, const std::optional<Shard>& shard) {
  std::vector<RunId> runs;
  const Shard all = shard.value_or(Shard{});
  for (std::size_t i = all.index; i < file.RunCount(); i += all.count) {
    runs.push_back(RunAt(file, i));
  }
  return runs;
}

std::vector<std::string> KeysOf(const SweepFile& file, const std::vector<RunId>& runs) {
  std::vector<std::string> keys;
  for (const RunId& run : runs) keys.push_back(RunKey(file, run));
  return keys;
}

// What is read before the first run.
struct Prepared {
  SweepFile file;
  Inputs inputs;
  Results results;
  std::vector<RunId> runs;  // that are wanted
  std::vector<report::PublishedFigure> published;
};

Result<Prepared> Prepare(const Options& options, base::Executor& executor) {
  BERTH_ASSIGN(SweepFile file, ReadSweepFile(options.file));
  BERTH_ASSIGN(Inputs inputs, ReadInputs(file, options.loaded, executor));
  BERTH_ASSIGN(const Fingerprint fingerprint, FingerprintOf(file));
  const RunLines headers = TableHeaders(file, inputs);
  std::vector<report::PublishedFigure> published;
  if (!options.shard) {
    BERTH_ASSIGN(published, ReadPublished(file, headers));
  }
  BERTH_ASSIGN(Results results, Results::Open(OutputOf(options, file), fingerprint, headers));
  std::vector<RunId> runs = WantedRuns(file, options.shard);
  return Prepared{std::move(file), std::move(inputs), std::move(results), std::move(runs),
                  std::move(published)};
}

Result<void> WritePage(const Options& options, Prepared& prepared) {
  BERTH_ASSIGN(const RunLines tables, prepared.results.Read());
  auto picture = PictureOf(prepared.file, tables, std::move(prepared.published));
  if (!picture) {
    return std::unexpected(picture.error().Within(OutputOf(options, prepared.file)));
  }
  BERTH_ASSIGN(const std::string page, report::SweepPage(*picture));
  return prepared.results.WritePage(page);
}

// Puts the tables in order. Shards have no page, since each is a part of a picture.
Result<void> Finish(const Options& options, Prepared& prepared) {
  BERTH_TRY(prepared.results.Finish(KeysOf(prepared.file, prepared.runs)));
  return options.shard ? Result<void>() : WritePage(options, prepared);
}

// Runs what is missing, one run a thread. The first failure ends all others.
class MissingRuns {
 public:
  MissingRuns(Prepared& prepared, const Environment& environment, bool quiet)
      : prepared_(prepared), environment_(environment) {
    for (const RunId& run : prepared.runs) {
      if (!prepared.results.Has(RunKey(prepared.file, run))) missing_.push_back(run);
    }
    progress_ = std::make_unique<simulate::Progress>(simulate::ProgressModeForStandardError(quiet),
                                                     "runs", missing_.size());
  }

  std::expected<SweepEnd, SweepFailure> RunAll(base::Executor& executor) {
    executor.ParallelFor(missing_.size(), 1, [this](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) RunAndKeep(missing_[i]);
    });
    progress_->Finish();
    if (failure_) return std::unexpected(*std::move(failure_));
    return done_ == missing_.size() ? SweepEnd::kComplete : SweepEnd::kInterrupted;
  }

 private:
  void RunAndKeep(const RunId& run) {
    if (stop_ || environment_.interrupted) return;
    const auto lines = RunOne(prepared_.file, prepared_.inputs, run, environment_.registry,
                              environment_.interrupted);
    const std::lock_guard lock(mutex_);
    if (!lines) return Fail({Kind::kInput, lines.error()});
    if (!*lines || stop_) return;
    const auto kept = prepared_.results.Add(RunKey(prepared_.file, run), **lines);
    if (!kept) return Fail({Kind::kOutput, kept.error()});
    progress_->Update(++done_);
  }

  // With the lock held.
  void Fail(SweepFailure failure) {
    if (!failure_) failure_ = std::move(failure);
    stop_ = true;
  }

  Prepared& prepared_;
  const Environment& environment_;
  std::vector<RunId> missing_;
  std::mutex mutex_;  // of all that follows and of the results
  std::unique_ptr<simulate::Progress> progress_;
  std::size_t done_ = 0;
  std::optional<SweepFailure> failure_;
  std::atomic<bool> stop_ = false;
};

std::expected<SweepEnd, SweepFailure> Gather(const Options& options, Prepared& prepared) {
  for (const std::string& folder : options.gather) {
    if (auto added = prepared.results.AddFrom(folder); !added) {
      return Failed(Kind::kInput, std::move(added).error());
    }
  }
  const auto keys = KeysOf(prepared.file, prepared.runs);
  if (auto done = Finish(options, prepared); !done) {
    return Failed(Kind::kOutput, std::move(done).error());
  }
  std::vector<std::string> missing;
  std::ranges::copy_if(keys, std::back_inserter(missing),
                       [&](const std::string& key) { return !prepared.results.Has(key); });
  if (missing.empty()) return SweepEnd::kComplete;
  return Failed(Kind::kOutput,
                base::Error(std::to_string(missing.size()) + " of " + std::to_string(keys.size()) +
                            " runs are missing: " + base::ListFew(missing, 3)));
}

std::expected<SweepEnd, SweepFailure> RunMissing(const Options& options,
                                                 const Environment& environment,
                                                 base::Executor& executor, Prepared& prepared) {
  auto end = MissingRuns(prepared, environment, options.quiet).RunAll(executor);
  auto done = Finish(options, prepared);
  if (!end) return end;
  if (!done) return Failed(Kind::kOutput, std::move(done).error());
  if (!options.print_results) return end;
  const auto text = prepared.results.Print();
  if (!text) return Failed(Kind::kOutput, text.error());
  if (environment.write_output(*text)) return end;
  return Failed(Kind::kOutput, base::Error("standard output cannot be written"));
}

}  // namespace

Result<Shard> ParseShard(std::string_view text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  if (error == std::errc() && slash != end && *slash == '/') {
    const auto [rest, count_error] = std::from_chars(slash + 1, end, shard.count);
    const bool good = count_error == std::errc() && rest == end;
    if (good && shard.index < shard.count && shard.count <= kMaxShards) return shard;
  }
  return base::Fail("\"" + base::Printable(text) +
                    "\" is not I/N with 0 <= I < N <= " + std::to_string(kMaxShards));
}

std::expected<SweepEnd, SweepFailure> Run(const Options& options, const Environment& environment) {
  const auto executor = base::MakeExecutor(options.threads);
  auto prepared = Prepare(options, *executor);
  if (!prepared) return Failed(Kind::kInput, std::move(prepared).error());
  if (!options.gather.empty()) return Gather(options, *prepared);
  return RunMissing(options, environment, *executor, *prepared);
}

}  // namespace berth::sweep
