#include "scheduler/record/record.h"

#include <thread>
#include <utility>

#include "scheduler/record/follower.h"
#include "scheduler/record/output_file.h"
#include "scheduler/record/snapshot.h"

namespace berth::record {
namespace {

using base::Result;

constexpr std::chrono::milliseconds kLook{20};

std::string Joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::string Count(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string Summary(const std::string& path, const Snapshot& snapshot) {
  std::string text =
      path + ": " + Count(snapshot.nodes, "node") + ", " + Count(snapshot.pods, "pod") + " and " +
      Count(snapshot.objects.size() - snapshot.nodes - snapshot.pods, "other object") +
      " at version " + snapshot.version;
  if (snapshot.pods_without_node > 0) {
    text += "; left out: " + Count(snapshot.pods_without_node, "pod") + " whose node is gone";
  }
  if (!snapshot.absent.empty()) text += "; not served there: " + Joined(snapshot.absent);
  if (!snapshot.at_once.empty()) text += "; of another moment: " + Joined(snapshot.at_once);
  return text;
}

Result<std::size_t> Flush(Follower& follower, const std::string& path) {
  const Follower::Lines lines = follower.Take();
  if (lines.count > 0) BERTH_TRY(AppendToFile(path, lines.text));
  return lines.count;
}

Result<std::size_t> Follow(const RecordOptions& options, const RecordEnvironment& environment,
                           std::vector<ListedKind> kinds) {
  Follower follower(environment.client, environment.clock, options.seed, std::move(kinds));
  follower.Start();
  std::size_t events = 0;
  auto last_flush = environment.clock.Now();
  while (!environment.interrupted) {
    std::this_thread::sleep_for(kLook);
    if (environment.clock.Now() - last_flush < options.flush_every) continue;
    last_flush = environment.clock.Now();
    BERTH_ASSIGN(const std::size_t flushed, Flush(follower, options.output));
    events += flushed;
  }
  follower.Stop();
  BERTH_ASSIGN(const std::size_t flushed, Flush(follower, options.output));
  return events + flushed;
}

}  // namespace

Result<void> Record(const RecordOptions& options, const RecordEnvironment& environment) {
  BERTH_ASSIGN(Snapshot snapshot, TakeSnapshot(environment.client, environment.interrupted));
  BERTH_TRY(
      ReplaceFile(options.output, SnapshotText(snapshot, environment.clock.WallNanoseconds())));
  environment.tell(Summary(options.output, snapshot));
  if (!options.follow) return {};
  BERTH_ASSIGN(const std::size_t events, Follow(options, environment, std::move(snapshot.kinds)));
  environment.tell(options.output + ": " + Count(events, "event") + " after the snapshot");
  return {};
}

}  // namespace berth::record
