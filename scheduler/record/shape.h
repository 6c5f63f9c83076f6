// What of a Kubernetes object scheduling needs, field by field, and what its texts are: the one
// place that says which fields a recording keeps and how a name in it is to be replaced. What is
// not named here is dropped: environments, commands, status messages, managed fields, sources of
// volumes that hold secrets.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::record {

// Texts of one kind are one space of names: equal texts mean the same, wherever they stand.
enum class TextKind : std::uint8_t {
  kKept,  // numbers, quantities, times, words of the Kubernetes API
  kNode,
  kNamespace,
  kPod,
  kClaim,
  kVolume,  // PersistentVolumes
  kVolumeName,
  kVolumeHandle,
  kStorageClass,
  kDriver,
  kPriorityClass,
  kRuntimeClass,
  kPodGroup,
  kDeviceClaim,
  kOwner,   // what pods belong to
  kObject,  // names that nobody refers to
  kOwnerKind,
  kContainer,
  kScheduler,
  kGate,
  kUid,
  kLabelKey,
  kLabelValue,
  kResource,
  kImage,
  kAddress,
  kNames,  // how many there are
};

struct Shape;
using ShapePointer = std::shared_ptr<const Shape>;
using Fields = std::vector<std::pair<std::string_view, ShapePointer>>;

struct Shape {
  enum class Form : std::uint8_t {
    kText,         // of `text`; numbers, booleans and null stay what they are
    kObject,       // with `fields`
    kList,         // of `element`
    kMap,          // from texts of `text` to `element`
    kWhole,        // everything, but for what drivers are told
    kLabels,       // a map of labels
    kAnnotations,  // those that scheduling looks at
    kRequirement,  // of a selector: key, operator, values
    kFieldRequirement,
    kTaint,  // or a toleration
    kOwner,  // a reference to one
    kConditions,
    kImageName,
    kConstant,  // `constant`, whether the object has the field or not
  };
  Form form = Form::kText;
  TextKind text = TextKind::kKept;
  Fields fields = {};
  ShapePointer element = nullptr;
  std::string_view constant = {};
};

// Null for kinds that scheduling does not look at.
ShapePointer ShapeOf(std::string_view api_version, std::string_view kind);

// The same of a live cluster's objects. There workloads have made their pods, so that they are only
// what selects pods any more.
ShapePointer LiveShapeOf(std::string_view api_version, std::string_view kind);

}  // namespace berth::record
