// Random nodes, pods and namespaces with every feature that the plugins look at. Few distinct names
// and values, so that the objects have to do with one another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"
#include "scheduler/base/random.h"

namespace berth::support {

// Deterministic by the seed.
class RandomCluster {
 public:
  explicit RandomCluster(std::uint64_t seed);

  base::Random& random() { return random_; }

  std::shared_ptr<const api::Node> Node(const std::string& name);
  // The same node with one of labels, taints, allocatable, images and cordon drawn anew.
  std::shared_ptr<const api::Node> Changed(const api::Node& node);

  // Pods come from a few templates, now and then from one of their own. Names are unique.
  std::shared_ptr<const api::Pod> PendingPod();
  // As somebody else placed it: terminating at times, never with host ports.
  std::shared_ptr<const api::Pod> RunningPod();

  // Storage: claims that pods may name, volumes that those may be bound to, classes, and what the
  // CSI driver of the cluster says of a node.
  std::vector<api::StorageClass> StorageClasses() const;
  api::PersistentVolumeClaim Claim();
  api::PersistentVolume Volume();
  api::CsiNode CsiNode(const std::string& node);

  // One of the namespaces that pods are in, with labels drawn anew.
  api::Namespace Namespace();
  // A Service or a controller that may own pods.
  api::Service Service();
  api::LabelSelectorOwner ReplicaSet();

 private:
  template <typename T>
  const T& OneOf(const std::vector<T>& values) {
    return values[random_.Below(values.size())];
  }
  bool Chance(std::uint64_t one_in) { return random_.Chance(1, one_in); }

  api::StringMap NodeLabels(const std::string& name);
  std::vector<api::Taint> Taints();
  api::ResourceList Allocatable();
  std::vector<api::ContainerImage> Images();

  api::PodSpec Spec();
  api::Container Container(const std::string& name);
  api::ResourceList Requests();
  api::Requirement NodeRequirement();
  api::NodeSelectorTerm NodeTerm();
  api::NodeAffinity NodeAffinity();
  api::LabelSelector PodSelector();
  api::PodAffinityTerm PodTerm();
  api::PodAffinity PodAffinity();
  api::TopologySpreadConstraint SpreadConstraint();
  api::Volume PodVolume();
  api::StringMap PodLabels();
  api::Pod Pod(std::shared_ptr<const api::PodSpec> spec);
  std::shared_ptr<const api::PodSpec> AnySpec();

  base::Random random_;
  std::vector<std::shared_ptr<const api::PodSpec>> templates_;
  int next_pod_ = 0;
};

}  // namespace berth::support
