#include "scheduler/simulate/lifetimes.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "scheduler/api/rfc3339.h"
#include "scheduler/api/time_names.h"
#include "scheduler/base/text.h"
#include "scheduler/config/duration.h"

namespace berth::simulate {
namespace {

using api::kArrivalAnnotation;
using api::kCreationTimeAnnotation;
using api::kDeletionTimeAnnotation;
using api::kDurationAnnotation;
using api::kScheduledTimeAnnotation;
using api::Pod;
using base::Fail;
using base::Result;

constexpr std::int64_t kSecond = 1'000'000'000;
// A hundred years: far from the ends of what nanoseconds can count.
constexpr std::int64_t kMost = std::int64_t{100} * 366 * 24 * 3600 * kSecond;

std::string FieldOf(std::string_view annotation) {
  return "metadata.annotations[" + std::string(annotation) + "]";
}

std::string Quoted(std::string_view text) {
  return "\"" + base::Printable(text.substr(0, 80)) + "\"";
}

std::unexpected<base::Error> FailAt(std::string_view annotation, const std::string& what) {
  return Fail(FieldOf(annotation) + ": " + what);
}

// Digits alone.
std::optional<std::int64_t> ParseSeconds(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  if (seconds > kMost / kSecond) return std::nullopt;
  return seconds * kSecond;
}

using Moment = std::optional<std::int64_t>;

// The two ways in which an annotation tells a time.
Result<Moment> ReadSeconds(const Pod& pod, std::string_view annotation) {
  const std::string* text = pod.meta.annotations.Find(annotation);
  if (text == nullptr) return std::nullopt;
  if (const auto seconds = ParseSeconds(*text)) return seconds;
  return FailAt(annotation, Quoted(*text) + " is not a number of seconds from 0 to " +
                                std::to_string(kMost / kSecond));
}

Result<Moment> ReadDuration(const Pod& pod, std::string_view annotation) {
  const std::string* text = pod.meta.annotations.Find(annotation);
  if (text == nullptr) return std::nullopt;
  if (const auto seconds = ParseSeconds(*text)) return seconds;
  const auto duration = config::ParseDuration(*text);
  if (!duration) {
    return FailAt(annotation,
                  Quoted(*text) + " is neither a duration such as 1h30m nor a number of seconds");
  }
  if (duration->count() >= 0 && duration->count() <= kMost) return duration->count();
  return FailAt(annotation, Quoted(*text) + " is not within 0 and 100 years");
}

// What one pod says, on the clock of the input.
struct Told {
  Moment arrival;
  bool is_date = false;  // the arrival
  std::string field;     // that tells it
  Moment duration;
  Moment departure;  // after the arrival
};

Result<void> CheckOrder(const Moment& before, std::string_view before_name, const Moment& after,
                        std::string_view after_name) {
  if (!before || !after || *before <= *after) return {};
  return FailAt(after_name, std::to_string(*after / kSecond) + " is before " +
                                std::to_string(*before / kSecond) + " of " + FieldOf(before_name));
}

// The columns of a trace.
Result<void> ReadTrace(const Pod& pod, Told& told) {
  BERTH_ASSIGN(const Moment created, ReadSeconds(pod, kCreationTimeAnnotation));
  BERTH_ASSIGN(const Moment scheduled, ReadSeconds(pod, kScheduledTimeAnnotation));
  BERTH_ASSIGN(const Moment deleted, ReadSeconds(pod, kDeletionTimeAnnotation));
  BERTH_TRY(CheckOrder(created, kCreationTimeAnnotation, scheduled, kScheduledTimeAnnotation));
  BERTH_TRY(CheckOrder(created, kCreationTimeAnnotation, deleted, kDeletionTimeAnnotation));
  BERTH_TRY(CheckOrder(scheduled, kScheduledTimeAnnotation, deleted, kDeletionTimeAnnotation));
  if (!created) {
    if (!deleted && !scheduled) return {};
    return FailAt(deleted ? kDeletionTimeAnnotation : kScheduledTimeAnnotation,
                  "needs " + FieldOf(kCreationTimeAnnotation) + " beside it");
  }
  told.arrival = created;
  told.field = FieldOf(kCreationTimeAnnotation);
  if (!deleted) return {};
  told.departure = *deleted - *created;
  told.duration = *deleted - scheduled.value_or(*created);
  return {};
}

Result<Told> ReadPod(const Pod& pod) {
  Told told;
  BERTH_TRY(ReadTrace(pod, told));
  BERTH_ASSIGN(const Moment arrival, ReadDuration(pod, kArrivalAnnotation));
  if (arrival) {
    told.arrival = arrival;
    told.field = FieldOf(kArrivalAnnotation);
  } else if (!told.arrival && pod.meta.creation_timestamp) {
    told.arrival = pod.meta.creation_timestamp;
    told.is_date = true;
    told.field = "metadata.creationTimestamp";
  }
  BERTH_ASSIGN(const Moment duration, ReadDuration(pod, kDurationAnnotation));
  if (duration) told.departure = told.duration = duration;
  return told;
}

// What all pods of the input say.
class Reading {
 public:
  explicit Reading(const api::ClusterObjects& objects) : objects_(objects) {}

  Result<Lifetimes> Read() {
    for (std::size_t i = 0; i < objects_.pods.size(); ++i) {
      auto told = ReadPod(objects_.pods[i]);
      if (!told) return FailIn(i, told.error().message());
      told_.push_back(*std::move(told));
    }
    BERTH_TRY(CheckClocks());
    Lifetimes lifetimes;
    lifetimes.begin_nanoseconds = Begin();
    lifetimes.begin = clock_ && told_[*clock_].is_date
                          ? api::FormatRfc3339(lifetimes.begin_nanoseconds)
                          : std::to_string(lifetimes.begin_nanoseconds / kSecond);
    for (std::size_t i = 0; i < told_.size(); ++i) {
      BERTH_ASSIGN(const Lifetime lifetime, LifetimeOf(i, lifetimes.begin_nanoseconds));
      lifetimes.of.emplace(objects_.pods[i].Key(), lifetime);
    }
    return lifetimes;
  }

 private:
  std::unexpected<base::Error> FailIn(std::size_t pod, const std::string& what) const {
    return Fail(objects_.SourceOf(objects_.pod_origins[pod]) + ": Pod " + objects_.pods[pod].Key() +
                ": " + what);
  }

  // All moments are told by one clock.
  Result<void> CheckClocks() {
    bool any = false;
    for (std::size_t i = 0; i < told_.size(); ++i) {
      any |= told_[i].arrival || told_[i].duration;
      if (!told_[i].arrival) continue;
      if (!clock_) clock_ = i;
      const Told& first = told_[*clock_];
      if (told_[i].is_date == first.is_date) continue;
      return FailIn(i, told_[i].field + ": is " + (first.is_date ? "seconds" : "a date") +
                           ", whereas that of Pod " + objects_.pods[*clock_].Key() + " (" +
                           first.field + ") is " + (first.is_date ? "a date" : "seconds") +
                           "; one input has one clock");
    }
    if (any || objects_.pods.empty()) return {};
    return Fail("no pod says when it arrives or how long it runs: none has metadata." +
                std::string("creationTimestamp, or annotations ") +
                std::string(kArrivalAnnotation) + ", " + std::string(kDurationAnnotation) + " or " +
                std::string(kCreationTimeAnnotation));
  }

  // The clock of a trace begins at 0 for those that are there from the beginning.
  std::int64_t Begin() const {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < told_.size(); ++i) {
      if (!objects_.pods[i].node_name.empty()) continue;
      if (told_[i].arrival) {
        first = std::min(first, *told_[i].arrival);
      } else if (!clock_ || !told_[*clock_].is_date) {
        return 0;
      }
    }
    if (first != std::numeric_limits<std::int64_t>::max()) return first;
    return clock_ ? *told_[*clock_].arrival : 0;
  }

  Result<Lifetime> LifetimeOf(std::size_t i, std::int64_t begin) const {
    const Told& told = told_[i];
    Lifetime lifetime{.duration = told.duration};
    if (told.arrival) {
      std::int64_t since = 0;
      const bool overflows = __builtin_sub_overflow(*told.arrival, begin, &since);
      if (overflows || since > kMost || since < -kMost) {
        return FailIn(i, told.field + ": is more than 100 years from the first arrival");
      }
      lifetime.arrival = since;
    }
    if (told.departure) lifetime.departure = lifetime.arrival + *told.departure;
    return lifetime;
  }

  const api::ClusterObjects& objects_;
  std::vector<Told> told_;            // as the pods
  std::optional<std::size_t> clock_;  // the first pod that tells a moment
};

}  // namespace

Result<Lifetimes> ReadLifetimes(const api::ClusterObjects& objects) {
  return Reading(objects).Read();
}

}  // namespace berth::simulate
