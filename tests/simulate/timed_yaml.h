// Clusters in virtual time as YAML, and how they come out.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/simulation.h"
#include "scheduler/simulate/time_driver.h"
#include "scheduler/simulate/virtual_time.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {

inline std::string TimedNode(const std::string& name, const std::string& cpu) {
  return "---\nkind: Node\nmetadata: {name: " + name +
         ", labels: {kubernetes.io/hostname: " + name + "}}\nstatus: {allocatable: {cpu: \"" + cpu +
         "\", memory: 8Gi, pods: \"100\"}}\n";
}

struct TimedPod {
  std::string name;
  std::string arrival;   // as in the annotation; empty: none
  std::string duration;  // likewise
  std::string cpu;
  int priority = 0;
  std::string spec = "";      // further fields
  std::string metadata = "";  // likewise
  std::string status = "";
};

inline std::string Yaml(const TimedPod& pod) {
  std::string annotations;
  if (!pod.arrival.empty()) annotations += "berth/arrival: \"" + pod.arrival + "\"";
  if (!pod.duration.empty()) {
    annotations +=
        (annotations.empty() ? "" : ", ") + std::string("berth/duration: \"") + pod.duration + "\"";
  }
  return "---\nkind: Pod\nmetadata: {name: " + pod.name + ", uid: uid-" + pod.name +
         (annotations.empty() ? "" : ", annotations: {" + annotations + "}") +
         (pod.metadata.empty() ? "" : ", " + pod.metadata) +
         "}\nspec: {priority: " + std::to_string(pod.priority) +
         ", containers: [{name: c, image: i, resources: {requests: {cpu: \"" + pod.cpu + "\"}}}]" +
         (pod.spec.empty() ? "" : ", " + pod.spec) + "}\nstatus: {" + pod.status + "}\n";
}

struct TimedResult {
  Summary summary;
  VirtualTime time;

  // The pod's line of pods.csv without its namespace; empty where it is not there.
  std::string LineOf(const std::string& pod) const {
    const std::string csv = PodTimesCsv(time);
    const std::string key = "\ndefault," + pod + ",";
    const auto at = csv.find(key);
    if (at == std::string::npos) return "";
    const auto begin = at + std::string("\ndefault,").size();
    return csv.substr(begin, csv.find('\n', begin) - begin);
  }
};

struct TimedSetup {
  config::Configuration config = config::DefaultConfiguration();
  SimulationOptions simulation = {};
  TimeOptions time = {};
  std::size_t threads = 1;
};

inline base::Result<TimedResult> TryInTime(const std::string& yaml, TimedSetup setup = {}) {
  const TemporaryFolder folder;
  const auto executor = base::MakeExecutor(setup.threads);
  BERTH_ASSIGN(auto objects,
               ReadInput({folder.Write("c.yaml", yaml)}, InputFormat::kAuto, *executor));
  BERTH_ASSIGN(const Lifetimes lifetimes, ReadLifetimes(objects));
  setup.simulation.pods_come_later = true;
  BERTH_ASSIGN(const auto simulation,
               Simulation::Make(std::move(objects), setup.config, plugins::MakeRegistry(),
                                std::move(setup.simulation)));
  BERTH_ASSIGN(const auto driver, TimeDriver::Make(*simulation, lifetimes, std::move(setup.time)));
  while (driver->Step()) {
  }
  TimedResult result;
  result.summary = driver->TakeSummary(false);
  result.time = *result.summary.time;
  return result;
}

inline TimedResult InTime(const std::string& yaml, TimedSetup setup = {}) {
  auto result = TryInTime(yaml, std::move(setup));
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return result ? *std::move(result) : TimedResult{};
}

}  // namespace berth::simulate
