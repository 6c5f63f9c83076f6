// What `berth simulate` was asked to do: the command line as typed values. Plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/config/feature_gates.h"
#include "scheduler/config/supported.h"

namespace berth::simulate {

enum class InputFormat : std::uint8_t {
  kAuto,        // openb for CSV files, Kubernetes for all others
  kKubernetes,  // objects in JSON or YAML
  kOpenb,       // node and pod CSV of the openb traces
};

// Which of several nodes with the highest total a pod gets.
enum class TieBreak : std::uint8_t {
  kKube,        // as kube-scheduler's selection falls out
  kFirst,       // the first in the order of the nodes
  kRoundRobin,  // the next after the node of the last tie
  kRandom,      // any, by the seed
};

enum class PreemptionMode : std::uint8_t {
  kApply,   // victims leave, the pod goes to its nominated node at once
  kReport,  // say which pods would leave; nothing changes
  kOff,
};

// When pods leave that come and go in virtual time.
enum class Departures : std::uint8_t {
  kDuration,  // so long after they have got their node as they ran in the input
  kRecorded,  // when they left in the input, whether they have got a node by then or not
};

enum class Arrivals : std::uint8_t {
  kAtOnce,  // all pods wait from the beginning, and each is decided once
  kTime,    // pods come and go in virtual time
};

enum class OutputFormat : std::uint8_t { kTable, kJson };

struct Options {
  std::vector<std::string> inputs;  // files or folders; "-" is standard input
  InputFormat format = InputFormat::kAuto;
  std::string config_path;                // empty: the default configuration
  config::GateSettings feature_gates;     // go before those of the configuration
  std::vector<std::string> plugin_paths;  // shared objects, for who makes the registry
  config::LoadedPlugins loaded_plugins;   // that the configuration may name, and the registry makes
  // Goes before every percentageOfNodesToScore of the configuration; 0..100, where 0 is
  // kube-scheduler's adaptive sample.
  std::optional<std::int32_t> percentage_of_nodes_to_score;
  TieBreak tie_break = TieBreak::kKube;
  std::uint64_t seed = 0;
  PreemptionMode preemption = PreemptionMode::kOff;
  bool requeue_evicted = false;  // victims wait for a node again, behind all others
  Arrivals arrivals = Arrivals::kAtOnce;
  Departures departures = Departures::kDuration;  // with kTime
  std::string decisions_path;                     // JSON lines; "-" is standard output, empty: none
  bool detail = false;                            // every node of every decision
  std::string report_directory;                   // empty: none
  bool overwrite = false;                         // an older report may be replaced
  OutputFormat output = OutputFormat::kTable;
  std::size_t threads = 0;  // 0: one a core
  bool quiet = false;       // no progress
};

}  // namespace berth::simulate
