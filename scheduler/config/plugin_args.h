// The arguments of the plugins (pluginConfig[].args), as validated values with Kubernetes' defaults
// (kubescheduler.config.k8s.io/v1). Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/api/objects.h"

namespace berth::config {

// A resource and its weight in a score.
struct ResourceSpec {
  std::string name;
  std::int64_t weight = 1;
  friend bool operator==(const ResourceSpec&, const ResourceSpec&) = default;
};

enum class ScoringStrategyType : std::uint8_t {
  kLeastAllocated,
  kMostAllocated,
  kRequestedToCapacityRatio,
};

// One point of RequestedToCapacityRatio's function.
struct UtilizationShapePoint {
  std::int32_t utilization = 0;  // percent, 0..100, strictly increasing along the shape
  std::int32_t score = 0;        // 0..10
  friend bool operator==(const UtilizationShapePoint&, const UtilizationShapePoint&) = default;
};

struct ScoringStrategy {
  ScoringStrategyType type = ScoringStrategyType::kLeastAllocated;
  std::vector<ResourceSpec> resources = {{"cpu", 1}, {"memory", 1}};
  std::vector<UtilizationShapePoint> shape;  // only with kRequestedToCapacityRatio
};

struct NodeResourcesFitArgs {
  std::vector<std::string> ignored_resources;
  std::vector<std::string> ignored_resource_groups;
  ScoringStrategy scoring_strategy;
};

struct NodeResourcesBalancedAllocationArgs {
  std::vector<ResourceSpec> resources = {{"cpu", 1}, {"memory", 1}};
};

struct NodeAffinityArgs {
  std::optional<api::NodeAffinity> added_affinity;
};

struct InterPodAffinityArgs {
  std::int32_t hard_pod_affinity_weight = 1;  // 0..100
  bool ignore_preferred_terms_of_existing_pods = false;
};

struct PodTopologySpreadArgs {
  bool system_defaulting = true;  // defaultingType System; List otherwise
  std::vector<api::TopologySpreadConstraint> default_constraints;  // only with List
};

struct VolumeBindingArgs {
  std::int64_t bind_timeout_seconds = 600;  // >= 0; 0: the first look decides
};

struct DynamicResourcesArgs {
  // How long the devices of one node may be searched for; 0: as long as it takes.
  std::chrono::nanoseconds filter_timeout = std::chrono::seconds(10);
  // How long to wait for devices that are bound by conditions; at least a second.
  std::chrono::nanoseconds binding_timeout = std::chrono::seconds(600);
};

// How many nodes a preemption looks at: at least both of these, of those that may come into
// question. Not both 0.
struct DefaultPreemptionArgs {
  std::int32_t min_candidate_nodes_percentage = 10;  // 0..100
  std::int32_t min_candidate_nodes_absolute = 100;   // >= 0
};

// ---- Plugins that Kubernetes does not have (apiVersion berth/v1alpha1) ----

// A kind of pod by which fragmentation is measured.
struct TypicalGpuPod {
  std::int64_t milli_cpu = 0;           // `cpu`, a quantity
  std::int32_t gpu_count = 0;           // 0..64; 0: a pod without GPUs
  std::int32_t gpu_milli = 1000;        // of each GPU, 1..1000; 1000 with more than one
  std::vector<std::string> gpu_models;  // empty: any
  std::int32_t weight = 1;              // 1..1000000, relative to the others
  friend bool operator==(const TypicalGpuPod&, const TypicalGpuPod&) = default;
};

// Which GPU of its node a pod that takes a share gets.
enum class GpuSelection : std::uint8_t {
  kBestFit,                       // the one with the least left that fits
  kRandom,                        // any that fits, by the seed
  kFragmentationGradientDescent,  // the one where fragmentation is least afterwards
};

struct GpuShareArgs {
  GpuSelection device_selection = GpuSelection::kBestFit;
  std::int64_t seed = 0;                    // of kRandom
  std::vector<TypicalGpuPod> typical_pods;  // of the last one; empty: learned
};

struct FragmentationGradientDescentArgs {
  std::vector<TypicalGpuPod> typical_pods;  // empty: learned
};

struct RandomArgs {
  std::int64_t seed = 0;
};

// ---- Plugins that are not built in (apiVersion berth/v1alpha1) ----

// What a plugin's own failure means to the pods of its profiles: they are not placed and say why,
// or the plugin takes no part any more.
enum class OnFailure : std::uint8_t { kFail, kIgnore };

// A plugin in a shared object.
struct SharedObjectArgs {
  std::string name = {};  // the plugin's, as profiles call it
  std::string path = {};  // absolute; empty: of those that the command line has loaded
  OnFailure on_failure = OnFailure::kFail;
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);  // of one call
  std::string args = "{}";  // the plugin's own, an object in JSON
};

// How to reach a gRPC server over TLS. Files are absolute paths in PEM; empty: not given.
struct GrpcTls {
  std::string ca_file;  // empty: those that the system trusts
  std::string cert_file;
  std::string key_file;
  std::string server_name;  // in the server's certificate; empty: the host of the address
};

// A plugin that is a gRPC server.
struct GrpcPluginArgs {
  std::string name = {};     // the plugin's, as profiles call it
  std::string address = {};  // HOST:PORT or unix:/PATH
  std::chrono::nanoseconds timeout = std::chrono::milliseconds(100);  // of one call
  bool ignorable = false;
  std::optional<GrpcTls> tls = {};  // unset: plain text
  std::string args = "{}";          // the plugin's own, an object in JSON
};

// std::monostate: the plugin takes no arguments.
using PluginArgs =
    std::variant<std::monostate, NodeResourcesFitArgs, NodeResourcesBalancedAllocationArgs,
                 NodeAffinityArgs, InterPodAffinityArgs, PodTopologySpreadArgs, VolumeBindingArgs,
                 DefaultPreemptionArgs, DynamicResourcesArgs, GpuShareArgs,
                 FragmentationGradientDescentArgs, RandomArgs, SharedObjectArgs, GrpcPluginArgs>;

}  // namespace berth::config
