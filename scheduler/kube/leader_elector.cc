#include "scheduler/kube/leader_elector.h"

#include <algorithm>
#include <utility>

#include "scheduler/base/check.h"
#include "scheduler/base/log.h"
#include "scheduler/kube/event_time.h"
#include "scheduler/kube/event_uuid.h"

namespace berth::kube {
namespace {

using base::Clock;

constexpr auto kNever = Clock::Steady::min();
// Retries come after up to 1 + 1.2 times the period, so that waiting processes do not stay in step.
constexpr std::uint64_t kJitterTenths = 12;

Event LeaseEvent(const LeaseSettings& settings, std::string_view controller,
                 std::string_view what) {
  return {.regarding = {.kind = "Lease",
                        .namespace_name = settings.namespace_name,
                        .name = settings.name,
                        .api_version = "coordination.k8s.io/v1"},
          .reason = "LeaderElection",
          .note = settings.identity + std::string(what),
          .controller = std::string(controller),
          .core_only = true};
}

}  // namespace

std::string LeaderIdentity(std::string_view hostname, base::Random& random) {
  return std::string(hostname) + "_" + RandomUuid(random);
}

Event BecameLeaderEvent(const LeaseSettings& settings, std::string_view controller) {
  return LeaseEvent(settings, controller, " became leader");
}

Event StoppedLeadingEvent(const LeaseSettings& settings, std::string_view controller) {
  return LeaseEvent(settings, controller, " stopped leading");
}

LeaderElector::LeaderElector(LeaseSettings settings, const Clock& clock, std::uint64_t seed)
    : settings_(std::move(settings)),
      clock_(clock),
      random_(seed),
      lock_(settings_.namespace_name + "/" + settings_.name),
      path_("/apis/coordination.k8s.io/v1/namespaces/" + settings_.namespace_name + "/leases"),
      wake_(clock.Now()) {
  BERTH_CHECK(!settings_.identity.empty());
  SetDeadline(kNever);
}

// ---- What to send ----

std::optional<Request> LeaderElector::Tick() {
  if (phase_ == Phase::kLeading && clock_.Now() >= lost_at_) Lose();
  if (phase_ == Phase::kLost || phase_ == Phase::kStopped) return std::nullopt;
  if (under_way_ != Step::kNone) return std::nullopt;
  if (next_ == Step::kNone) StartAttempt();
  if (next_ == Step::kNone) return std::nullopt;
  under_way_ = std::exchange(next_, Step::kNone);
  sent_ = clock_.Now();
  return RequestFor(under_way_);
}

Clock::Steady LeaderElector::NextTick() const {
  if (phase_ == Phase::kLost || phase_ == Phase::kStopped) return Clock::Steady::max();
  auto next = under_way_ == Step::kNone ? wake_ : Clock::Steady::max();
  if (next_ != Step::kNone) next = clock_.Now();
  return phase_ == Phase::kLeading ? std::min(next, lost_at_) : next;
}

void LeaderElector::StartAttempt() {
  if (phase_ == Phase::kReleasing || clock_.Now() < wake_) return;
  fast_ = phase_ == Phase::kLeading && Holds();
  next_ = fast_ ? Step::kUpdate : Step::kGet;
}

Request LeaderElector::RequestFor(Step step) {
  Request request{.path = path_ + "/" + settings_.name};
  // Time for two tries before the deadline.
  request.timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.renew_deadline / 2);
  switch (step) {
    case Step::kCreate:
      request.method = Method::kPost;
      request.path = path_;
      request.body = NewLease(settings_.namespace_name, settings_.name, RecordToWrite());
      break;
    case Step::kUpdate:
      request.method = Method::kPut;
      request.body = ChangedLease(object_, RecordToWrite());
      break;
    case Step::kRelease: {
      const std::string now = MicroTime(clock_.WallNanoseconds());
      request.method = Method::kPut;
      request.body = ChangedLease(object_, {.duration_seconds = 1,
                                            .acquire_time = now,
                                            .renew_time = now,
                                            .transitions = observed_.transitions});
      break;
    }
    case Step::kGet:
    case Step::kNone:
      break;
  }
  return request;
}

LeaseRecord LeaderElector::RecordToWrite() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings_.lease_duration);
  const std::string now = MicroTime(clock_.WallNanoseconds());
  LeaseRecord record{.holder = settings_.identity,
                     .duration_seconds = std::max<std::int64_t>(1, seconds.count()),
                     .acquire_time = now,
                     .renew_time = now};
  if (object_.empty()) return record;
  if (Holds()) record.acquire_time = observed_.acquire_time;
  record.transitions = observed_.transitions + (Holds() ? 0 : 1);
  return record;
}

// ---- Answers ----

void LeaderElector::OnResponse(const Response& response) {
  const Step step = std::exchange(under_way_, Step::kNone);
  if (step == Step::kNone || phase_ == Phase::kLost || phase_ == Phase::kStopped) return;
  if (phase_ == Phase::kReleasing) return OnResponseWhileReleasing(step, response);
  if (step == Step::kGet) return OnGet(response);
  OnWritten(step, response);
}

void LeaderElector::OnGet(const Response& response) {
  if (response.status == 404) {
    object_.clear();
    observed_ = {};
    next_ = Step::kCreate;
    return;
  }
  if (!response.ok()) {
    base::log::Error(ErrorText(response), "Error retrieving lease lock", {{"lock", lock_}});
    return Retry();
  }
  if (!Observe(response)) return Retry();
  if (!IsHeldByAnother()) {
    next_ = Step::kUpdate;
    return;
  }
  if (phase_ == Phase::kLeading) return Lose();
  if (HasExpired()) {
    next_ = Step::kUpdate;
    return;
  }
  base::log::Info(4, "Lock is held and has not yet expired", {{"holder", observed_.holder}});
  Retry();
}

void LeaderElector::OnWritten(Step step, const Response& response) {
  if (response.ok() && Observe(response) && Holds()) return Succeed();
  base::log::Error(ErrorText(response), "Failed to write lease lock", {{"lock", lock_}});
  if (step == Step::kUpdate && std::exchange(fast_, false)) {
    ++slow_paths_;
    next_ = Step::kGet;
    return;
  }
  Retry();
}

void LeaderElector::OnResponseWhileReleasing(Step step, const Response& response) {
  const bool done = step == Step::kRelease && response.ok();
  if (response.ok()) Observe(response);
  if (step == Step::kGet && response.status == 404) object_.clear();
  if (step != Step::kRelease) return Release();
  // What was written last may not be known here.
  if (response.status == 409 && !std::exchange(reread_, true)) {
    next_ = Step::kGet;
    return;
  }
  if (!done) base::log::Error(ErrorText(response), "Failed to release lock", {{"lock", lock_}});
  phase_ = Phase::kStopped;
}

bool LeaderElector::Observe(const Response& response) {
  auto record = ReadLease(response.body);
  if (!record) {
    base::log::Error(record.error().message(), "The lease lock cannot be read", {{"lock", lock_}});
    object_.clear();
    return false;
  }
  if (object_.empty() || *record != observed_) {
    observed_ = *std::move(record);
    observed_at_ = clock_.Now();
  }
  object_ = response.body;
  return true;
}

bool LeaderElector::IsHeldByAnother() const {
  return !observed_.holder.empty() && observed_.holder != settings_.identity;
}

bool LeaderElector::HasExpired() const {
  return clock_.Now() >= observed_at_ + std::chrono::seconds(observed_.duration_seconds);
}

// ---- What comes of it ----

void LeaderElector::Succeed() {
  const auto deadline = sent_ + settings_.renew_deadline;
  if (clock_.Now() >= deadline) {  // the answer took so long that it is worth nothing by now
    wake_ = clock_.Now();
    return;
  }
  wake_ = clock_.Now() + settings_.retry_period;
  lost_at_ = wake_ + settings_.renew_deadline;
  if (phase_ == Phase::kStandby) phase_ = Phase::kLeading;
  if (phase_ == Phase::kLeading) SetDeadline(deadline);
}

void LeaderElector::Retry() {
  auto wait = settings_.retry_period;
  if (phase_ == Phase::kStandby) {
    const auto jitter = static_cast<std::uint64_t>(wait.count()) * kJitterTenths / 10;
    wait += std::chrono::nanoseconds(random_.Below(jitter + 1));
  }
  wake_ = clock_.Now() + wait;
}

void LeaderElector::Lose() {
  SetDeadline(kNever);
  phase_ = Phase::kLost;
  next_ = Step::kNone;
}

void LeaderElector::Stop() {
  SetDeadline(kNever);
  if (phase_ != Phase::kStandby && phase_ != Phase::kLeading) return;
  phase_ = Phase::kReleasing;
  // What is under way may be what takes the lease.
  if (under_way_ == Step::kNone) Release();
}

void LeaderElector::Release() {
  next_ = Holds() ? Step::kRelease : Step::kNone;
  if (next_ == Step::kNone) phase_ = Phase::kStopped;
}

bool LeaderElector::MayLead() const {
  const Clock::Steady::duration deadline(deadline_.load(std::memory_order_acquire));
  return clock_.Now() < Clock::Steady(deadline);
}

void LeaderElector::SetDeadline(Clock::Steady deadline) {
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_release);
}

}  // namespace berth::kube
