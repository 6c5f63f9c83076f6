#include "tests/fuzz/api_entries.h"

#include <string>
#include <vector>

#include "scheduler/api/defaults.h"
#include "scheduler/api/quantity.h"
#include "scheduler/api/reader.h"
#include "scheduler/api/selector_match.h"
#include "scheduler/api/yaml_to_json.h"
#include "scheduler/base/check.h"
#include "scheduler/base/executor.h"

namespace berth::fuzz {
namespace {

using api::Requirement;
using api::RequirementScope;
using api::SelectorOperator;

// "ok" with the numbers of objects, or the error.
std::string Outcome(const api::PaddedText& text) {
  static const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  if (const auto read = reader.ReadJson(text, "input"); !read) return read.error().message();
  api::ClusterObjects objects = reader.Take();
  const auto defaulted = api::ApplyDefaults(objects, reader.specs());
  if (!defaulted) return defaulted.error().message();
  return "ok " + std::to_string(objects.pods.size()) + " " + std::to_string(objects.nodes.size());
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const auto newline = text.find('\n');
    lines.emplace_back(text.substr(0, newline));
    if (newline == std::string_view::npos) return lines;
    text.remove_prefix(newline + 1);
  }
}

void CheckOpposites(SelectorOperator one, SelectorOperator other, const std::string& key,
                    const std::vector<std::string>& values, const api::StringMap& labels) {
  const Requirement first{key, one, values};
  const Requirement second{key, other, values};
  const bool parses = !api::ParseError(first, RequirementScope::kNodeLabels);
  BERTH_CHECK(parses == !api::ParseError(second, RequirementScope::kNodeLabels));
  const bool matches = api::Matches(first, labels);
  BERTH_CHECK(parses ? matches != api::Matches(second, labels) : !matches);
}

}  // namespace

void TryJson(std::string_view text) {
  const api::PaddedText padded(text);
  BERTH_CHECK(Outcome(padded) == Outcome(padded));
}

void TryYaml(std::string_view text) {
  const api::YamlLimits limits{.alias_bytes = 1 << 20};
  const auto json = api::YamlToJson(text, limits);
  if (!json) return;
  BERTH_CHECK(Outcome(*json).find("malformed JSON") == std::string::npos);
}

void TryQuantity(std::string_view text) {
  const auto quantity = api::Quantity::Parse(text);
  if (!quantity) return;
  const auto again = api::Quantity::Parse(quantity->ToString());
  BERTH_CHECK(again && *again == *quantity);
  BERTH_CHECK(quantity->IsNegative() == (quantity->Value() < 0));
}

void TrySelector(std::string_view text) {
  std::vector<std::string> lines = Lines(text);
  lines.resize(std::max<std::size_t>(lines.size(), 2));
  const std::string key = lines[0];
  api::StringMap labels;
  if (lines[1] != "-") labels[key] = lines[1];
  const std::vector<std::string> values(lines.begin() + 2, lines.end());
  CheckOpposites(SelectorOperator::kIn, SelectorOperator::kNotIn, key, values, labels);
  CheckOpposites(SelectorOperator::kExists, SelectorOperator::kDoesNotExist, key, {}, labels);
  const bool greater = api::Matches(Requirement{key, SelectorOperator::kGt, values}, labels);
  const bool less = api::Matches(Requirement{key, SelectorOperator::kLt, values}, labels);
  BERTH_CHECK(!(greater && less));
}

}  // namespace berth::fuzz
