// When pods come and how long they stay, as their objects tell it. docs/time.md is about the
// annotations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

// Nanoseconds; moments since the beginning.
struct Lifetime {
  std::int64_t arrival = 0;                    // before 0 for pods that run already
  std::optional<std::int64_t> duration = {};   // how long it is on its node; nothing: for good
  std::optional<std::int64_t> departure = {};  // when it left, whenever it began; likewise
};

struct Lifetimes {
  std::string begin;                             // as the input tells the time
  std::int64_t begin_nanoseconds = 0;            // the same as a number
  std::unordered_map<std::string, Lifetime> of;  // by namespace/name

  // Of a pod that nothing is known of: there from the beginning, for good.
  Lifetime Of(const std::string& key) const {
    const auto it = of.find(key);
    return it == of.end() ? Lifetime{} : it->second;
  }
};

// The beginning is when the first pod without a node arrives; pods that do not say when are there
// from the beginning. Errors name file, object and field: text that is no time, what ends before it
// begins, dates and seconds of a trace in one input, more than a hundred years between two pods,
// and input in which no pod says anything.
base::Result<Lifetimes> ReadLifetimes(const api::ClusterObjects& objects);

}  // namespace berth::simulate
