// berth record.
#include <memory>
#include <string>

#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/event_uuid.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/record/record.h"

namespace berth::main {
namespace {

struct Options {
  std::string kubeconfig;
  bool in_cluster = false;
  record::RecordOptions record;
};

// Lists are few, and one after another: the rate limit of a scheduler would only slow them.
constexpr float kQps = 50;
constexpr int kBurst = 100;

base::Result<std::unique_ptr<kube::Client>> Connect(const Options& options,
                                                    const base::Clock& clock) {
  BERTH_ASSIGN(kube::ClientConfig cluster, options.in_cluster
                                               ? kube::InClusterConfig()
                                               : kube::LoadKubeconfig(options.kubeconfig));
  cluster.qps = kQps;
  cluster.burst = kBurst;
  cluster.user_agent = "berth/record";
  return kube::MakeClient(std::move(cluster), clock);
}

int Record(const Options& options) {
  const std::atomic<bool>& interrupted = CatchInterrupt();
  const base::SystemClock clock;
  const auto client = Connect(options, clock);
  if (!client) {
    PrintError(client.error().message());
    return kBadInput;
  }
  const auto tell = [](std::string_view text) { WriteOut(std::string(text) + "\n"); };
  const auto done = record::Record(options.record, {**client, clock, interrupted, tell});
  if (done) return kSuccess;
  if (interrupted) return kInterrupted;
  PrintError(done.error().message());
  return kFailure;
}

void AddClusterFlags(CLI::App& command, Options& options) {
  CLI::Option* kubeconfig =
      command.add_option("--kubeconfig", options.kubeconfig, "The cluster to record")
          ->type_name("FILE");
  command
      .add_flag("--in-cluster", options.in_cluster,
                "The one that Berth runs in, with the service account of its pod")
      ->excludes(kubeconfig);
}

}  // namespace

void AddRecordCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "record", "Write what a live cluster's scheduling depends on to a file, for simulate");
  const auto options = std::make_shared<Options>();
  AddClusterFlags(*command, *options);
  command
      ->add_option("-o,--output", options->record.output,
                   "Where to; packed if the name ends in .gz")
      ->type_name("FILE")
      ->required();
  command->add_flag("--follow", options->record.follow, "Go on with what happens, until Ctrl-C");
  command->callback([options, &action] {
    if (options->kubeconfig.empty() && !options->in_cluster) {
      throw CLI::ValidationError("record", "needs --kubeconfig or --in-cluster");
    }
    options->record.seed = kube::SeedOfTheMachine();
    action = [options] { return Record(*options); };
  });
}

}  // namespace berth::main
