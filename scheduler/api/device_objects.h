// Devices, the claims on them and what was allocated: resource.k8s.io/v1 as plain structs, with
// what a decision needs. Plain values: copy freely, share as const.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scheduler/api/objects.h"

namespace berth::api {

// ---- Slices: which devices there are ----

// An attribute of type version.
struct VersionText {
  std::string text;
  friend bool operator==(const VersionText&, const VersionText&) = default;
};
using DeviceAttribute = std::variant<std::int64_t, bool, std::string, VersionText>;

// How much of a capacity a request gets; at most one of valid_values and range.
struct CapacityRequestPolicy {
  struct Range {
    Quantity min;
    std::optional<Quantity> max;
    std::optional<Quantity> step;
    friend bool operator==(const Range&, const Range&) = default;
  };
  std::optional<Quantity> default_value;
  std::vector<Quantity> valid_values;
  std::optional<Range> range;
  friend bool operator==(const CapacityRequestPolicy&, const CapacityRequestPolicy&) = default;
};

struct DeviceCapacity {
  Quantity value;
  std::optional<CapacityRequestPolicy> policy;
  friend bool operator==(const DeviceCapacity&, const DeviceCapacity&) = default;
};

// A set of counters by name: what a pool has, or what a device takes of it.
struct CounterSet {
  std::string name;
  SmallMap<Quantity> counters;
  friend bool operator==(const CounterSet&, const CounterSet&) = default;
};

// Which nodes may use something. Nothing set: not said here.
struct NodeReach {
  std::string node_name;
  bool all_nodes = false;
  std::optional<NodeSelector> node_selector;
  friend bool operator==(const NodeReach&, const NodeReach&) = default;
};

struct Device {
  std::string name;
  SmallMap<DeviceAttribute> attributes;  // "name" or "domain/name"
  SmallMap<DeviceCapacity> capacity;
  std::vector<CounterSet> consumes_counters;
  std::vector<Taint> taints;  // kNone: effect None, which stops nothing
  NodeReach reach;            // only in slices with perDeviceNodeSelection
  bool binds_to_node = false;
  bool allow_multiple_allocations = false;
  std::vector<std::string> binding_conditions;
  std::vector<std::string> binding_failure_conditions;
};

struct ResourceSlice {
  ObjectMeta meta;
  std::string driver;
  std::string pool;
  std::int64_t generation = 0;
  std::int64_t slice_count = 0;  // of the pool, in this generation
  NodeReach reach;
  bool per_device_node_selection = false;
  std::vector<Device> devices;
  std::vector<CounterSet> shared_counters;
};

// ---- Claims: which devices are wanted ----

// Parameters for a driver, which nobody but the driver reads: JSON text of the field `opaque`.
struct DeviceConfig {
  std::vector<std::string> requests;  // of a claim; empty: all of them
  std::string opaque;
  bool from_class = false;  // of an allocation
  friend bool operator==(const DeviceConfig&, const DeviceConfig&) = default;
};

struct DeviceClass {
  ObjectMeta meta;
  std::vector<std::string> selectors;  // CEL
  std::vector<DeviceConfig> config;
  std::string extended_resource_name;
};

enum class DeviceAllocationMode : std::uint8_t { kExactCount, kAll, kUnknown };

// A request for devices, or one of the alternatives of a request.
struct DeviceRequest {
  std::string name;  // of an alternative
  std::string class_name;
  std::vector<std::string> selectors;  // CEL
  DeviceAllocationMode mode = DeviceAllocationMode::kExactCount;
  std::string mode_text;  // of kUnknown
  std::int64_t count = 1;
  bool admin_access = false;
  std::vector<Toleration> tolerations;
  SmallMap<Quantity> capacity;
  friend bool operator==(const DeviceRequest&, const DeviceRequest&) = default;
};

// Exactly one kind of devices, or the first of several that can be had; neither: a kind of request
// that is not known here.
struct ClaimRequest {
  std::string name;
  std::optional<DeviceRequest> exactly;
  std::vector<DeviceRequest> first_available;
  friend bool operator==(const ClaimRequest&, const ClaimRequest&) = default;
};

// One of the two names an attribute.
struct DeviceConstraint {
  std::vector<std::string> requests;  // empty: all of the claim
  std::string match_attribute;
  std::string distinct_attribute;
  friend bool operator==(const DeviceConstraint&, const DeviceConstraint&) = default;
};

struct ResourceClaimSpec {
  std::vector<ClaimRequest> requests;
  std::vector<DeviceConstraint> constraints;
  std::vector<DeviceConfig> config;
  friend bool operator==(const ResourceClaimSpec&, const ResourceClaimSpec&) = default;
};

struct AllocatedDevice {
  std::string request;  // "request" or "request/alternative"
  std::string driver;
  std::string pool;
  std::string device;
  bool admin_access = false;
  std::vector<Toleration> tolerations;
  std::vector<std::string> binding_conditions;
  std::vector<std::string> binding_failure_conditions;
  std::string share_id;  // of devices that can be allocated more than once
  SmallMap<Quantity> consumed_capacity;
  friend bool operator==(const AllocatedDevice&, const AllocatedDevice&) = default;
};

struct ClaimAllocation {
  std::vector<AllocatedDevice> devices;
  std::vector<DeviceConfig> config;
  std::optional<NodeSelector> node_selector;  // absent: every node
  std::optional<Time> timestamp;              // allocationTimestamp
  friend bool operator==(const ClaimAllocation&, const ClaimAllocation&) = default;
};

// What a driver says of a device that has been allocated: status.devices.
struct AllocatedDeviceStatus {
  std::string driver;
  std::string pool;
  std::string device;
  std::string share_id;
  std::vector<std::string> true_conditions;  // types of the conditions that are True
};

// On claims that a scheduler has made for the extended resources of a pod.
inline constexpr std::string_view kExtendedResourceClaim =
    "resource.kubernetes.io/extended-resource-claim";

struct ClaimConsumer {
  std::string api_group;
  std::string resource;
  std::string name;
  std::string uid;
  friend bool operator==(const ClaimConsumer&, const ClaimConsumer&) = default;
};

struct ResourceClaim {
  ObjectMeta meta;  // with annotations
  ResourceClaimSpec spec;
  std::optional<ClaimAllocation> allocation;
  std::vector<ClaimConsumer> reserved_for;
  std::vector<AllocatedDeviceStatus> device_statuses;

  std::string Key() const { return meta.namespace_name + "/" + meta.name; }
};

struct ResourceClaimTemplate {
  ObjectMeta meta;
  ObjectMeta claim_meta;  // labels and annotations of the claims
  ResourceClaimSpec spec;
};

}  // namespace berth::api
