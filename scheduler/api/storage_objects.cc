#include "scheduler/api/storage_objects.h"

#include <algorithm>
#include <tuple>

namespace berth::api {
namespace {

constexpr std::string_view kClassAnnotation = "volume.beta.kubernetes.io/storage-class";
constexpr std::string_view kDefaultClass = "storageclass.kubernetes.io/is-default-class";
constexpr std::string_view kBetaDefaultClass = "storageclass.beta.kubernetes.io/is-default-class";

const std::string& NoName() {
  static const std::string none;
  return none;
}

void SetUid(ObjectMeta& meta) {
  if (!meta.uid.empty()) return;
  meta.uid = meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name;
}

template <typename T>
void SetUids(std::vector<T>& objects) {
  for (T& object : objects) SetUid(object.meta);
}

bool IsDefault(const StorageClass& object) {
  const auto says_true = [&](std::string_view key) {
    const auto* value = object.meta.annotations.Find(key);
    return value != nullptr && *value == "true";
  };
  return says_true(kDefaultClass) || says_true(kBetaDefaultClass);
}

// The newest of those that are marked, the first by name among equally old ones; nullptr if there
// is none (admission plugin DefaultStorageClass).
const StorageClass* DefaultClass(const std::vector<StorageClass>& classes) {
  const StorageClass* best = nullptr;
  for (const StorageClass& object : classes) {
    if (!IsDefault(object)) continue;
    const auto created = object.meta.creation_timestamp.value_or(0);
    if (best == nullptr || created > best->meta.creation_timestamp.value_or(0) ||
        (created == best->meta.creation_timestamp.value_or(0) &&
         object.meta.name < best->meta.name)) {
      best = &object;
    }
  }
  return best;
}

void DefaultClaim(const StorageClass* default_class, PersistentVolumeClaim& claim) {
  if (claim.meta.namespace_name.empty()) claim.meta.namespace_name = "default";
  SetUid(claim.meta);
  if (claim.meta.creation_timestamp) return;
  if (claim.phase.empty()) claim.phase = "Pending";
  const bool names_one =
      claim.spec.storage_class_name || claim.meta.annotations.Contains(kClassAnnotation);
  if (default_class == nullptr || names_one || !claim.spec.volume_name.empty()) return;
  claim.spec.storage_class_name = default_class->meta.name;
}

}  // namespace

const std::string& PersistentVolumeClaim::StorageClassName() const {
  if (const auto* name = meta.annotations.Find(kClassAnnotation)) return *name;
  return spec.storage_class_name ? *spec.storage_class_name : NoName();
}

const std::string& PersistentVolume::StorageClassName() const {
  const auto* name = meta.annotations.Find(kClassAnnotation);
  return name != nullptr ? *name : storage_class_name;
}

void ApplyStorageDefaults(StorageObjects& objects) {
  for (StorageClass& object : objects.classes) {
    const bool admitted = object.meta.creation_timestamp.has_value();
    if (!admitted && !object.volume_binding_mode) {
      object.volume_binding_mode = VolumeBindingMode::kImmediate;
    }
  }
  const StorageClass* default_class = DefaultClass(objects.classes);
  for (PersistentVolumeClaim& claim : objects.claims) DefaultClaim(default_class, claim);
  for (PersistentVolume& volume : objects.volumes) {
    if (volume.phase.empty() && !volume.meta.creation_timestamp) volume.phase = "Available";
    if (volume.claim_ref && volume.claim_ref->namespace_name.empty()) {
      volume.claim_ref->namespace_name = "default";
    }
  }
  SetUids(objects.volumes);
  SetUids(objects.classes);
  SetUids(objects.csi_nodes);
  SetUids(objects.csi_drivers);
  SetUids(objects.csi_capacities);
  SetUids(objects.attachments);
}

}  // namespace berth::api
