// The inter-pod affinity terms that pods on nodes carry, and what they mean for a pod to come.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_matcher.h"
#include "scheduler/cluster/value_sums.h"

namespace berth::cluster {

using TermId = std::uint32_t;

enum class TermRole : std::uint8_t { kRequiredAntiAffinity, kRequiredAffinity, kPreferred };
inline constexpr std::size_t kTermRoleCount = 3;

// A term as a pod on a node carries it. The weight is 1 for required terms, the term's own for
// preferred affinity and its negative for preferred anti-affinity.
struct CarriedTerm {
  TermId term;
  TermRole role;
  std::int64_t weight;
};

// A term that pods may carry: whom it means, and within which domain.
struct AffinityTerm {
  PodMatcher matcher;
  Symbol topology_key;
};

// The sums of the weights of the carried terms that match pods of one namespace and label set,
// by role, topology key and label value. Brings itself up to date from the log of AffinityTerms.
class MatchingTerms {
 public:
  struct KeySums {
    const LabelColumn* column;
    ValueSums sums;             // entry kNoValue stays 0
    std::int64_t carriers = 0;  // terms, each as often as it is carried in a domain
  };

  // One entry a topology key.
  // References stay valid; entries are never taken away.
  const std::deque<KeySums>& Of(TermRole role) const {
    return by_role_[static_cast<std::size_t>(role)];
  }

 private:
  friend class AffinityTerms;

  Symbol namespace_name_ = base::kNoSymbol;
  LabelSetId labels_ = kNoLabels;
  std::vector<std::int8_t> matches_;  // by TermId, as far as looked at
  std::deque<KeySums> by_role_[kTermRoleCount];
  std::uint64_t seen_ = 0;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
  std::uint64_t namespace_version_ = ~std::uint64_t{0};
};

// All terms that are carried. Not thread-safe.
class AffinityTerms {
 public:
  AffinityTerms(const base::Interner& symbols, const LabelSets& label_sets, NodeTable& nodes)
      : symbols_(symbols), label_sets_(label_sets), nodes_(nodes) {}

  TermId Intern(AffinityTerm term);

  void AddPod(const std::vector<CarriedTerm>& terms, NodeIndex row) { Change(terms, row, 1); }
  void RemovePod(const std::vector<CarriedTerm>& terms, NodeIndex row) { Change(terms, row, -1); }

  // Tells the labels of a namespace; they decide what namespace selectors of carried terms take.
  void SetNamespaceLabels(Symbol name, LabelSetId labels);
  LabelSetId NamespaceLabels(Symbol name) const;

  // The sums for pods of a namespace and label set, to be refreshed before use. The reference stays
  // valid.
  MatchingTerms& Matching(Symbol namespace_name, LabelSetId labels);
  void Refresh(MatchingTerms& matching);

 private:
  struct Event {
    TermId term;
    TermRole role;
    std::int8_t direction;
    NodeIndex node;
    std::int64_t weight;
  };
  struct Carried {
    std::int64_t weight = 0;
    std::int64_t count = 0;
  };
  struct Term {
    AffinityTerm term;
    boost::unordered_flat_map<NodeIndex, Carried> by_node[kTermRoleCount];
  };

  void Change(const std::vector<CarriedTerm>& terms, NodeIndex row, int direction);
  bool Matches(MatchingTerms& matching, TermId term);
  void SumAnew(MatchingTerms& matching);
  void Add(MatchingTerms& matching, TermId term, TermRole role, NodeIndex row, std::int64_t weight,
           std::int64_t count);

  const base::Interner& symbols_;
  const LabelSets& label_sets_;
  NodeTable& nodes_;
  base::Interner term_keys_;
  std::deque<Term> terms_;
  std::vector<Event> log_;
  std::uint64_t log_start_ = 0;
  boost::unordered_flat_map<Symbol, LabelSetId> namespace_labels_;
  std::uint64_t namespace_version_ = 0;
  std::map<std::pair<Symbol, LabelSetId>, std::unique_ptr<MatchingTerms>> matching_;
};

}  // namespace berth::cluster
