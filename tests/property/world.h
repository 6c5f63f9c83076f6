// A random cluster that lives: nodes, pods and namespaces come, change and go, pods are decided and
// placed in between. Deterministic by the seed, so that two worlds can be held against each other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/config/profile.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/framework/profile_runtime.h"
#include "tests/support/naive_rules.h"
#include "tests/support/random_cluster.h"
#include "tests/support/random_devices.h"

namespace berth::property {

struct WorldOptions {
  std::uint64_t seed = 0;
  std::size_t nodes = 16;
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
  // Pods to decide are copies of so many; 0: each is drawn anew.
  std::size_t templates = 0;
  bool calm = false;     // nodes seldom come, change or go
  bool devices = false;  // nodes have devices, and pods claims on them
  cycle::AlgorithmOptions algorithm;
  config::Profile profile;
};

// The profile that runs without a configuration file.
config::Profile DefaultProfile();
// One with other strategies, weights and default constraints, chosen by the number.
config::Profile VariedProfile(std::uint64_t number);

// A pod that was decided, before it is placed.
struct DecidedPod {
  const api::Pod& pod;
  const cluster::PodClass& pod_class;
  const cycle::Decision& decision;
  const cycle::Diagnosis& diagnosis;
  const cycle::Scores& scores;
};

class World {
 public:
  explicit World(WorldOptions options);

  using Visit = std::function<void(const DecidedPod&)>;
  // One change to the cluster, or one pod to decide.
  void Step(const Visit& visit = nullptr);
  void Steps(int count, const Visit& visit = nullptr);

  // Every decision so far with its words and scores, a line each.
  const std::string& transcript() const { return transcript_; }
  // How many of them were made over groups of like nodes.
  int decided_by_groups() const { return decided_by_groups_; }

  cluster::Cluster& cluster() { return *cluster_; }
  support::Scene Scene() const;
  support::RandomCluster& draw() { return draw_; }

  // A cluster of the same objects that has no history.
  std::unique_ptr<cluster::Cluster> Rebuilt() const;

  cluster::PodIndex AddRunningPod();
  void RemovePod(cluster::PodIndex index);
  void DecidePod(const Visit& visit);

 private:
  std::shared_ptr<const api::Pod> DrawPod();
  void AddNode();
  void ChangeNode();
  void RemoveNode();
  void RemoveSomePod();
  void AddNamespace();
  void AddOwner();
  void SetCsiNode(const std::string& node);
  void SetStorage();
  void SetDevices();
  // Half of the pods get a claim, their own or one that they share.
  std::shared_ptr<const api::Pod> WithClaim(std::shared_ptr<const api::Pod> pod);
  void Change();
  void Place(std::shared_ptr<const api::Pod> pod, cluster::NodeIndex row);
  void Tell(const DecidedPod& decided);
  cluster::NodeIndex SomeRow();

  WorldOptions options_;
  support::RandomCluster draw_;
  support::RandomDevices draw_devices_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::unique_ptr<framework::ProfileRuntime> runtime_;
  cycle::SchedulingAlgorithm algorithm_;
  int next_node_ = 0;
  std::string transcript_;
  int decided_by_groups_ = 0;
  std::vector<std::shared_ptr<const api::Pod>> templates_;

  std::map<cluster::NodeIndex, std::shared_ptr<const api::Node>> nodes_;
  std::map<cluster::PodIndex, std::shared_ptr<const api::Pod>> pods_;
  std::vector<api::Namespace> namespaces_;
  std::vector<api::Service> services_;
  std::vector<api::LabelSelectorOwner> replica_sets_;
  std::map<std::string, api::PersistentVolumeClaim> claims_;  // by namespace and name
  std::map<std::string, api::PersistentVolume> volumes_;
  std::map<std::string, api::CsiNode> csi_nodes_;
};

// A profile's plugins over a fresh set of caches; fails the test where that is impossible.
std::unique_ptr<framework::ProfileRuntime> MakeRuntime(const config::Profile& profile,
                                                       framework::ColumnCaching caching);

}  // namespace berth::property
