// From JSON values to the structs of objects.h. Internal to the reader.
//
// Every Decode overload reads one value into `out` and returns true, or records one error and
// returns false. null counts as absent and leaves `out` as it was; unknown fields are skipped; of
// two fields of one name the last one counts. What an API server would refuse for being outside of
// an enum or a range is refused here, with the path of the field.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/json_value.h"
#include "scheduler/api/objects.h"

namespace berth::api {

// Where the decoder is: a list that lives on the stack and is rendered only for an error.
class Path {
 public:
  Path() = default;
  Path(const Path& parent, std::string_view field) : parent_(&parent), name_(field) {}
  Path(const Path& parent, std::size_t index)
      : parent_(&parent), index_(index), step_(Step::kIndex) {}
  // An entry of a map: resources.requests[cpu].
  static Path Entry(const Path& parent, std::string_view key) {
    Path path(parent, key);
    path.step_ = Step::kEntry;
    return path;
  }

  std::string ToString() const;

 private:
  enum class Step : std::uint8_t { kField, kIndex, kEntry };

  const Path* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  Step step_ = Step::kField;
};

// Text for a message: quoted, control characters replaced, cut after some 80 bytes.
std::string Quoted(std::string_view text);

// The one error of a decoding that failed.
class DecodeErrors {
 public:
  // Always false, so that it can be returned.
  bool Fail(const Path& path, std::string message);
  bool Malformed(const Path& path);
  bool WrongType(const Path& path, std::string_view expected, const JsonValue& got);

  const std::string& message() const { return message_; }
  bool malformed() const { return malformed_; }  // not JSON, rather than not the right JSON

 private:
  std::string message_;
  bool malformed_ = false;
};

// ---- Building blocks ----

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::string& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, bool& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::int32_t& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::int64_t& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Quantity& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, StringMap& out);
// Refuses negative amounts.
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ResourceList& out);
bool DecodeTime(DecodeErrors& errors, JsonValue value, const Path& path, std::optional<Time>& out);

using FieldVisitor = FunctionRef<bool(std::string_view key, JsonValue value)>;
using ElementVisitor = FunctionRef<bool(std::size_t index, JsonValue value)>;

// Visits the fields of an object, or nothing for null.
bool DecodeFields(DecodeErrors& errors, JsonValue value, const Path& path, FieldVisitor visit);
bool DecodeElements(DecodeErrors& errors, JsonValue value, const Path& path, ElementVisitor visit);

// ---- Kubernetes ----

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out);
// The same with annotations, for the kinds that say something in them.
bool DecodeAnnotatedMeta(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out);
// The same for pods and their templates: of annotations only those of gpu_names.h and
// time_names.h.
bool DecodePodMeta(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, LabelSelector& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, NodeSelector& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, NodeAffinity& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Taint& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Toleration& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ResourceRequirements& out);

bool DecodePreemptionPolicy(DecodeErrors& errors, JsonValue value, const Path& path,
                            std::optional<PreemptionPolicy>& out);

// Weights of preferred terms are 1..100; `path` is the term's.
bool CheckPreferredWeight(DecodeErrors& errors, const Path& path, std::int32_t weight);

// A PodSpec and the one field of it that differs between the pods of a template.
struct PlacedPodSpec {
  PodSpec spec;
  std::string node_name;
};
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PlacedPodSpec& out);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PodStatus& out);

// A field of a volume that names its source, of a pod or of a PersistentVolume. Sets `relevant` if
// it is of a kind that scheduling looks at; passes over every other field.
bool DecodeVolumeField(DecodeErrors& errors, JsonValue value, const Path& path,
                       std::string_view key, Volume& out, bool& relevant);
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
            PersistentVolumeClaimTemplate& out);

// Lists and optionals of anything that can be decoded.
template <typename T>
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::vector<T>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    return Decode(errors, element, Path(path, index), out.emplace_back());
  });
}
template <typename T>
bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::optional<T>& out) {
  if (value.type() == JsonType::kNull) return true;
  return Decode(errors, value, path, out.emplace());
}

}  // namespace berth::api
