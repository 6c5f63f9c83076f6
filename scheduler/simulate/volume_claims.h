// Claims that controllers would make for pods: of the volumeClaimTemplates of StatefulSets, and of
// generic ephemeral volumes.
#pragma once

#include <string>
#include <unordered_set>

#include "scheduler/api/cluster_objects.h"

namespace berth::simulate {

// Makes claims where there are none of their name yet. Not thread-safe.
class ClaimMaker {
 public:
  // `storage` outlives the maker, and is changed by nobody else meanwhile.
  explicit ClaimMaker(api::StorageObjects& storage);

  // A claim that nobody owns: it outlives the pod, as those of StatefulSets do.
  void Make(const std::string& namespace_name, const std::string& name,
            const api::PersistentVolumeClaimTemplate& claim_template);
  // The claims of the pod's ephemeral volumes, which it owns.
  void MakeEphemeral(const api::Pod& pod);

 private:
  api::PersistentVolumeClaim* Add(const std::string& namespace_name, const std::string& name,
                                  const api::PersistentVolumeClaimTemplate& claim_template);

  api::StorageObjects& storage_;
  std::unordered_set<std::string> known_;
};

// For the ephemeral volumes of pods that never met an API server (they have no creationTimestamp):
// no controller has seen those either. Call it after ApplyDefaults, when all pods have names.
void MakeEphemeralClaims(api::ClusterObjects& objects);

}  // namespace berth::simulate
