#include "scheduler/api/object_text.h"

#include <array>

#include "scheduler/api/quantity.h"

namespace berth::api {
namespace {

bool IsCountedInBytes(std::string_view resource) {
  return resource == "memory" || resource == "ephemeral-storage" ||
         resource.starts_with("hugepages-");
}

// With the largest unit that leaves an integer, as Kubernetes writes quantities of bytes.
std::string BytesText(std::int64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + std::string(kUnits[unit]);
}

std::string Joined(const std::vector<std::string>& values) {
  std::string joined;
  for (const auto& value : values) joined += (joined.empty() ? "" : ",") + value;
  return joined;
}

}  // namespace

std::string_view NameOf(TaintEffect effect) {
  switch (effect) {
    case TaintEffect::kNoSchedule:
      return "NoSchedule";
    case TaintEffect::kPreferNoSchedule:
      return "PreferNoSchedule";
    case TaintEffect::kNoExecute:
      return "NoExecute";
    case TaintEffect::kNone:
      break;
  }
  return "";
}

std::string TextOf(const Taint& taint) {
  std::string text = taint.key;
  if (!taint.value.empty()) text += "=" + taint.value;
  return text + ":" + std::string(NameOf(taint.effect));
}

std::string TextOf(const Requirement& requirement) {
  switch (requirement.op) {
    case SelectorOperator::kIn:
      return requirement.key + " in (" + Joined(requirement.values) + ")";
    case SelectorOperator::kNotIn:
      return requirement.key + " notin (" + Joined(requirement.values) + ")";
    case SelectorOperator::kExists:
      return requirement.key;
    case SelectorOperator::kDoesNotExist:
      return "!" + requirement.key;
    case SelectorOperator::kGt:
      return requirement.key + " > " + Joined(requirement.values);
    case SelectorOperator::kLt:
      return requirement.key + " < " + Joined(requirement.values);
  }
  return requirement.key;
}

std::string TextOf(const std::optional<LabelSelector>& selector) {
  if (!selector) return "nothing";
  if (selector->empty()) return "everything";
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ",") + part; };
  for (const auto& [key, value] : selector->match_labels) add(key + "=" + value);
  for (const auto& requirement : selector->match_expressions) add(TextOf(requirement));
  return text;
}

std::string AmountText(std::string_view resource, std::int64_t amount) {
  if (IsCountedInBytes(resource)) return BytesText(amount);
  return resource == "cpu" ? Quantity::FromMilli(amount).ToString() : std::to_string(amount);
}

}  // namespace berth::api
