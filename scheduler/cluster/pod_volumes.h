// The volumes of a pod class as scheduling sees them, compiled once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"
#include "scheduler/base/interner.h"

namespace berth::cluster {

// A claim by namespace and name, whether or not there is such an object. Dense from 0.
using ClaimId = std::uint32_t;
inline constexpr ClaimId kNoClaim = 0xffffffffu;

struct PodClaim {
  ClaimId id = kNoClaim;
  std::string name;
  bool ephemeral = false;  // made for the pod by a controller, which must own it
};

// A volume that a pod spells out and that other pods on the node may be in the way of.
struct InlineDisk {
  api::VolumeKind kind;  // kGcePersistentDisk, kAwsElasticBlockStore, kIscsi or kRbd
  base::Symbol id;       // disk, volume, iqn or image
  base::Symbol pool;     // of RBD
  std::vector<base::Symbol> monitors;
  bool read_only;
  friend bool operator==(const InlineDisk&, const InlineDisk&) = default;
};

struct PodVolumes {
  std::vector<PodClaim> claims;  // in the order of spec.volumes
  std::vector<InlineDisk> disks;
  // What counts against the limit of the CSI driver that has taken its kind over; points into the
  // specification.
  std::vector<const api::Volume*> counted;
  // Set if a claim is ephemeral: who has to own it.
  std::string pod_name;
  std::string pod_uid;
};

// Whether two pods with these disks cannot be on one node: the same disk, unless both only read
// where the kind allows that.
bool Conflict(const InlineDisk& a, const InlineDisk& b);

// Whether pods of this specification are told apart by name: their ephemeral claims are.
bool HasEphemeralVolumes(const api::PodSpec& spec);

// Whether a volume of the pod names the claim.
bool NamesClaim(const api::Pod& pod, const api::PersistentVolumeClaim& claim);
// The same, or the claim has the name of one that is made for the pod.
bool UsesClaim(const api::Pod& pod, const api::PersistentVolumeClaim& claim);

class Storage;

// nullptr if there is no volume that a plugin looks at.
std::shared_ptr<const PodVolumes> CompileVolumes(const api::Pod& pod, Storage& storage,
                                                 base::Interner& symbols);

}  // namespace berth::cluster
