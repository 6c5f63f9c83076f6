// Replacements of names that keep what scheduling sees of them: which are equal, and how those of
// one kind are sorted.
//
// A name becomes "PREFIX-RANK-HASH": its place among all names of its kind, sorted, and the keyed
// hash of the name, by which two files that were anonymised with the same key can be held against
// each other. Words that Kubernetes itself gives a meaning stay, as do numbers that are compared.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/record/keyed_hash.h"
#include "scheduler/record/project.h"

namespace berth::record {

// Names that are put together from others, as controllers do: of a claim, the pod and its volume.
using NameParts = std::vector<std::pair<TextKind, std::string>>;

// First shown every object, then asked for names.
class Names final : public Texts {
 public:
  // Of `keep`, each is a word that stays whatever it names, or with '/' at the end a domain of
  // label keys and resources.
  Names(KeyedHash hash, std::vector<std::string> keep);

  // A claim's name that is made of others. Fails where it was said to be made of something else.
  base::Result<void> AddClaim(const std::string& name, NameParts parts);

  // From now on, replacements are given.
  void Finish();

  std::string Of(TextKind kind, std::string_view text) override;
  std::string LabelValue(std::string_view key, std::string_view value) override;
  void ComparesNumbers(std::string_view key) override { compared_.emplace(key); }

 private:
  using Replacements = std::map<std::string, std::string, std::less<>>;
  static constexpr auto kKinds = static_cast<std::size_t>(TextKind::kNames);

  bool Stays(TextKind kind, std::string_view text) const;
  bool IsKept(std::string_view text) const;
  std::string ValueOf(std::string_view key, std::string_view value);

  KeyedHash hash_;
  std::set<std::string, std::less<>> keep_;
  bool finished_ = false;
  std::array<Replacements, kKinds> replacements_;
  std::map<std::string, NameParts, std::less<>> claims_;
  std::set<std::string, std::less<>> compared_;
};

}  // namespace berth::record
