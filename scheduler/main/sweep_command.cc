// berth sweep.
#include <memory>
#include <utility>

#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/input_flags.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/sweep/job.h"
#include "scheduler/sweep/run.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::main {
namespace {

// What the command line says, before anything is looked at.
struct SweepFlags {
  sweep::Options options;
  std::vector<std::string> plugin_paths;
  std::string shard;
  bool emit_job = false;
  sweep::JobOptions job;
};

int EmitJob(const SweepFlags& flags) {
  const auto file = sweep::ReadSweepFile(flags.options.file);
  const auto manifest = file ? sweep::JobManifest(*file, flags.job) : std::unexpected(file.error());
  if (!manifest) {
    PrintError(manifest.error().message());
    return kBadInput;
  }
  return WriteOut(*manifest) ? kSuccess : kFailure;
}

int Sweep(SweepFlags flags) {
  if (flags.emit_job) return EmitJob(flags);
  auto plugins = LoadPlugins(flags.plugin_paths);
  if (!plugins) {
    PrintError(plugins.error().message());
    return kBadInput;
  }
  flags.options.loaded = std::move(plugins->loaded);
  const auto end = sweep::Run(flags.options, {plugins->registry, CatchInterrupt(), WriteOut});
  if (!end) {
    PrintError(end.error().error.message());
    return end.error().kind == sweep::SweepFailure::Kind::kInput ? kBadInput : kFailure;
  }
  return *end == sweep::SweepEnd::kInterrupted ? kInterrupted : kSuccess;
}

void AddFlags(CLI::App& command, SweepFlags& flags) {
  command.add_option("FILE", flags.options.file, "The sweep, in YAML or JSON")
      ->type_name("")
      ->required();
  command
      .add_option("--output-folder", flags.options.output,
                  "Where results go, instead of what the file says")
      ->type_name("DIR");
  auto* shard = command
                    .add_option("--shard", flags.shard,
                                "Only every Nth run, beginning with number I, counted from 0; "
                                "results go to OUTPUT-shard-I-of-N")
                    ->type_name("I/N");
  command
      .add_option("--gather", flags.options.gather,
                  "Run nothing: put the results of these shards together")
      ->type_name("DIR...")
      ->excludes(shard);
  command.add_flag("--print-results", flags.options.print_results,
                   "Print the results on standard output as well, for --gather");
  AddPluginFlag(command, flags.plugin_paths);
  AddThreadsFlag(command, flags.options.threads);
  command.add_flag("--quiet", flags.options.quiet, "No progress on standard error");
}

void AddJobFlags(CLI::App& command, SweepFlags& flags) {
  constexpr std::uint64_t kMaxShards = 100'000;
  auto* emit = command
                   .add_flag("--emit-job", flags.emit_job,
                             "Run nothing: print an Indexed Job that runs the sweep on a cluster")
                   ->excludes("--shard")
                   ->excludes("--gather");
  AddNumber(
      command, "--shards", 1, kMaxShards,
      [&flags](std::uint64_t count) { flags.job.shards = count; }, "How many indexes it has")
      ->needs(emit);
  command.add_option("--image", flags.job.image, "Of its containers")
      ->capture_default_str()
      ->needs(emit);
  command.add_option("--job-name", flags.job.name, "Its name, and that of its ConfigMap")
      ->capture_default_str()
      ->needs(emit);
  command
      .add_option("--volume-claim", flags.job.volume_claim,
                  "A PersistentVolumeClaim with the folder of FILE, instead of a ConfigMap")
      ->needs(emit);
}

void ReadShard(SweepFlags& flags) {
  if (flags.shard.empty()) return;
  const auto shard = sweep::ParseShard(flags.shard);
  if (!shard) throw CLI::ValidationError("--shard", shard.error().message());
  flags.options.shard = *shard;
}

}  // namespace

void AddSweepCommand(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("sweep", "Run every combination of workloads, profiles and seeds");
  const auto flags = std::make_shared<SweepFlags>();
  AddFlags(*command, *flags);
  AddJobFlags(*command, *flags);
  command->callback([flags, &action] {
    ReadShard(*flags);
    action = [flags] { return Sweep(*flags); };
  });
}

}  // namespace berth::main
