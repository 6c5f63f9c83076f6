// The devices of the cluster, the claims on them, and who has what.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/device_objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/extended_resources.h"
#include "scheduler/cluster/node_table.h"

namespace berth::cluster {

using DeviceId = std::uint32_t;      // a device by driver, pool and name
using DevicePoolId = std::uint32_t;  // a pool by driver and name
// What selectors can tell apart: devices of equal content match the same selectors.
using DeviceContentId = std::uint32_t;
using ClaimSpecId = std::uint32_t;  // claims of equal specification

struct SliceDevice {
  DeviceId id;
  DeviceContentId content;
  const api::Device* device;
  const api::ResourceSlice* slice;
  bool reached = true;  // by the node that looks at it
};

struct DeviceSlice {
  std::shared_ptr<const api::ResourceSlice> object;
  DevicePoolId pool;
  std::vector<SliceDevice> devices;
};

// A pool as one node sees it.
struct NodeDevicePool {
  DevicePoolId pool = 0;
  std::string_view driver;
  std::string_view name;
  // Slices by name, devices in their order. Of a slice that says for each device which nodes may
  // use it all are there, since their selectors may fail: see SliceDevice::reached.
  std::vector<SliceDevice> devices;
  bool incomplete = false;    // slices of its generation are missing
  bool invalid = false;       // its slices contradict one another
  bool has_counters = false;  // devices share counters
};

// What of a device is taken.
struct DeviceUse {
  std::uint32_t whole = 0;                // allocations that have it for themselves
  std::uint32_t shares = 0;               // allocations of a part of it
  api::SmallMap<api::Quantity> consumed;  // by all shares
  bool taken() const { return whole + shares > 0; }
};

enum class SelectorAnswer : std::uint8_t { kUnknown, kNo, kYes };

struct Claim {
  api::ResourceClaim object;
  ClaimSpecId spec = 0;
  std::uint64_t version = 0;  // grows with every change of the claim
  bool pending = false;       // its allocation has been decided but not written
};

// The claim that a decision has made for the extended resources of a pod, which the API server has
// not named yet: a name that no object can have.
std::string ExtendedClaimName(std::string_view pod);

// Changes come through the member functions; each keeps the uses of devices and the change log
// (kDeviceChange on the nodes that are concerned) in step. Not thread-safe; OfNode and AnyNode are
// made on first use, so they count as writing.
class Devices {
 public:
  Devices(NodeTable& nodes, base::Interner& symbols, ChangeLog& log)
      : nodes_(nodes), symbols_(symbols), log_(log) {}
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;

  // Adds, or replaces the one of that name.
  void SetSlice(api::ResourceSlice slice);
  void RemoveSlice(const std::string& name);
  void SetClass(api::DeviceClass device_class);
  void RemoveClass(const std::string& name);
  // With the devices that the claim has been allocated, if any.
  void SetClaim(api::ResourceClaim claim);
  void RemoveClaim(std::string_view namespace_name, std::string_view name);

  const api::DeviceClass* FindClass(std::string_view name) const;
  // The resources that stand for devices of a class.
  const ExtendedResources& extended_resources() const { return extended_resources_; }
  const Claim* FindClaim(std::string_view namespace_name, std::string_view name) const;

  // Gives the claim, which has none, its allocation: decided, not written yet.
  void Assume(std::string_view namespace_name, std::string_view name,
              api::ClaimAllocation allocation);
  void AddConsumer(std::string_view namespace_name, std::string_view name,
                   api::ClaimConsumer consumer);
  // Takes the consumer out again, and an allocation that has not been written.
  void Forget(std::string_view namespace_name, std::string_view name, std::string_view consumer);
  // Takes an allocation away, and with it every consumer.
  void Deallocate(std::string_view namespace_name, std::string_view name);
  // What becomes of a claim, if there is such a one, when a consumer is gone for good: an
  // allocation that nobody has any more goes too.
  void Release(std::string_view namespace_name, std::string_view name, std::string_view consumer);
  // All that was assumed counts as written.
  void Commit();

  // The pools that the node sees, those without binding conditions first, by driver and name.
  const std::vector<NodeDevicePool>& OfNode(NodeIndex row);
  // All slices of the newest generation of a pool.
  std::vector<const DeviceSlice*> NewestSlices(DevicePoolId pool) const;
  const DeviceUse& UseOf(DeviceId id) const { return uses_[id]; }
  std::size_t content_count() const { return contents_.size(); }
  // What a CEL expression says of devices of each content, kept here for whoever evaluates it: by
  // DeviceContentId, as far as asked. Few expressions are about few kinds of devices, in however
  // many claims. Shared: stays valid for its holder.
  std::shared_ptr<std::vector<SelectorAnswer>> AnswersOf(const std::string& expression);

  // What binding conditions are held against: nanoseconds since the epoch. Unset where no time
  // passes, and nothing is ever too late.
  void SetTime(api::Time now) { now_ = now; }
  std::optional<api::Time> now() const { return now_; }

  // Grows when a class comes, goes or changes.
  std::uint64_t class_version() const { return class_version_; }
  // Grows when any claim does, or what is allocated to it.
  std::uint64_t claim_version() const { return claim_version_; }
  bool has_slices() const { return !slices_.empty(); }

 private:
  struct Pool {
    std::string driver;
    std::string name;
    std::vector<const DeviceSlice*> slices;
    std::vector<NodeIndex> seen_by;
  };

  DevicePoolId PoolOf(std::string_view driver, std::string_view name);
  DeviceId DeviceOf(DevicePoolId pool, std::string_view name);
  DeviceContentId ContentOf(const api::ResourceSlice& slice, const api::Device& device);
  Claim* Find(std::string_view namespace_name, std::string_view name);
  void DropAllocation(Claim& claim);
  void Count(const api::ResourceClaim& claim, bool add);
  void CountDevice(const api::AllocatedDevice& device, bool add);
  void LogPool(DevicePoolId pool);
  void StructureChanged();

  void SeeAgain();
  std::vector<NodeDevicePool> Gather(NodeIndex row);
  bool IsReached(const api::NodeReach& reach, NodeIndex row);
  bool IsRelevant(const DeviceSlice& slice, NodeIndex row);
  // False: the node sees nothing of the pool.
  bool View(DevicePoolId pool, std::vector<const DeviceSlice*> relevant, NodeIndex row,
            NodeDevicePool& view);

  NodeTable& nodes_;
  base::Interner& symbols_;
  ChangeLog& log_;

  std::map<std::string, std::unique_ptr<DeviceSlice>, std::less<>> slices_;  // by name
  std::map<std::string, api::DeviceClass, std::less<>> classes_;
  ExtendedResources extended_resources_;
  boost::unordered_flat_map<std::string, std::unique_ptr<Claim>> claims_;  // by namespace/name
  std::vector<Claim*> pending_;

  base::Interner pool_keys_;
  std::deque<Pool> pools_;
  base::Interner device_keys_;
  std::vector<DeviceUse> uses_;
  base::Interner contents_;
  std::map<std::string, std::shared_ptr<std::vector<SelectorAnswer>>, std::less<>> answers_;
  base::Interner claim_specs_;

  std::optional<api::Time> now_;
  std::uint64_t structure_version_ = 1;
  std::uint64_t class_version_ = 0;
  std::uint64_t claim_version_ = 0;

  // What nodes see, as of the two versions.
  std::uint64_t seen_structure_ = 0;
  std::uint64_t seen_topology_ = 0;
  std::vector<std::vector<NodeDevicePool>> views_;  // by row
  boost::unordered_flat_map<std::string_view, std::vector<const DeviceSlice*>> by_node_;
  std::vector<const DeviceSlice*> for_many_;
};

}  // namespace berth::cluster
