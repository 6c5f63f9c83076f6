// The sources of volumes that some scheduler plugin looks at, of pods and of PersistentVolumes.
#include <algorithm>
#include <array>
#include <memory>

#include "scheduler/api/decode.h"
#include "scheduler/api/storage_objects.h"

namespace berth::api {

bool operator==(const Volume& a, const Volume& b) {
  const bool same_template =
      a.claim_template == b.claim_template ||
      (a.claim_template && b.claim_template && *a.claim_template == *b.claim_template);
  return same_template && a.name == b.name && a.kind == b.kind && a.source == b.source &&
         a.scope == b.scope && a.monitors == b.monitors && a.read_only == b.read_only;
}

namespace {

// Which fields of a source tell volumes apart.
struct Source {
  std::string_view field;
  VolumeKind kind;
  std::string_view id;     // becomes Volume::source
  std::string_view scope;  // becomes Volume::scope
};

constexpr std::array<Source, 13> kSources = {{
    {"persistentVolumeClaim", VolumeKind::kPersistentVolumeClaim, "claimName", ""},
    {"ephemeral", VolumeKind::kEphemeral, "", ""},
    {"image", VolumeKind::kImage, "reference", ""},
    {"gcePersistentDisk", VolumeKind::kGcePersistentDisk, "pdName", ""},
    {"awsElasticBlockStore", VolumeKind::kAwsElasticBlockStore, "volumeID", ""},
    {"azureDisk", VolumeKind::kAzureDisk, "diskURI", ""},
    {"azureFile", VolumeKind::kAzureFile, "shareName", ""},
    {"cinder", VolumeKind::kCinder, "volumeID", ""},
    {"vsphereVolume", VolumeKind::kVsphereVolume, "volumePath", ""},
    {"portworxVolume", VolumeKind::kPortworxVolume, "volumeID", ""},
    {"iscsi", VolumeKind::kIscsi, "iqn", ""},
    {"rbd", VolumeKind::kRbd, "image", "pool"},
    {"csi", VolumeKind::kCsi, "volumeHandle", "driver"},
}};

// The API server's default.
constexpr std::string_view kDefaultRbdPool = "rbd";

bool DecodeSourceField(DecodeErrors& errors, JsonValue field, const Path& at, std::string_view key,
                       const Source& source, Volume& out) {
  if (!source.id.empty() && key == source.id) return Decode(errors, field, at, out.source);
  if (!source.scope.empty() && key == source.scope) return Decode(errors, field, at, out.scope);
  if (key == "readOnly") return Decode(errors, field, at, out.read_only);
  if (source.kind == VolumeKind::kRbd && key == "monitors") {
    return Decode(errors, field, at, out.monitors);
  }
  if (source.kind == VolumeKind::kEphemeral && key == "volumeClaimTemplate") {
    auto claim = std::make_shared<PersistentVolumeClaimTemplate>();
    if (!Decode(errors, field, at, *claim)) return false;
    out.claim_template = std::move(claim);
  }
  return true;
}

}  // namespace

bool DecodeVolumeField(DecodeErrors& errors, JsonValue value, const Path& path,
                       std::string_view key, Volume& out, bool& relevant) {
  const auto source = std::ranges::find(kSources, key, &Source::field);
  if (source == kSources.end() || value.type() == JsonType::kNull) return true;
  relevant = true;
  out.kind = source->kind;
  const bool read = DecodeFields(errors, value, path, [&](std::string_view name, JsonValue field) {
    return DecodeSourceField(errors, field, Path(path, name), name, *source, out);
  });
  if (out.kind == VolumeKind::kRbd && out.scope.empty()) out.scope = kDefaultRbdPool;
  return read;
}

}  // namespace berth::api
