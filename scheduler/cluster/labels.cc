#include "scheduler/cluster/labels.h"

#include <algorithm>
#include <charconv>

#include "scheduler/base/key_builder.h"

namespace berth::cluster {

using api::SelectorOperator;

LabelSets::LabelSets(base::Interner& symbols) : symbols_(symbols) {
  keys_.Intern("");
  sets_.emplace_back();
}

LabelSetId LabelSets::Intern(const api::StringMap& labels) {
  std::string key;
  std::vector<Label> set;
  set.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    set.push_back({symbols_.Intern(name), symbols_.Intern(value)});
    base::AppendKey(key, set.back().key);
    base::AppendKey(key, set.back().value);
  }
  const LabelSetId id = keys_.Intern(key);
  if (id == sets_.size()) sets_.push_back(std::move(set));
  return id;
}

Symbol LabelSets::Value(LabelSetId id, Symbol key) const {
  for (const auto& label : sets_[id]) {
    if (label.key == key) return label.value;
  }
  return base::kNoSymbol;
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool CompiledRequirement::Matches(Symbol value, const base::Interner& symbols) const {
  const bool present = value != base::kNoSymbol;
  switch (op) {
    case SelectorOperator::kIn:
      return present && std::ranges::find(values, value) != values.end();
    case SelectorOperator::kNotIn:
      return !present || std::ranges::find(values, value) == values.end();
    case SelectorOperator::kExists:
      return present;
    case SelectorOperator::kDoesNotExist:
      return !present;
    case SelectorOperator::kGt:
    case SelectorOperator::kLt: {
      if (!present) return false;
      const auto number = ParseInt64(symbols.Text(value));
      if (!number) return false;
      return op == SelectorOperator::kGt ? *number > operand : *number < operand;
    }
  }
  return false;
}

void CompiledRequirement::AppendKey(std::string& out) const {
  base::AppendKey(out, key);
  base::AppendKey(out, op);
  base::AppendKey(out, operand);
  for (const Symbol value : values) base::AppendKey(out, value);
}

std::uint32_t CompiledRequirement::KeySize() const {
  return static_cast<std::uint32_t>(sizeof key + sizeof op + sizeof operand +
                                    values.size() * sizeof(Symbol));
}

std::optional<CompiledRequirement> CompileRequirement(const api::Requirement& requirement,
                                                      base::Interner& symbols) {
  CompiledRequirement compiled;
  compiled.key = symbols.Intern(requirement.key);
  compiled.op = requirement.op;
  if (requirement.op == SelectorOperator::kGt || requirement.op == SelectorOperator::kLt) {
    if (requirement.values.size() != 1) return std::nullopt;
    const auto operand = ParseInt64(requirement.values.front());
    if (!operand) return std::nullopt;
    compiled.operand = *operand;
    return compiled;
  }
  for (const auto& value : requirement.values) compiled.values.push_back(symbols.Intern(value));
  std::ranges::sort(compiled.values);
  return compiled;
}

CompiledSelector CompiledSelector::Compile(const api::StringMap& match_labels,
                                           base::Interner& symbols) {
  CompiledSelector compiled;
  for (const auto& [key, value] : match_labels) {
    compiled.Add({symbols.Intern(key), SelectorOperator::kIn, {symbols.Intern(value)}, 0});
  }
  return compiled;
}

CompiledSelector CompiledSelector::Compile(const std::optional<api::LabelSelector>& selector,
                                           base::Interner& symbols) {
  CompiledSelector compiled;
  if (!selector) {
    compiled.nothing_ = true;
    return compiled;
  }
  compiled = Compile(selector->match_labels, symbols);
  for (const auto& expression : selector->match_expressions) {
    auto requirement = CompileRequirement(expression, symbols);
    if (!requirement) {  // refused on reading; harmless here
      compiled.nothing_ = true;
      return compiled;
    }
    compiled.Add(*std::move(requirement));
  }
  return compiled;
}

bool CompiledSelector::Matches(std::span<const Label> labels, const base::Interner& symbols) const {
  if (nothing_) return false;
  return std::ranges::all_of(requirements_, [&](const CompiledRequirement& requirement) {
    const auto it = std::ranges::find(labels, requirement.key, &Label::key);
    return requirement.Matches(it == labels.end() ? base::kNoSymbol : it->value, symbols);
  });
}

std::optional<Label> CompiledSelector::RequiredLabel() const {
  for (const CompiledRequirement& requirement : requirements_) {
    if (requirement.op != api::SelectorOperator::kIn || requirement.values.size() != 1) continue;
    return Label{requirement.key, requirement.values.front()};
  }
  return std::nullopt;
}

void CompiledSelector::AppendKey(std::string& key) const {
  base::AppendKey(key, nothing_);
  if (requirements_.size() == 1) {  // most have one, and nothing to sort
    base::AppendKey(key, requirements_.front().KeySize());
    return requirements_.front().AppendKey(key);
  }
  std::vector<std::string> parts;
  for (const auto& requirement : requirements_) {
    std::string part;
    requirement.AppendKey(part);
    parts.push_back(std::move(part));
  }
  std::ranges::sort(parts);
  for (const auto& part : parts) base::AppendKey(key, part);
}

}  // namespace berth::cluster
