#include "bench/workloads/pod_fields.h"

#include <string>
#include <vector>

#include "scheduler/config/field_error.h"

namespace berth::bench {
namespace {

using base::Result;
using config::Field;
using config::ReadList;
using config::ReadObject;
using config::Value;

Result<void> Text(const Field& field) {
  std::string text;
  return config::Read(field, text);
}

Result<void> Number(const Field& field) {
  std::int32_t number = 0;
  return config::Read(field, number);
}

Result<void> Texts(const Field& field) { return ReadList(field, Text); }

Result<void> Requirement(const Field& field) {
  return ReadObject(field, {{"key", Text}, {"operator", Text}, {"values", Texts}});
}

Result<void> Requirements(const Field& field) { return ReadList(field, Requirement); }

Result<void> LabelSelector(const Field& field) {
  return ReadObject(field, {{"matchLabels", CheckTexts}, {"matchExpressions", Requirements}});
}

Result<void> NodeTerm(const Field& field) {
  return ReadObject(field, {{"matchExpressions", Requirements}, {"matchFields", Requirements}});
}

Result<void> PreferredNodeTerm(const Field& field) {
  return ReadObject(field, {{"weight", Number}, {"preference", NodeTerm}});
}

Result<void> PodTerm(const Field& field) {
  return ReadObject(field, {{"labelSelector", LabelSelector},
                            {"namespaces", Texts},
                            {"namespaceSelector", LabelSelector},
                            {"topologyKey", Text},
                            {"matchLabelKeys", Texts},
                            {"mismatchLabelKeys", Texts}});
}

Result<void> PreferredPodTerm(const Field& field) {
  return ReadObject(field, {{"weight", Number}, {"podAffinityTerm", PodTerm}});
}

Result<void> NodeSelector(const Field& field) {
  return ReadObject(
      field, {{"nodeSelectorTerms", [](const Field& terms) { return ReadList(terms, NodeTerm); }}});
}

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

Result<void> NodeAffinity(const Field& field) {
  return ReadObject(field, {{kRequired, NodeSelector}, {kPreferred, [](const Field& terms) {
                                                          return ReadList(terms, PreferredNodeTerm);
                                                        }}});
}

Result<void> PodAffinity(const Field& field) {
  return ReadObject(
      field, {{kRequired, [](const Field& terms) { return ReadList(terms, PodTerm); }},
              {kPreferred, [](const Field& terms) { return ReadList(terms, PreferredPodTerm); }}});
}

Result<void> Affinity(const Field& field) {
  return ReadObject(field, {{"nodeAffinity", NodeAffinity},
                            {"podAffinity", PodAffinity},
                            {"podAntiAffinity", PodAffinity}});
}

Result<void> Toleration(const Field& field) {
  return ReadObject(field, {{"key", Text}, {"operator", Text}, {"value", Text}, {"effect", Text}});
}

Result<void> SpreadConstraint(const Field& field) {
  return ReadObject(field, {{"maxSkew", Number},
                            {"topologyKey", Text},
                            {"whenUnsatisfiable", Text},
                            {"labelSelector", LabelSelector},
                            {"minDomains", Number},
                            {"nodeAffinityPolicy", Text},
                            {"nodeTaintsPolicy", Text},
                            {"matchLabelKeys", Texts}});
}

Result<void> Taint(const Field& field) {
  return ReadObject(field, {{"key", Text}, {"value", Text}, {"effect", Text}});
}

Result<void> Amount(const Field& field) {
  if (field.value.As<std::int64_t>() != nullptr) return {};
  return Text(field);
}

Result<void> CheckMembers(const Field& field, const config::FieldReader& check) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return config::FieldError(field.path, "must be a map");
  for (const auto& [name, value] : *map) {
    BERTH_TRY(check({value, config::ChildPath(field.path, name)}));
  }
  return {};
}

}  // namespace

Result<void> CheckTexts(const Field& map) { return CheckMembers(map, Text); }

Result<void> CheckAmounts(const Field& map) { return CheckMembers(map, Amount); }

Result<void> CheckTaints(const Field& taints) { return ReadList(taints, Taint); }

Result<void> CheckPodSpec(const Field& spec) {
  return ReadObject(spec,
                    {{"affinity", Affinity},
                     {"tolerations", [](const Field& list) { return ReadList(list, Toleration); }},
                     {"nodeSelector", CheckTexts},
                     {"priority", Number},
                     {"topologySpreadConstraints",
                      [](const Field& list) { return ReadList(list, SpreadConstraint); }}});
}

}  // namespace berth::bench
