// Label sets and label selectors over symbols.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/api/selector.h"
#include "scheduler/base/interner.h"

namespace berth::cluster {

using base::Symbol;

struct Label {
  Symbol key;
  Symbol value;
  friend bool operator==(const Label&, const Label&) = default;
};

// A distinct set of labels, numbered from 0 in order of first sight. 0 is the empty set.
using LabelSetId = std::uint32_t;
inline constexpr LabelSetId kNoLabels = 0;

// Gives each distinct set of labels its number. Not thread-safe for writing.
class LabelSets {
 public:
  explicit LabelSets(base::Interner& symbols);

  LabelSetId Intern(const api::StringMap& labels);
  std::span<const Label> Get(LabelSetId id) const { return sets_[id]; }
  // kNoSymbol when the set has no such key.
  Symbol Value(LabelSetId id, Symbol key) const;
  std::size_t size() const { return sets_.size(); }

 private:
  base::Interner& symbols_;
  base::Interner keys_;  // the set spelled out, as bytes
  std::deque<std::vector<Label>> sets_;
};

// A requirement over symbols. Gt and Lt keep their operand as a number.
struct CompiledRequirement {
  Symbol key = base::kNoSymbol;
  api::SelectorOperator op = api::SelectorOperator::kIn;
  std::vector<Symbol> values;
  std::int64_t operand = 0;

  // `value` is kNoSymbol where the label is absent.
  bool Matches(Symbol value, const base::Interner& symbols) const;

  // All of it as bytes, so many.
  void AppendKey(std::string& out) const;
  std::uint32_t KeySize() const;
};

// A label selector over symbols.
class CompiledSelector {
 public:
  // An absent selector matches nothing, an empty one everything.
  static CompiledSelector Compile(const std::optional<api::LabelSelector>& selector,
                                  base::Interner& symbols);
  static CompiledSelector Compile(const api::StringMap& match_labels, base::Interner& symbols);

  void Add(CompiledRequirement requirement) { requirements_.push_back(std::move(requirement)); }

  bool Matches(std::span<const Label> labels, const base::Interner& symbols) const;
  bool MatchesNothing() const { return nothing_; }
  bool MatchesEverything() const { return !nothing_ && requirements_.empty(); }
  // A label without which nothing matches, if there is one to be told: what an index goes by.
  std::optional<Label> RequiredLabel() const;

  // Equal text for equal selectors (requirements in canonical order); appended to `key`.
  void AppendKey(std::string& key) const;

 private:
  bool nothing_ = false;
  std::vector<CompiledRequirement> requirements_;
};

// Base-10 int64 as Go's strconv.ParseInt reads it: an optional sign and digits, nothing else.
std::optional<std::int64_t> ParseInt64(std::string_view text);

// Nothing if the requirement cannot be used at all (Gt or Lt without exactly one integer).
std::optional<CompiledRequirement> CompileRequirement(const api::Requirement& requirement,
                                                      base::Interner& symbols);

}  // namespace berth::cluster
