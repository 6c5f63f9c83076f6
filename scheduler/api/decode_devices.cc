#include "scheduler/api/decode_devices.h"

#include <utility>

namespace berth::api {

// The overloads that lists and optionals of these are decoded by.
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   CapacityRequestPolicy& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   CapacityRequestPolicy::Range& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, CounterSet& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Device& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceConfig& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceRequest& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ClaimRequest& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceConstraint& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, AllocatedDevice& out);
static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ClaimConsumer& out);

namespace {

// What an API server takes: bounds on what a decision has to walk over.
constexpr std::size_t kMaxDevices = 128;
constexpr std::size_t kMaxRequests = 32;

// Calls visit(key, value, path of the field) for the fields of an object.
template <typename Visit>
bool DecodeMembers(DecodeErrors& errors, JsonValue value, const Path& path, Visit visit) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return visit(key, field, Path(path, key));
  });
}

// A map, with `decode` for its entries.
template <typename V, typename DecodeEntry>
bool DecodeMap(DecodeErrors& errors, JsonValue value, const Path& path, SmallMap<V>& out,
               DecodeEntry decode) {
  constexpr std::size_t kMaxEntries = 1000;
  out = SmallMap<V>();
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue entry) {
    if (out.size() >= kMaxEntries) return errors.Fail(path, "a map has too many entries");
    V decoded{};
    if (!decode(entry, Path::Entry(path, key), decoded)) return false;
    out[key] = std::move(decoded);
    return true;
  });
}

template <typename T>
bool DecodeBounded(DecodeErrors& errors, JsonValue value, const Path& path, std::size_t limit,
                   std::vector<T>& out) {
  if (!Decode(errors, value, path, out)) return false;
  return out.size() <= limit ||
         errors.Fail(path, "has more than " + std::to_string(limit) + " entries");
}

bool RequireName(DecodeErrors& errors, const ObjectMeta& meta) {
  const Path root;
  return !meta.name.empty() || errors.Fail(Path(root, "metadata.name"), "is missing");
}

// ---- Slices ----

bool DecodeAttribute(DecodeErrors& errors, JsonValue value, const Path& path,
                     DeviceAttribute& out) {
  bool found = false;
  const auto take = [&](JsonValue field, const Path& at, auto into) {
    if (field.type() == JsonType::kNull) return true;
    found = true;
    if (!Decode(errors, field, at, into)) return false;
    out = std::move(into);
    return true;
  };
  const bool read = DecodeMembers(errors, value, path,
                                  [&](std::string_view key, JsonValue field, const Path& at) {
                                    if (key == "int") return take(field, at, std::int64_t{0});
                                    if (key == "bool") return take(field, at, false);
                                    if (key == "string") return take(field, at, std::string());
                                    if (key != "version") return true;
                                    std::string text;
                                    if (!take(field, at, std::move(text))) return false;
                                    if (const auto* version = std::get_if<std::string>(&out)) {
                                      VersionText typed{*version};
                                      out = std::move(typed);
                                    }
                                    return true;
                                  });
  return read && (found || errors.Fail(path, "has no value of a type that is known"));
}

// {"value": "40Gi", "requestPolicy": ...}; the first versions had the quantity alone.
bool DecodeCapacity(DecodeErrors& errors, JsonValue value, const Path& path, DeviceCapacity& out) {
  if (value.type() != JsonType::kObject) return Decode(errors, value, path, out.value);
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "value") return Decode(errors, field, at, out.value);
                         if (key == "requestPolicy") return Decode(errors, field, at, out.policy);
                         return true;
                       });
}

bool DecodeQuantities(DecodeErrors& errors, JsonValue value, const Path& path,
                      SmallMap<Quantity>& out) {
  return DecodeMap(errors, value, path, out, [&](JsonValue entry, const Path& at, Quantity& into) {
    return Decode(errors, entry, at, into);
  });
}

// Counters are objects: {"value": "4"}.
bool DecodeCounters(DecodeErrors& errors, JsonValue value, const Path& path,
                    SmallMap<Quantity>& out) {
  return DecodeMap(errors, value, path, out, [&](JsonValue entry, const Path& at, Quantity& into) {
    return DecodeMembers(errors, entry, at,
                         [&](std::string_view key, JsonValue field, const Path& field_at) {
                           return key != "value" || Decode(errors, field, field_at, into);
                         });
  });
}

bool DecodeReachField(DecodeErrors& errors, std::string_view key, JsonValue field, const Path& at,
                      NodeReach& out) {
  if (key == "nodeName") return Decode(errors, field, at, out.node_name);
  if (key == "allNodes") return Decode(errors, field, at, out.all_nodes);
  if (key == "nodeSelector") return Decode(errors, field, at, out.node_selector);
  return true;
}

// Unlike a node's taint it may have the effect None, and effects to come count as that.
bool DecodeTaints(DecodeErrors& errors, JsonValue value, const Path& path,
                  std::vector<Taint>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path element_at(path, index);
    Taint& taint = out.emplace_back();
    std::string effect;
    const bool read = DecodeMembers(errors, element, element_at,
                                    [&](std::string_view key, JsonValue field, const Path& at) {
                                      if (key == "key") return Decode(errors, field, at, taint.key);
                                      if (key == "value") {
                                        return Decode(errors, field, at, taint.value);
                                      }
                                      return key != "effect" || Decode(errors, field, at, effect);
                                    });
    if (effect == "NoSchedule") taint.effect = TaintEffect::kNoSchedule;
    if (effect == "NoExecute") taint.effect = TaintEffect::kNoExecute;
    return read;
  });
}

bool DecodeDeviceField(DecodeErrors& errors, std::string_view key, JsonValue field, const Path& at,
                       Device& out) {
  if (key == "name") return Decode(errors, field, at, out.name);
  if (key == "attributes") {
    return DecodeMap(errors, field, at, out.attributes,
                     [&](JsonValue entry, const Path& entry_at, DeviceAttribute& into) {
                       return DecodeAttribute(errors, entry, entry_at, into);
                     });
  }
  if (key == "capacity") {
    return DecodeMap(errors, field, at, out.capacity,
                     [&](JsonValue entry, const Path& entry_at, DeviceCapacity& into) {
                       return DecodeCapacity(errors, entry, entry_at, into);
                     });
  }
  if (key == "consumesCounters") return Decode(errors, field, at, out.consumes_counters);
  if (key == "taints") return DecodeTaints(errors, field, at, out.taints);
  if (key == "bindsToNode") return Decode(errors, field, at, out.binds_to_node);
  if (key == "bindingConditions") return Decode(errors, field, at, out.binding_conditions);
  if (key == "bindingFailureConditions") {
    return Decode(errors, field, at, out.binding_failure_conditions);
  }
  if (key == "allowMultipleAllocations") {
    return Decode(errors, field, at, out.allow_multiple_allocations);
  }
  return DecodeReachField(errors, key, field, at, out.reach);
}

bool DecodePool(DecodeErrors& errors, JsonValue value, const Path& path, ResourceSlice& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "name") return Decode(errors, field, at, out.pool);
                         if (key == "generation") return Decode(errors, field, at, out.generation);
                         if (key == "resourceSliceCount") {
                           return Decode(errors, field, at, out.slice_count);
                         }
                         return true;
                       });
}

bool DecodeSliceSpec(DecodeErrors& errors, JsonValue value, const Path& path, ResourceSlice& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "driver") return Decode(errors, field, at, out.driver);
                         if (key == "pool") return DecodePool(errors, field, at, out);
                         if (key == "devices")
                           return DecodeBounded(errors, field, at, kMaxDevices, out.devices);
                         if (key == "sharedCounters")
                           return Decode(errors, field, at, out.shared_counters);
                         if (key == "perDeviceNodeSelection") {
                           return Decode(errors, field, at, out.per_device_node_selection);
                         }
                         return DecodeReachField(errors, key, field, at, out.reach);
                       });
}

// ---- Claims ----

bool DecodeSelectors(DecodeErrors& errors, JsonValue value, const Path& path,
                     std::vector<std::string>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path element_at(path, index);
    std::string& expression = out.emplace_back();
    return DecodeMembers(
        errors, element, element_at, [&](std::string_view key, JsonValue field, const Path& at) {
          if (key != "cel") return true;
          return DecodeMembers(
              errors, field, at, [&](std::string_view name, JsonValue text, const Path& text_at) {
                return name != "expression" || Decode(errors, text, text_at, expression);
              });
        });
  });
}

bool DecodeMode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceRequest& out) {
  std::string mode;
  if (!Decode(errors, value, path, mode)) return false;
  out.mode = mode.empty() || mode == "ExactCount" ? DeviceAllocationMode::kExactCount
             : mode == "All"                      ? DeviceAllocationMode::kAll
                                                  : DeviceAllocationMode::kUnknown;
  if (out.mode == DeviceAllocationMode::kUnknown) out.mode_text = mode;
  return true;
}

bool DecodeRequestField(DecodeErrors& errors, std::string_view key, JsonValue field, const Path& at,
                        DeviceRequest& out) {
  if (key == "name") return Decode(errors, field, at, out.name);
  if (key == "deviceClassName") return Decode(errors, field, at, out.class_name);
  if (key == "selectors") return DecodeSelectors(errors, field, at, out.selectors);
  if (key == "allocationMode") return DecodeMode(errors, field, at, out);
  if (key == "count") return Decode(errors, field, at, out.count);
  if (key == "adminAccess") return Decode(errors, field, at, out.admin_access);
  if (key == "tolerations") return Decode(errors, field, at, out.tolerations);
  if (key != "capacity") return true;
  return DecodeMembers(
      errors, field, at, [&](std::string_view name, JsonValue requests, const Path& requests_at) {
        return name != "requests" || DecodeQuantities(errors, requests, requests_at, out.capacity);
      });
}

bool DecodeDevicesOfClaim(DecodeErrors& errors, JsonValue value, const Path& path,
                          ResourceClaimSpec& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "requests")
                           return DecodeBounded(errors, field, at, kMaxRequests, out.requests);
                         if (key == "constraints") {
                           return DecodeBounded(errors, field, at, kMaxRequests, out.constraints);
                         }
                         if (key == "config")
                           return DecodeBounded(errors, field, at, kMaxRequests, out.config);
                         return true;
                       });
}

bool DecodeClaimSpec(DecodeErrors& errors, JsonValue value, const Path& path,
                     ResourceClaimSpec& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         return key != "devices" || DecodeDevicesOfClaim(errors, field, at, out);
                       });
}

bool DecodeAllocation(DecodeErrors& errors, JsonValue value, const Path& path,
                      std::optional<ClaimAllocation>& out) {
  if (value.type() == JsonType::kNull) return true;
  ClaimAllocation& allocation = out.emplace();
  const auto devices = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "results") return Decode(errors, field, at, allocation.devices);
    if (key == "config") return Decode(errors, field, at, allocation.config);
    return true;
  };
  return DecodeMembers(
      errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "devices") return DecodeMembers(errors, field, at, devices);
        if (key == "nodeSelector") {
          return Decode(errors, field, at, allocation.node_selector);
        }
        return key != "allocationTimestamp" || DecodeTime(errors, field, at, allocation.timestamp);
      });
}

bool DecodeTrueConditions(DecodeErrors& errors, JsonValue value, const Path& path,
                          std::vector<std::string>& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    std::string type;
    std::string status;
    const bool read = DecodeMembers(errors, element, Path(path, index),
                                    [&](std::string_view key, JsonValue field, const Path& at) {
                                      if (key == "type") return Decode(errors, field, at, type);
                                      return key != "status" || Decode(errors, field, at, status);
                                    });
    if (status == "True") out.push_back(std::move(type));
    return read;
  });
}

bool DecodeDeviceStatuses(DecodeErrors& errors, JsonValue value, const Path& path,
                          std::vector<AllocatedDeviceStatus>& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    AllocatedDeviceStatus& device = out.emplace_back();
    return DecodeMembers(errors, element, Path(path, index),
                         [&](std::string_view key, JsonValue field, const Path& at) {
                           if (key == "driver") return Decode(errors, field, at, device.driver);
                           if (key == "pool") return Decode(errors, field, at, device.pool);
                           if (key == "device") return Decode(errors, field, at, device.device);
                           if (key == "shareID") return Decode(errors, field, at, device.share_id);
                           return key != "conditions" ||
                                  DecodeTrueConditions(errors, field, at, device.true_conditions);
                         });
  });
}

bool DecodeClaimStatus(DecodeErrors& errors, JsonValue value, const Path& path,
                       ResourceClaim& out) {
  return DecodeMembers(
      errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "allocation") return DecodeAllocation(errors, field, at, out.allocation);
        if (key == "reservedFor") return Decode(errors, field, at, out.reserved_for);
        return key != "devices" || DecodeDeviceStatuses(errors, field, at, out.device_statuses);
      });
}

}  // namespace

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   CapacityRequestPolicy::Range& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "min") return Decode(errors, field, at, out.min);
                         if (key == "max") return Decode(errors, field, at, out.max);
                         if (key == "step") return Decode(errors, field, at, out.step);
                         return true;
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   CapacityRequestPolicy& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "default") return Decode(errors, field, at, out.default_value);
                         if (key == "validValues")
                           return Decode(errors, field, at, out.valid_values);
                         if (key == "validRange") return Decode(errors, field, at, out.range);
                         return true;
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, CounterSet& out) {
  return DecodeMembers(
      errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "name" || key == "counterSet") {
          return Decode(errors, field, at, out.name);
        }
        return key != "counters" || DecodeCounters(errors, field, at, out.counters);
      });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Device& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         // v1beta1 has all but the name one level further down.
                         if (key == "basic") return Decode(errors, field, at, out);
                         return DecodeDeviceField(errors, key, field, at, out);
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceConfig& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "requests") return Decode(errors, field, at, out.requests);
                         if (key == "opaque") {
                           out.opaque = field.Raw();
                           return true;
                         }
                         if (key != "source") return true;
                         std::string source;
                         if (!Decode(errors, field, at, source)) return false;
                         out.from_class = source == "FromClass";
                         return true;
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceRequest& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         return DecodeRequestField(errors, key, field, at, out);
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ClaimRequest& out) {
  DeviceRequest flat;  // v1beta1
  const bool read = DecodeMembers(
      errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "name") return Decode(errors, field, at, out.name);
        if (key == "exactly") return Decode(errors, field, at, out.exactly);
        if (key == "firstAvailable") {
          return DecodeBounded(errors, field, at, kMaxRequests, out.first_available);
        }
        return DecodeRequestField(errors, key, field, at, flat);
      });
  if (!flat.class_name.empty() && !out.exactly) out.exactly = std::move(flat);
  // Alternatives have no such field.
  for (auto& alternative : out.first_available) alternative.admin_access = false;
  return read;
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, DeviceConstraint& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "requests") return Decode(errors, field, at, out.requests);
                         if (key == "matchAttribute")
                           return Decode(errors, field, at, out.match_attribute);
                         if (key == "distinctAttribute")
                           return Decode(errors, field, at, out.distinct_attribute);
                         return true;
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, AllocatedDevice& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "request") return Decode(errors, field, at, out.request);
                         if (key == "driver") return Decode(errors, field, at, out.driver);
                         if (key == "pool") return Decode(errors, field, at, out.pool);
                         if (key == "device") return Decode(errors, field, at, out.device);
                         if (key == "adminAccess")
                           return Decode(errors, field, at, out.admin_access);
                         if (key == "tolerations")
                           return Decode(errors, field, at, out.tolerations);
                         if (key == "bindingConditions")
                           return Decode(errors, field, at, out.binding_conditions);
                         if (key == "bindingFailureConditions") {
                           return Decode(errors, field, at, out.binding_failure_conditions);
                         }
                         if (key == "shareID") return Decode(errors, field, at, out.share_id);
                         return key != "consumedCapacity" ||
                                DecodeQuantities(errors, field, at, out.consumed_capacity);
                       });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ClaimConsumer& out) {
  return DecodeMembers(errors, value, path,
                       [&](std::string_view key, JsonValue field, const Path& at) {
                         if (key == "apiGroup") return Decode(errors, field, at, out.api_group);
                         if (key == "resource") return Decode(errors, field, at, out.resource);
                         if (key == "name") return Decode(errors, field, at, out.name);
                         if (key == "uid") return Decode(errors, field, at, out.uid);
                         return true;
                       });
}

bool DecodeResourceSlice(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                         ClusterObjects& out) {
  const Path root;
  ResourceSlice& object = out.resource_slices.emplace_back();
  const bool read = DecodeMembers(
      errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        return key != "spec" || DecodeSliceSpec(errors, field, at, object);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeDeviceClass(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  DeviceClass& object = out.device_classes.emplace_back();
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "selectors") return DecodeSelectors(errors, field, at, object.selectors);
    if (key == "config") return DecodeBounded(errors, field, at, kMaxRequests, object.config);
    return key != "extendedResourceName" ||
           Decode(errors, field, at, object.extended_resource_name);
  };
  const bool read = DecodeMembers(errors, value, root,
                                  [&](std::string_view key, JsonValue field, const Path& at) {
                                    if (key == "metadata")
                                      return Decode(errors, field, at, object.meta);
                                    return key != "spec" || DecodeMembers(errors, field, at, spec);
                                  });
  return read && RequireName(errors, object.meta);
}

bool DecodeResourceClaim(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                         ClusterObjects& out) {
  const Path root;
  ResourceClaim& object = out.resource_claims.emplace_back();
  const bool read = DecodeMembers(
      errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") {
          return DecodeAnnotatedMeta(errors, field, at, object.meta);
        }
        if (key == "spec") return DecodeClaimSpec(errors, field, at, object.spec);
        return key != "status" || DecodeClaimStatus(errors, field, at, object);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeResourceClaimTemplate(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                                 ClusterObjects& out) {
  const Path root;
  ResourceClaimTemplate& object = out.resource_claim_templates.emplace_back();
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "metadata") return Decode(errors, field, at, object.claim_meta);
    return key != "spec" || DecodeClaimSpec(errors, field, at, object.spec);
  };
  const bool read = DecodeMembers(errors, value, root,
                                  [&](std::string_view key, JsonValue field, const Path& at) {
                                    if (key == "metadata")
                                      return Decode(errors, field, at, object.meta);
                                    return key != "spec" || DecodeMembers(errors, field, at, spec);
                                  });
  return read && RequireName(errors, object.meta);
}

}  // namespace berth::api
