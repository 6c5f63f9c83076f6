#include "scheduler/api/selector_match.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace berth::api {
namespace {

constexpr std::size_t kMaxNameBytes = 63;
constexpr std::size_t kMaxPrefixBytes = 253;
constexpr std::string_view kNodeNameField = "metadata.name";

constexpr std::array<std::pair<SelectorOperator, std::string_view>, 6> kOperatorNames = {{
    {SelectorOperator::kIn, "In"},
    {SelectorOperator::kNotIn, "NotIn"},
    {SelectorOperator::kExists, "Exists"},
    {SelectorOperator::kDoesNotExist, "DoesNotExist"},
    {SelectorOperator::kGt, "Gt"},
    {SelectorOperator::kLt, "Lt"},
}};

bool IsSetOperator(SelectorOperator op) {
  return op == SelectorOperator::kIn || op == SelectorOperator::kNotIn;
}
bool IsOrderOperator(SelectorOperator op) {
  return op == SelectorOperator::kGt || op == SelectorOperator::kLt;
}

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlphanumeric(char c) {
  return IsLower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool IsLowerAlphanumeric(char c) { return IsLower(c) || (c >= '0' && c <= '9'); }

// Letters and digits, and in between also - _ .
bool IsName(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  if (!IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  return std::ranges::all_of(
      text, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsDnsLabel(std::string_view text) {
  if (text.empty() || !IsLowerAlphanumeric(text.front()) || !IsLowerAlphanumeric(text.back())) {
    return false;
  }
  return std::ranges::all_of(text, [](char c) { return IsLowerAlphanumeric(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view text) {
  if (text.size() > kMaxPrefixBytes) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!IsDnsLabel(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// Base-10 int64 with an optional sign, as Go's strconv.ParseInt reads it.
std::optional<std::int64_t> ParseInt64(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool Contains(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

bool MatchesOrder(const Requirement& requirement, const std::string& value) {
  const auto left = ParseInt64(value);
  const auto right = ParseInt64(requirement.values.front());
  if (!left || !right) return false;
  return requirement.op == SelectorOperator::kGt ? *left > *right : *left < *right;
}

// For a requirement that parses; `value` is nullptr when the key is absent.
bool MatchesValue(const Requirement& requirement, const std::string* value) {
  switch (requirement.op) {
    case SelectorOperator::kIn:
      return value != nullptr && Contains(requirement.values, *value);
    case SelectorOperator::kNotIn:
      return value == nullptr || !Contains(requirement.values, *value);
    case SelectorOperator::kExists:
      return value != nullptr;
    case SelectorOperator::kDoesNotExist:
      return value == nullptr;
    case SelectorOperator::kGt:
    case SelectorOperator::kLt:
      return value != nullptr && MatchesOrder(requirement, *value);
  }
  return false;
}

// A field other than metadata.name is known to no node: its value is empty, not absent.
bool MatchesField(const Requirement& requirement, std::string_view node_name) {
  const std::string value(requirement.key == kNodeNameField ? node_name : std::string_view());
  return MatchesValue(requirement, &value);
}

std::optional<std::string> LabelParseError(const Requirement& requirement) {
  if (!IsQualifiedName(requirement.key)) return "a key cannot be a label's";
  if (IsOrderOperator(requirement.op) && !ParseInt64(requirement.values.front())) {
    return "an operand of Gt or Lt is not an integer of 64 bits";
  }
  if (!std::ranges::all_of(requirement.values, IsLabelValue)) {
    return "a value cannot be a label's";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Validate(const Requirement& requirement, RequirementScope scope) {
  const std::size_t values = requirement.values.size();
  const std::string op(NameOf(requirement.op));
  if (scope == RequirementScope::kNodeFields) {
    if (!IsSetOperator(requirement.op)) return "operator " + op + " is not allowed on fields";
    if (values != 1) return "operator " + op + " on a field needs exactly one value";
    return std::nullopt;
  }
  if (IsOrderOperator(requirement.op)) {
    if (scope == RequirementScope::kLabelSelector) return "operator " + op + " is not allowed here";
    if (values != 1) return "operator " + op + " needs exactly one value";
  } else if (IsSetOperator(requirement.op)) {
    if (values == 0) return "operator " + op + " needs at least one value";
  } else if (values != 0) {
    return "operator " + op + " takes no values";
  }
  return std::nullopt;
}

std::optional<std::string> ParseError(const Requirement& requirement, RequirementScope scope) {
  if (auto problem = Validate(requirement, scope)) return problem;
  if (scope == RequirementScope::kNodeFields) return std::nullopt;
  return LabelParseError(requirement);
}

std::optional<std::string> ParseError(const LabelSelector& selector) {
  for (const auto& [key, value] : selector.match_labels) {
    if (!IsQualifiedName(key)) return "a key cannot be a label's";
    if (!IsLabelValue(value)) return "a value cannot be a label's";
  }
  for (const Requirement& requirement : selector.match_expressions) {
    if (auto problem = ParseError(requirement, RequirementScope::kLabelSelector)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> ParseError(const NodeSelectorTerm& term) {
  for (const Requirement& requirement : term.match_expressions) {
    if (auto problem = ParseError(requirement, RequirementScope::kNodeLabels)) return problem;
  }
  for (const Requirement& requirement : term.match_fields) {
    if (auto problem = ParseError(requirement, RequirementScope::kNodeFields)) return problem;
  }
  return std::nullopt;
}

bool Matches(const Requirement& requirement, const StringMap& labels) {
  if (ParseError(requirement, RequirementScope::kNodeLabels)) return false;
  return MatchesValue(requirement, labels.Find(requirement.key));
}

bool Matches(const LabelSelector& selector, const StringMap& labels) {
  if (ParseError(selector)) return false;
  return MatchesMap(selector.match_labels, labels) &&
         std::ranges::all_of(selector.match_expressions, [&](const Requirement& requirement) {
           return MatchesValue(requirement, labels.Find(requirement.key));
         });
}

bool MatchesMap(const StringMap& selector, const StringMap& labels) {
  return std::ranges::all_of(selector, [&](const StringMap::Entry& entry) {
    const std::string* value = labels.Find(entry.first);
    return value != nullptr && *value == entry.second;
  });
}

bool Matches(const NodeSelectorTerm& term, const StringMap& labels, std::string_view node_name) {
  if (term.match_expressions.empty() && term.match_fields.empty()) return false;
  if (ParseError(term)) return false;
  return std::ranges::all_of(term.match_expressions,
                             [&](const Requirement& requirement) {
                               return MatchesValue(requirement, labels.Find(requirement.key));
                             }) &&
         std::ranges::all_of(term.match_fields, [&](const Requirement& requirement) {
           return MatchesField(requirement, node_name);
         });
}

bool Matches(const NodeSelector& selector, const StringMap& labels, std::string_view node_name) {
  return std::ranges::any_of(selector.terms, [&](const NodeSelectorTerm& term) {
    return Matches(term, labels, node_name);
  });
}

bool IsQualifiedName(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return IsName(name);
  return IsDnsSubdomain(name.substr(0, slash)) && IsName(name.substr(slash + 1));
}

bool IsLabelValue(std::string_view value) { return value.empty() || IsName(value); }

std::optional<SelectorOperator> ParseSelectorOperator(std::string_view text) {
  for (const auto& [op, name] : kOperatorNames) {
    if (name == text) return op;
  }
  return std::nullopt;
}

std::string_view NameOf(SelectorOperator op) {
  return kOperatorNames[static_cast<std::size_t>(op)].second;
}

}  // namespace berth::api
