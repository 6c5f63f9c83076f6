#include "scheduler/api/decode_storage.h"

namespace berth::api {

static bool DecodeVolumeMode(DecodeErrors& errors, JsonValue value, const Path& path,
                             VolumeMode& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text == "Block") {
    out = VolumeMode::kBlock;
  } else if (!text.empty() && text != "Filesystem") {
    return errors.Fail(path, "must be Filesystem or Block, is " + Quoted(text));
  }
  return true;
}

// The entry `storage` of a resource list.
static bool DecodeStorageAmount(DecodeErrors& errors, JsonValue value, const Path& path,
                                Quantity& out) {
  ResourceList list;
  if (!Decode(errors, value, path, list)) return false;
  if (const auto* storage = list.Find("storage")) out = *storage;
  return true;
}

static bool DecodeClaimResources(DecodeErrors& errors, JsonValue value, const Path& path,
                                 Quantity& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return key != "requests" || DecodeStorageAmount(errors, field, Path(path, key), out);
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   PersistentVolumeClaimSpec& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "accessModes") return Decode(errors, field, at, out.access_modes);
    if (key == "selector") return Decode(errors, field, at, out.selector);
    if (key == "resources") return DecodeClaimResources(errors, field, at, out.request);
    if (key == "volumeName") return Decode(errors, field, at, out.volume_name);
    if (key == "storageClassName") return Decode(errors, field, at, out.storage_class_name);
    if (key == "volumeMode") return DecodeVolumeMode(errors, field, at, out.volume_mode);
    if (key == "volumeAttributesClassName") {
      return Decode(errors, field, at, out.volume_attributes_class_name);
    }
    return true;
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
            PersistentVolumeClaimTemplate& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "spec") return Decode(errors, field, at, out.spec);
    if (key != "metadata") return true;
    ObjectMeta meta;
    if (!DecodeAnnotatedMeta(errors, field, at, meta)) return false;
    out.name = std::move(meta.name);
    out.labels = std::move(meta.labels);
    out.annotations = std::move(meta.annotations);
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ClaimReference& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "namespace") return Decode(errors, field, at, out.namespace_name);
    if (key == "name") return Decode(errors, field, at, out.name);
    if (key == "uid") return Decode(errors, field, at, out.uid);
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   TopologyRequirement& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "key") return Decode(errors, field, at, out.key);
    if (key == "values") return Decode(errors, field, at, out.values);
    return true;
  });
  return read && (!out.key.empty() || errors.Fail(Path(path, "key"), "is missing"));
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, CsiNodeDriver& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "name") return Decode(errors, field, at, out.name);
    if (key != "allocatable") return true;
    return DecodeFields(errors, field, at, [&](std::string_view name, JsonValue member) {
      return name != "count" || Decode(errors, member, Path(at, name), out.allocatable_count);
    });
  });
  return read && (!out.name.empty() || errors.Fail(Path(path, "name"), "is missing"));
}

namespace {

constexpr std::string_view kPhase = "phase";

bool RequireName(DecodeErrors& errors, const ObjectMeta& meta) {
  const Path root;
  return !meta.name.empty() || errors.Fail(Path(root, "metadata.name"), "is missing");
}

// Calls visit(key, value, path of the field) for the fields of an object.
template <typename Visit>
bool DecodeMember(DecodeErrors& errors, JsonValue value, const Path& path, Visit visit) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return visit(key, field, Path(path, key));
  });
}

bool DecodePhase(DecodeErrors& errors, JsonValue value, const Path& path, std::string& out) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        return key != kPhase || Decode(errors, field, at, out);
                      });
}

bool DecodeVolumeAffinity(DecodeErrors& errors, JsonValue value, const Path& path,
                          std::optional<NodeSelector>& out) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        return key != "required" || Decode(errors, field, at, out);
                      });
}

bool DecodeVolumeSpec(DecodeErrors& errors, JsonValue value, const Path& path,
                      PersistentVolume& out) {
  Volume source;
  bool relevant = false;
  const bool read =
      DecodeMember(errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "capacity") return DecodeStorageAmount(errors, field, at, out.capacity);
        if (key == "accessModes") return Decode(errors, field, at, out.access_modes);
        if (key == "storageClassName") return Decode(errors, field, at, out.storage_class_name);
        if (key == "claimRef") return Decode(errors, field, at, out.claim_ref);
        if (key == "volumeMode") return DecodeVolumeMode(errors, field, at, out.volume_mode);
        if (key == "nodeAffinity") {
          return DecodeVolumeAffinity(errors, field, at, out.node_affinity);
        }
        if (key == "volumeAttributesClassName") {
          return Decode(errors, field, at, out.volume_attributes_class_name);
        }
        return DecodeVolumeField(errors, field, at, key, source, relevant);
      });
  if (read && relevant) out.source = std::move(source);
  return read;
}

bool DecodeBindingMode(DecodeErrors& errors, JsonValue value, const Path& path,
                       std::optional<VolumeBindingMode>& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text == "Immediate") {
    out = VolumeBindingMode::kImmediate;
  } else if (text == "WaitForFirstConsumer") {
    out = VolumeBindingMode::kWaitForFirstConsumer;
  } else if (!text.empty()) {
    return errors.Fail(path, "must be Immediate or WaitForFirstConsumer, is " + Quoted(text));
  }
  return true;
}

bool DecodeTopologies(DecodeErrors& errors, JsonValue value, const Path& path,
                      std::vector<TopologyTerm>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    TopologyTerm& term = out.emplace_back();
    return DecodeMember(errors, element, Path(path, index),
                        [&](std::string_view key, JsonValue field, const Path& at) {
                          return key != "matchLabelExpressions" || Decode(errors, field, at, term);
                        });
  });
}

}  // namespace

bool DecodePersistentVolumeClaim(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                                 ClusterObjects& out) {
  const Path root;
  PersistentVolumeClaim& object = out.storage.claims.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") {
          return DecodeAnnotatedMeta(errors, field, at, object.meta);
        }
        if (key == "spec") return Decode(errors, field, at, object.spec);
        return key != "status" || DecodePhase(errors, field, at, object.phase);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodePersistentVolume(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                            ClusterObjects& out) {
  const Path root;
  PersistentVolume& object = out.storage.volumes.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") {
          return DecodeAnnotatedMeta(errors, field, at, object.meta);
        }
        if (key == "spec") return DecodeVolumeSpec(errors, field, at, object);
        return key != "status" || DecodePhase(errors, field, at, object.phase);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeStorageClass(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  StorageClass& object = out.storage.classes.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") {
          return DecodeAnnotatedMeta(errors, field, at, object.meta);
        }
        if (key == "provisioner") return Decode(errors, field, at, object.provisioner);
        if (key == "volumeBindingMode") {
          return DecodeBindingMode(errors, field, at, object.volume_binding_mode);
        }
        if (key == "allowedTopologies") {
          return DecodeTopologies(errors, field, at, object.allowed_topologies);
        }
        return true;
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeCsiNode(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  CsiNode& object = out.storage.csi_nodes.emplace_back();
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    return key != "drivers" || Decode(errors, field, at, object.drivers);
  };
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") {
          return DecodeAnnotatedMeta(errors, field, at, object.meta);
        }
        return key != "spec" || DecodeMember(errors, field, at, spec);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeCsiDriver(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  CsiDriver& object = out.storage.csi_drivers.emplace_back();
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "storageCapacity") return Decode(errors, field, at, object.storage_capacity);
    return key != "preventPodSchedulingIfMissing" ||
           Decode(errors, field, at, object.prevent_pod_scheduling_if_missing);
  };
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        return key != "spec" || DecodeMember(errors, field, at, spec);
      });
  return read && RequireName(errors, object.meta);
}

bool DecodeCsiStorageCapacity(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                              ClusterObjects& out) {
  const Path root;
  CsiStorageCapacity& object = out.storage.csi_capacities.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "storageClassName") return Decode(errors, field, at, object.storage_class_name);
        if (key == "nodeTopology") return Decode(errors, field, at, object.node_topology);
        if (key == "capacity") return Decode(errors, field, at, object.capacity);
        if (key == "maximumVolumeSize") {
          return Decode(errors, field, at, object.maximum_volume_size);
        }
        return true;
      });
  return read && (!object.meta.generate_name.empty() || RequireName(errors, object.meta));
}

bool DecodeVolumeAttachment(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                            ClusterObjects& out) {
  const Path root;
  VolumeAttachment& object = out.storage.attachments.emplace_back();
  const auto source = [&](std::string_view key, JsonValue field, const Path& at) {
    return key != "persistentVolumeName" ||
           Decode(errors, field, at, object.persistent_volume_name);
  };
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "nodeName") return Decode(errors, field, at, object.node_name);
    if (key == "attacher") return Decode(errors, field, at, object.attacher);
    return key != "source" || DecodeMember(errors, field, at, source);
  };
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        return key != "spec" || DecodeMember(errors, field, at, spec);
      });
  return read && RequireName(errors, object.meta);
}

}  // namespace berth::api
