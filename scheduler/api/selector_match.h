// How selectors match, by strings. Pure functions, safe on any thread.
//
// The rules are those of kube-scheduler 1.36 (apimachinery labels and component-helpers
// nodeaffinity): In: the key is there with one of the values; NotIn: the key is absent or has none
// of them; Exists, DoesNotExist; Gt, Lt: the key is there and its value and the operand are base-10
// int64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/api/selector.h"

namespace berth::api {

// Where a requirement stands decides which operators and values are allowed.
enum class RequirementScope : std::uint8_t { kLabelSelector, kNodeLabels, kNodeFields };

// Operators and number of values as API validation asks for them; nullopt when valid, otherwise the
// problem in a few words. Keys and values are not looked at: see ParseError.
std::optional<std::string> Validate(const Requirement& requirement, RequirementScope scope);

// What keeps the scheduler from making a selector of what the API may have let through (a key or
// value that cannot be a label, an operand that is no int64, a shape that Validate refuses).
// nullopt when it parses.
std::optional<std::string> ParseError(const Requirement& requirement, RequirementScope scope);
std::optional<std::string> ParseError(const LabelSelector& selector);
std::optional<std::string> ParseError(const NodeSelectorTerm& term);

// The rule above alone: a requirement that does not parse matches nothing.
bool Matches(const Requirement& requirement, const StringMap& labels);

// All of matchLabels and matchExpressions; an empty selector matches everything. One that does not
// parse matches nothing.
bool Matches(const LabelSelector& selector, const StringMap& labels);
// An absent selector matches nothing.
inline bool Matches(const std::optional<LabelSelector>& selector, const StringMap& labels) {
  return selector && Matches(*selector, labels);
}

// A plain map (nodeSelector, a Service's selector): every key there with the equal value.
bool MatchesMap(const StringMap& selector, const StringMap& labels);

// An empty term and one that does not parse match no node.
bool Matches(const NodeSelectorTerm& term, const StringMap& labels, std::string_view node_name);
// Any of the terms; without terms no node.
bool Matches(const NodeSelector& selector, const StringMap& labels, std::string_view node_name);

// Names with an optional DNS prefix ("example.com/gpu"), as label keys and resource names have it.
bool IsQualifiedName(std::string_view name);
bool IsLabelValue(std::string_view value);

// "In", "NotIn" ... nullopt for anything else.
std::optional<SelectorOperator> ParseSelectorOperator(std::string_view text);
std::string_view NameOf(SelectorOperator op);

}  // namespace berth::api
