#include "scheduler/live/status_writes.h"

#include <utility>

#include "scheduler/base/log.h"

namespace berth::live {

using framework::ApiAnswer;

namespace {

// With a little more patience each time: 10 ms, 50 ms, 250 ms, 1.25 s.
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kRetryDelay{10};
constexpr int kRetryFactor = 5;

bool IsWorthRetrying(const ApiAnswer& answer) {
  constexpr int kConflict = 409;
  constexpr int kInternalError = 500;
  constexpr int kUnavailable = 503;
  return answer.status == 0 || answer.status == kConflict || answer.status == kInternalError ||
         answer.status == kUnavailable;
}

}  // namespace

StatusWrites::StatusWrites(const ObjectStore<api::Pod>& pods, ApiWriter& writer, Timers& timers,
                           const base::Clock& clock,
                           std::function<bool(const std::string&)> is_placed)
    : pods_(pods),
      writer_(writer),
      timers_(timers),
      clock_(clock),
      is_placed_(std::move(is_placed)) {}

void StatusWrites::Write(const api::Pod& pod, UnscheduledStatus status) {
  const auto [it, is_new] = under_way_.try_emplace(pod.meta.uid);
  PodWrite& write = it->second;
  // What nobody has overridden since still has to be written.
  if (!is_new && !status.nomination.override_it) status.nomination = write.status.nomination;
  write = {.key = KeyOf(pod.meta), .status = std::move(status), .is_sent = false, .tries = 0};
  if (is_new) Send(pod.meta.uid);
}

void StatusWrites::Send(const std::string& uid) {
  const auto it = under_way_.find(uid);
  PodWrite& write = it->second;
  const auto pod = pods_.Find(write.key);
  const bool waits =
      pod != nullptr && pod->meta.uid == uid && pod->node_name.empty() && !is_placed_(uid);
  auto patch = waits ? UnscheduledPatch(*pod, write.status.reason, write.status.message,
                                        write.status.nomination, clock_.WallNanoseconds())
                     : std::nullopt;
  if (!patch) {
    under_way_.erase(it);
    return;
  }
  write.is_sent = true;
  ++write.tries;
  writer_.Write(*std::move(patch), [this, uid](const ApiAnswer& answer) { Answered(uid, answer); });
}

void StatusWrites::Answered(const std::string& uid, const ApiAnswer& answer) {
  constexpr int kNotFound = 404;
  const auto it = under_way_.find(uid);
  PodWrite& write = it->second;
  if (answer.status == kNotFound) {
    under_way_.erase(it);
    return;
  }
  if (!answer.ok() && IsWorthRetrying(answer) && write.tries < kTries) {
    return TryAgain(uid, answer.error);
  }
  if (!answer.ok()) base::log::Error(answer.error, "Error updating pod", {{"pod", write.key}});
  if (write.is_sent) {
    under_way_.erase(it);
  } else {
    // The watch has yet to show what was just written.
    SendAfter(kRetryDelay, uid);
  }
}

void StatusWrites::TryAgain(const std::string& uid, const std::string& error) {
  const PodWrite& write = under_way_.find(uid)->second;
  base::log::Info(4, "Updating a pod again", {{"pod", write.key}, {"err", error}});
  auto delay = kRetryDelay;
  for (int i = 1; i < write.tries; ++i) delay *= kRetryFactor;
  SendAfter(delay, uid);
}

void StatusWrites::SendAfter(std::chrono::nanoseconds delay, const std::string& uid) {
  timers_.Set(clock_.Now() + delay, [this, uid] { Send(uid); });
}

}  // namespace berth::live
