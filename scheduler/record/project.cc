#include "scheduler/record/project.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/api/device_objects.h"
#include "scheduler/api/pod_annotations.h"
#include "scheduler/api/storage_objects.h"

namespace berth::record {
namespace {

using Json = nlohmann::json;
using Form = Shape::Form;

struct Annotation {
  std::string_view key;
  TextKind value;
};

// Beside api::kPodAnnotations, which are numbers and times.
constexpr std::array<Annotation, 8> kAnnotations = {{
    {api::kBindCompleted, TextKind::kKept},
    {api::kBoundByController, TextKind::kKept},
    {api::kSelectedNode, TextKind::kNode},
    {api::kMigratedPlugins, TextKind::kKept},
    {api::kExtendedResourceClaim, TextKind::kKept},
    {"volume.beta.kubernetes.io/storage-class", TextKind::kStorageClass},
    {"storageclass.kubernetes.io/is-default-class", TextKind::kKept},
    {"storageclass.beta.kubernetes.io/is-default-class", TextKind::kKept},
}};

// Of nodes, pods and Jobs; others are their owners' business.
constexpr std::array<std::string_view, 10> kConditionTypes = {
    "Ready",        "MemoryPressure",   "DiskPressure",     "PIDPressure", "NetworkUnavailable",
    "PodScheduled", "PodResizePending", "DisruptionTarget", "Complete",    "Failed"};
constexpr std::array<std::string_view, 3> kConditionFields = {"type", "status",
                                                              "lastTransitionTime"};
constexpr std::array<std::string_view, 4> kConditionReasons = {
    "Unschedulable", "SchedulingGated", "Infeasible", "PreemptionByScheduler"};

// What a driver is told is nobody else's business.
constexpr std::string_view kParameters = "parameters";

template <typename List>
bool Contains(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

std::string TextOr(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// ---- One scalar ----

Json Replaced(const Json& value, TextKind kind, Texts& texts) {
  if (value.is_structured()) return nullptr;
  if (!value.is_string()) return value;
  const auto& text = value.get_ref<const std::string&>();
  return text.empty() ? value : Json(texts.Of(kind, text));
}

Json LabelValue(const Json& value, std::string_view key, Texts& texts) {
  if (value.is_structured()) return nullptr;
  if (!value.is_string()) return value;
  const auto& text = value.get_ref<const std::string&>();
  return text.empty() ? value : Json(texts.LabelValue(key, text));
}

// A name without a tag means the tag "latest", so that name and tag are replaced apart.
std::string ImageName(const std::string& text, Texts& texts) {
  const auto slash = text.rfind('/');
  const auto colon = text.rfind(':');
  const bool has_tag = colon != std::string::npos && colon > 0 &&
                       (slash == std::string::npos || colon > slash) && colon + 1 < text.size();
  if (!has_tag) return texts.Of(TextKind::kImage, text);
  const std::string tag = text.substr(colon + 1);
  return texts.Of(TextKind::kImage, text.substr(0, colon)) + ":" +
         (tag == "latest" ? tag : texts.Of(TextKind::kImage, tag));
}

// ---- Objects of a form of their own ----

Json Labels(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  Json out = Json::object();
  for (const auto& [key, text] : value.items()) {
    out[texts.Of(TextKind::kLabelKey, key)] = LabelValue(text, key, texts);
  }
  return out;
}

Json Annotations(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  Json out = Json::object();
  for (const auto& [key, text] : value.items()) {
    if (Contains(api::kPodAnnotations, key)) out[key] = Replaced(text, TextKind::kKept, texts);
    const auto known = std::ranges::find(kAnnotations, std::string_view(key), &Annotation::key);
    if (known != kAnnotations.end()) out[key] = Replaced(text, known->value, texts);
  }
  return out;
}

Json Values(const Json& values, std::string_view key, Texts& texts) {
  if (!values.is_array()) return nullptr;
  Json out = Json::array();
  for (const Json& value : values) out.push_back(LabelValue(value, key, texts));
  return out;
}

void NoteComparison(const std::string& op, const std::string& key, Texts& texts) {
  if (op == "Gt" || op == "Lt") texts.ComparesNumbers(key);
}

Json Requirement(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  const std::string key = TextOr(value, "key");
  NoteComparison(TextOr(value, "operator"), key, texts);
  Json out = Json::object();
  for (const auto& [name, field] : value.items()) {
    if (name == "key") out[name] = Replaced(field, TextKind::kLabelKey, texts);
    if (name == "operator") out[name] = Replaced(field, TextKind::kKept, texts);
    if (name == "values") out[name] = Values(field, key, texts);
  }
  return out;
}

// metadata.name of nodes is the one field there is.
Json FieldRequirement(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  Json out = Json::object();
  for (const auto& [name, field] : value.items()) {
    if (name == "key" || name == "operator") out[name] = Replaced(field, TextKind::kKept, texts);
    if (name != "values" || !field.is_array()) continue;
    out[name] = Json::array();
    for (const Json& node : field) out[name].push_back(Replaced(node, TextKind::kNode, texts));
  }
  return out;
}

Json Taint(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  const std::string key = TextOr(value, "key");
  NoteComparison(TextOr(value, "operator"), key, texts);
  Json out = Json::object();
  for (const auto& [name, field] : value.items()) {
    if (name == "key") out[name] = Replaced(field, TextKind::kLabelKey, texts);
    if (name == "value") out[name] = LabelValue(field, key, texts);
    if (name == "operator" || name == "effect") {
      out[name] = Replaced(field, TextKind::kKept, texts);
    }
  }
  return out;
}

TextKind NameKindOf(const std::string& kind) {
  if (kind == "Pod") return TextKind::kPod;
  return kind == "Node" ? TextKind::kNode : TextKind::kOwner;
}

Json Owner(const Json& value, Texts& texts) {
  if (!value.is_object()) return nullptr;
  const TextKind name_kind = NameKindOf(TextOr(value, "kind"));
  Json out = Json::object();
  for (const auto& [name, field] : value.items()) {
    if (name == "apiVersion" || name == "kind") {
      out[name] = Replaced(field, TextKind::kOwnerKind, texts);
    }
    if (name == "name") out[name] = Replaced(field, name_kind, texts);
    if (name == "uid") out[name] = Replaced(field, TextKind::kUid, texts);
    if (name == "controller" && field.is_boolean()) out[name] = field;
  }
  return out;
}

Json Conditions(const Json& value) {
  if (!value.is_array()) return nullptr;
  Json out = Json::array();
  for (const Json& condition : value) {
    if (!condition.is_object() || !Contains(kConditionTypes, TextOr(condition, "type"))) continue;
    Json& kept = out.emplace_back(Json::object());
    for (const auto& [name, field] : condition.items()) {
      if (Contains(kConditionFields, name) && !field.is_structured()) kept[name] = field;
    }
    const std::string reason = TextOr(condition, "reason");
    if (Contains(kConditionReasons, reason)) kept["reason"] = reason;
  }
  return out;
}

Json Whole(const Json& value) {
  Json out = value;
  if (out.is_object()) out.erase(std::string(kParameters));
  if (out.is_structured()) {
    for (Json& member : out) member = Whole(member);
  }
  return out;
}

// ---- Forms with shapes inside ----

Json ValueOf(const Json& value, const Shape& shape, Texts& texts);

Json ObjectOf(const Json& value, const Shape& shape, Texts& texts) {
  if (!value.is_object()) return value.is_string() || value.is_array() ? Json(nullptr) : value;
  Json out = Json::object();
  for (const auto& [name, field] : shape.fields) {
    const auto found = value.find(name);
    if (found != value.end()) out[std::string(name)] = ValueOf(*found, *field, texts);
    if (field->form == Form::kConstant) out[std::string(name)] = Json::parse(field->constant);
  }
  return out;
}

Json ListOf(const Json& value, const Shape& shape, Texts& texts) {
  if (!value.is_array()) return nullptr;
  Json out = Json::array();
  for (const Json& element : value) out.push_back(ValueOf(element, *shape.element, texts));
  return out;
}

Json MapOf(const Json& value, const Shape& shape, Texts& texts) {
  if (!value.is_object()) return nullptr;
  Json out = Json::object();
  for (const auto& [key, element] : value.items()) {
    out[texts.Of(shape.text, key)] = ValueOf(element, *shape.element, texts);
  }
  return out;
}

Json ValueOf(const Json& value, const Shape& shape, Texts& texts) {
  switch (shape.form) {
    case Form::kText:
      return Replaced(value, shape.text, texts);
    case Form::kObject:
      return ObjectOf(value, shape, texts);
    case Form::kList:
      return ListOf(value, shape, texts);
    case Form::kMap:
      return MapOf(value, shape, texts);
    case Form::kWhole:
      return Whole(value);
    case Form::kLabels:
      return Labels(value, texts);
    case Form::kAnnotations:
      return Annotations(value, texts);
    case Form::kRequirement:
      return Requirement(value, texts);
    case Form::kFieldRequirement:
      return FieldRequirement(value, texts);
    case Form::kTaint:
      return Taint(value, texts);
    case Form::kOwner:
      return Owner(value, texts);
    case Form::kConditions:
      return Conditions(value);
    case Form::kImageName:
      if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        return Replaced(value, TextKind::kImage, texts);
      }
      return ImageName(value.get<std::string>(), texts);
    case Form::kConstant:
      break;
  }
  return nullptr;
}

std::string TextAt(const Json& object, const char* outer, const char* inner) {
  const auto found = object.find(outer);
  return found != object.end() && found->is_object() ? TextOr(*found, inner) : std::string();
}

}  // namespace

base::Result<Projected> Project(std::string_view json, const ObjectKind& kind, const Shape& shape,
                                Texts& texts) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return base::Fail("is not a JSON object");
  Projected projected;
  projected.namespace_name = TextAt(object, "metadata", "namespace");
  projected.name = TextAt(object, "metadata", "name");
  projected.version = TextAt(object, "metadata", "resourceVersion");
  projected.created = TextAt(object, "metadata", "creationTimestamp");
  projected.node_name = TextAt(object, "spec", "nodeName");
  Json out = ValueOf(object, shape, texts);
  out["apiVersion"] = kind.api_version;
  out["kind"] = kind.kind;
  projected.json = out.dump();
  return projected;
}

}  // namespace berth::record
