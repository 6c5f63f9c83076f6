// What nodes, pods and other kinds have in common: metadata, selectors, taints and tolerations.
#include <algorithm>

#include "scheduler/api/decode.h"
#include "scheduler/api/gpu_names.h"
#include "scheduler/api/selector_match.h"
#include "scheduler/api/time_names.h"

namespace berth::api {

// Overloads of Decode are static and not in an anonymous namespace: the templates for lists find
// them by their arguments.

static constexpr std::int32_t kMinPreferredWeight = 1;
static constexpr std::int32_t kMaxPreferredWeight = 100;

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, OwnerReference& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "apiVersion") return Decode(errors, field, at, out.api_version);
    if (key == "kind") return Decode(errors, field, at, out.kind);
    if (key == "name") return Decode(errors, field, at, out.name);
    if (key == "uid") return Decode(errors, field, at, out.uid);
    if (key == "controller") return Decode(errors, field, at, out.controller);
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, SelectorOperator& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  const auto op = ParseSelectorOperator(text);
  if (!op) return errors.Fail(path, "unknown operator " + Quoted(text));
  out = *op;
  return true;
}

static bool DecodeRequirement(DecodeErrors& errors, JsonValue value, const Path& path,
                              RequirementScope scope, Requirement& out) {
  bool has_operator = false;
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "key") return Decode(errors, field, at, out.key);
    if (key == "values") return Decode(errors, field, at, out.values);
    if (key != "operator") return true;
    has_operator = true;
    return Decode(errors, field, at, out.op);
  });
  if (!read) return false;
  if (!has_operator) return errors.Fail(Path(path, "operator"), "is missing");
  if (out.key.empty()) return errors.Fail(Path(path, "key"), "is missing");
  const auto problem = Validate(out, scope);
  return !problem || errors.Fail(path, *problem);
}

static bool DecodeRequirements(DecodeErrors& errors, JsonValue value, const Path& path,
                               RequirementScope scope, std::vector<Requirement>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    return DecodeRequirement(errors, element, Path(path, index), scope, out.emplace_back());
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, NodeSelectorTerm& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "matchExpressions") {
      return DecodeRequirements(errors, field, at, RequirementScope::kNodeLabels,
                                out.match_expressions);
    }
    if (key == "matchFields") {
      return DecodeRequirements(errors, field, at, RequirementScope::kNodeFields, out.match_fields);
    }
    return true;
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, NodeSelector& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    if (key == "nodeSelectorTerms") return Decode(errors, field, Path(path, key), out.terms);
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   PreferredSchedulingTerm& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "weight") return Decode(errors, field, at, out.weight);
    if (key == "preference") return Decode(errors, field, at, out.preference);
    return true;
  });
  return read && CheckPreferredWeight(errors, path, out.weight);
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, TaintEffect& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text.empty()) {
    out = TaintEffect::kNone;
  } else if (text == "NoSchedule") {
    out = TaintEffect::kNoSchedule;
  } else if (text == "PreferNoSchedule") {
    out = TaintEffect::kPreferNoSchedule;
  } else if (text == "NoExecute") {
    out = TaintEffect::kNoExecute;
  } else {
    return errors.Fail(path, "unknown taint effect " + Quoted(text));
  }
  return true;
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   TolerationOperator& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text.empty() || text == "Equal") {
    out = TolerationOperator::kEqual;
  } else if (text == "Exists") {
    out = TolerationOperator::kExists;
  } else if (text == "Lt") {
    out = TolerationOperator::kLt;
  } else if (text == "Gt") {
    out = TolerationOperator::kGt;
  } else {
    return errors.Fail(path, "unknown operator " + Quoted(text));
  }
  return true;
}

static bool CheckToleration(DecodeErrors& errors, const Path& path, const Toleration& toleration) {
  if (toleration.key.empty() && toleration.op != TolerationOperator::kExists) {
    return errors.Fail(Path(path, "operator"), "must be Exists when key is empty");
  }
  if (toleration.op == TolerationOperator::kExists && !toleration.value.empty()) {
    return errors.Fail(Path(path, "value"), "must be empty when operator is Exists");
  }
  return true;
}

bool CheckPreferredWeight(DecodeErrors& errors, const Path& path, std::int32_t weight) {
  if (weight >= kMinPreferredWeight && weight <= kMaxPreferredWeight) return true;
  return errors.Fail(Path(path, "weight"), "must be in 1..100, is " + std::to_string(weight));
}

static bool DecodeMetaField(DecodeErrors& errors, JsonValue field, const Path& at,
                            std::string_view key, ObjectMeta& out) {
  if (key == "name") return Decode(errors, field, at, out.name);
  if (key == "namespace") return Decode(errors, field, at, out.namespace_name);
  if (key == "uid") return Decode(errors, field, at, out.uid);
  if (key == "resourceVersion") return Decode(errors, field, at, out.resource_version);
  if (key == "generation") return Decode(errors, field, at, out.generation);
  if (key == "labels") return Decode(errors, field, at, out.labels);
  if (key == "ownerReferences") return Decode(errors, field, at, out.owner_references);
  if (key == "generateName") return Decode(errors, field, at, out.generate_name);
  if (key == "creationTimestamp") return DecodeTime(errors, field, at, out.creation_timestamp);
  if (key == "deletionTimestamp") return DecodeTime(errors, field, at, out.deletion_timestamp);
  return true;
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return DecodeMetaField(errors, field, Path(path, key), key, out);
  });
}

bool DecodeAnnotatedMeta(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "annotations") return Decode(errors, field, at, out.annotations);
    return DecodeMetaField(errors, field, at, key, out);
  });
}

static bool IsPodAnnotation(std::string_view name) {
  return std::ranges::find(kPodAnnotations, name) != kPodAnnotations.end() ||
         std::ranges::find(kTimeAnnotations, name) != kTimeAnnotations.end();
}

bool DecodePodMeta(DecodeErrors& errors, JsonValue value, const Path& path, ObjectMeta& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key != "annotations") return DecodeMetaField(errors, field, at, key, out);
    return DecodeFields(errors, field, at, [&](std::string_view name, JsonValue text) {
      if (!IsPodAnnotation(name)) return true;
      return Decode(errors, text, Path(at, name), out.annotations[name]);
    });
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, LabelSelector& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "matchLabels") return Decode(errors, field, at, out.match_labels);
    if (key == "matchExpressions") {
      return DecodeRequirements(errors, field, at, RequirementScope::kLabelSelector,
                                out.match_expressions);
    }
    return true;
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, NodeAffinity& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "requiredDuringSchedulingIgnoredDuringExecution") {
      return Decode(errors, field, at, out.required);
    }
    if (key == "preferredDuringSchedulingIgnoredDuringExecution") {
      return Decode(errors, field, at, out.preferred);
    }
    return true;
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Taint& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "key") return Decode(errors, field, at, out.key);
    if (key == "value") return Decode(errors, field, at, out.value);
    if (key == "effect") return Decode(errors, field, at, out.effect);
    return true;
  });
  if (!read) return false;
  if (out.key.empty()) return errors.Fail(Path(path, "key"), "is missing");
  return out.effect != TaintEffect::kNone || errors.Fail(Path(path, "effect"), "is missing");
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Toleration& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "key") return Decode(errors, field, at, out.key);
    if (key == "operator") return Decode(errors, field, at, out.op);
    if (key == "value") return Decode(errors, field, at, out.value);
    if (key == "effect") return Decode(errors, field, at, out.effect);
    return true;
  });
  return read && CheckToleration(errors, path, out);
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ResourceRequirements& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "requests") return Decode(errors, field, at, out.requests);
    if (key == "limits") return Decode(errors, field, at, out.limits);
    return true;
  });
}

}  // namespace berth::api
