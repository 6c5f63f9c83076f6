// The filters of the default profile told a second time, from the objects alone and one node at a
// time: slow, plain, and sharing nothing with the columns and counters that it is held against.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"

namespace berth::support {

struct PlacedPod {
  const api::Pod* pod;
  const api::Node* node;
};

// All that the rules look at.
struct Scene {
  std::vector<const api::Node*> nodes;
  std::vector<PlacedPod> pods;
  std::map<std::string, api::StringMap> namespaces;          // labels by name
  std::map<std::string, api::PersistentVolumeClaim> claims;  // by namespace and name
  std::map<std::string, api::PersistentVolume> volumes;
  std::map<std::string, api::StorageClass> classes;
  std::map<std::string, api::CsiNode> csi_nodes;
};

// The rules that bar the pod from the node, by the name of their plugin; empty where it fits.
class NaiveRules {
 public:
  // Both outlive the rules.
  NaiveRules(const Scene& scene, const api::Pod& pod);

  std::vector<std::string> BrokenBy(const api::Node& node) const;

  // The plugin that turns the pod away before any node is looked at; empty if none does.
  std::string RejectedBy() const;

 private:
  using Counts = std::map<std::string, int>;  // pods by label value

  struct HardConstraint {
    const api::TopologySpreadConstraint* constraint;
    Counts pods;  // a domain without pods is there too
    int fewest = 0;
    int self = 0;
  };

  void CountSpread();
  void CountAffinity();
  bool MatchesOwnTerm(const api::PodAffinityTerm& term, const api::Pod& other) const;
  bool TermOfOtherMatches(const api::PodAffinityTerm& term, const api::Pod& owner) const;
  bool Includes(const api::TopologySpreadConstraint& constraint, const api::Node& node) const;

  bool HasRoom(const api::Node& node) const;
  bool HasFreePorts(const api::Node& node) const;
  bool KeepsSpread(const api::Node& node) const;
  bool KeepsAffinity(const api::Node& node) const;

  // Only claims that exist; RejectedBy tells of others.
  std::vector<const api::PersistentVolumeClaim*> ClaimsOf(const api::Pod& pod) const;
  const api::PersistentVolume* VolumeOf(const api::PersistentVolumeClaim& claim) const;
  std::set<std::string> HandlesOf(const api::Pod& pod) const;
  bool SharesVolumes(const api::Node& node) const;
  bool StaysBelowLimit(const api::Node& node) const;
  bool FindsVolumes(const api::Node& node) const;
  bool CanProvision(const api::PersistentVolumeClaim& claim, const api::Node& node) const;
  bool IsInZoneOfVolumes(const api::Node& node) const;

  const Scene& scene_;
  const api::Pod& pod_;
  std::vector<HardConstraint> constraints_;
  std::vector<Counts> affinity_;       // by required affinity term, pods that match all terms
  std::vector<Counts> anti_affinity_;  // by required anti-affinity term
  std::map<std::string, Counts> existing_anti_affinity_;  // by topology key
  bool is_first_of_its_kind_ = false;
};

// Whether every NoSchedule and NoExecute taint of the node is tolerated.
bool ToleratesNode(const api::PodSpec& spec, const api::Node& node);

// Whether spec.nodeSelector and the required node affinity let the pod onto the node.
bool SelectsNode(const api::PodSpec& spec, const api::Node& node);

}  // namespace berth::support
