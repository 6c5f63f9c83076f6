// Which nodes a pod's claims can be fulfilled on, for all nodes at once and for one: two readings
// of one rule.
//
// A claim without a volume takes the smallest one that is free, fits and can be reached from the
// node; where there is none, its class has to be able to provision one there. Claims of a pod
// choose one after the other, the smallest first, each volume once.
#pragma once

#include <utility>
#include <vector>

#include "plugins/volumebinding/pod_claims.h"

namespace berth::plugins {

// Looks for the volumes that the delayed claims can have. Comes before the rest.
void FindCandidates(const framework::PodContext& context, PodClaims& claims);

// Clears the nodes from which some bound volume cannot be reached; all, if one does not exist.
void KeepReachable(const framework::PodContext& context, const PodClaims& claims,
                   framework::NodeMask& nodes);

// Clears the nodes on which some delayed claim finds no volume and none can be provisioned.
void KeepBindable(const framework::PodContext& context, const PodClaims& claims,
                  framework::NodeMask& nodes);

// What one node has to offer.
struct NodeVolumeChoice {
  bool reachable = true;  // bound volumes, as far as they exist
  bool volumes_exist = true;
  bool bindable = true;  // every delayed claim finds a volume or can be provisioned
  bool has_room = true;  // enough capacity to provision from
  std::vector<std::pair<cluster::ClaimId, cluster::VolumeId>> matches;
  std::vector<cluster::ClaimId> provisions;

  bool ok() const { return reachable && volumes_exist && bindable && has_room; }
};

NodeVolumeChoice ChooseOn(const framework::PodContext& context, const PodClaims& claims,
                          framework::NodeIndex node);

}  // namespace berth::plugins
