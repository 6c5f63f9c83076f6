#include "scheduler/kube/event_recorder.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/kube/event_body.h"
#include "scheduler/kube/event_series.h"
#include "scheduler/kube/event_uuid.h"

namespace berth::kube {
namespace {

using base::Clock;
using Series = EventSeriesCache::Pointer;

constexpr std::size_t kMostOfInstance = 128;

// The server has nothing at this path, as opposed to no such object.
bool IsUnknownPath(const Response& response) {
  if (response.status != 404) return false;
  return ReasonOf(response).empty() ||
         ErrorText(response).find("could not find the requested resource") != std::string::npos;
}

struct Answer {
  Series series;
  Response response;
};

}  // namespace

// Shared with the calls that the client makes back. Step is for one thread at a time, all else for
// any.
class EventRecorder::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Client& client, const Clock& clock, Options options)
      : client_(client),
        clock_(clock),
        options_(std::move(options)),
        random_(SeedOfTheMachine()),
        cache_({options_.finish_after, options_.max_series}),
        next_refresh_(clock.Now() + options_.refresh_every) {}

  void Record(Event event) {
    event.note = TruncatedNote(std::move(event.note));
    Recorded recorded{std::move(event), clock_.WallNanoseconds()};
    const std::scoped_lock lock(mutex_);
    if (queue_.size() >= options_.max_queued) {
      ++counts_.dropped;
      return;
    }
    ++counts_.recorded;
    queue_.push_back(std::move(recorded));
    wake_.notify_one();
  }

  Clock::Steady Step() {
    for (const Answer& answer : TakeAnswers()) OnAnswer(answer);
    StartRetries();
    StartQueued();
    StartTimed();
    const std::scoped_lock lock(mutex_);
    stepping_ = false;
    if (IsIdle()) idle_.notify_all();
    return NextStep();
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Clock::Steady next = Step();
      std::unique_lock lock(mutex_);
      const auto has_work = [&] { return !answers_.empty() || CanStart(); };
      if (next == Clock::Steady::max()) {
        wake_.wait(lock, stop, has_work);
      } else {
        wake_.wait_until(lock, stop, next, has_work);
      }
    }
  }

  bool WaitUntilIdle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return idle_.wait_until(lock, deadline, [&] { return IsIdle(); });
  }

  Counts counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
  }

 private:
  struct Recorded {
    Event event;
    std::int64_t wall;
  };

  bool CanStart() const { return !queue_.empty() && under_way_ < options_.max_under_way; }
  bool IsIdle() const {
    return queue_.empty() && answers_.empty() && under_way_ == 0 && !stepping_;
  }

  std::vector<Answer> TakeAnswers() {
    const std::scoped_lock lock(mutex_);
    stepping_ = true;
    return std::exchange(answers_, {});
  }

  void StartQueued() {
    while (true) {
      Recorded next;
      {
        const std::scoped_lock lock(mutex_);
        if (!CanStart()) return;
        next = std::move(queue_.front());
        queue_.pop_front();
      }
      // No two events have the same name, however fast they come.
      last_name_ = std::max(last_name_ + 1, next.wall);
      std::string name = EventName(next.event.regarding.name, last_name_, random_);
      std::vector<Series> to_write;
      cache_.Observe(std::move(next.event), std::move(name), next.wall, clock_.Now(), to_write);
      Write(to_write);
    }
  }

  void StartRetries() {
    while (!retries_.empty() && retries_.begin()->first <= clock_.Now()) {
      const Series series = std::move(retries_.begin()->second);
      retries_.erase(retries_.begin());
      Send(series);
    }
  }

  void StartTimed() {
    const auto now = clock_.Now();
    std::vector<Series> to_write;
    cache_.Finish(now, to_write);
    if (next_refresh_ <= now) {
      next_refresh_ = now + options_.refresh_every;
      cache_.Refresh(to_write);
    }
    Write(to_write);
  }

  void Write(const std::vector<Series>& all) {
    for (const Series& series : all) {
      if (series->in_write != 0) {
        series->write_again = true;
        continue;
      }
      series->tries = 0;
      Send(series);
    }
  }

  void Send(const Series& series) {
    series->api = core_api_ || series->event.core_only ? EventApi::kCore : EventApi::kEvents;
    series->in_write = series->state.count;
    series->write_again = false;
    Request request = series->written == 0 ? CreateEvent(series->api, series->event, series->state,
                                                         InstanceOf(series->event))
                                           : UpdateEvent(series->api, series->event, series->state);
    {
      const std::scoped_lock lock(mutex_);
      ++under_way_;
    }
    client_.Send(std::move(request), [weak = weak_from_this(), series](Response response) {
      if (const auto core = weak.lock()) core->Push({series, std::move(response)});
    });
  }

  std::string InstanceOf(const Event& event) const {
    return (event.controller + "-" + options_.hostname).substr(0, kMostOfInstance);
  }

  void Push(Answer answer) {
    const std::scoped_lock lock(mutex_);
    --under_way_;
    answers_.push_back(std::move(answer));
    wake_.notify_one();
  }

  void OnAnswer(const Answer& answer) {
    const auto& [series, response] = answer;
    const bool created = series->written == 0;
    if (response.ok() || (created && response.status == 409)) return OnWritten(series);
    if (response.status == 0) return OnNoAnswer(series, response);
    if (created && series->api == EventApi::kEvents && IsUnknownPath(response)) {
      base::log::Info(2, "The server does not have events.k8s.io/v1, using core/v1");
      core_api_ = true;
      return Send(series);
    }
    if (!created && response.status == 404) {  // it is too old, and was taken away
      series->written = 0;
      return Send(series);
    }
    GiveUp(series, response, "Server rejected event (will not retry!)");
  }

  void OnWritten(const Series& series) {
    series->written = std::exchange(series->in_write, 0);
    series->tries = 0;
    if (series->write_again && series->state.count > series->written) Send(series);
  }

  void OnNoAnswer(const Series& series, const Response& response) {
    ++series->tries;
    if (series->tries >= options_.max_tries) {
      return GiveUp(series, response, "Unable to write event (retry limit exceeded!)");
    }
    if (retries_.size() >= options_.max_queued) {
      return GiveUp(series, response, "Unable to write event (too many wait for a new try)");
    }
    const auto quarter = static_cast<std::uint64_t>(options_.retry_after.count() / 4);
    const std::chrono::nanoseconds jitter(random_.Below(quarter + 1));
    retries_.emplace(clock_.Now() + options_.retry_after + jitter, series);
  }

  void GiveUp(const Series& series, const Response& response, std::string_view message) {
    base::log::Error(ErrorText(response), message,
                     {{"event", std::string(NamespaceOf(series->event)) + "/" + series->state.name},
                      {"reason", series->event.reason}});
    cache_.Forget(*series);
    const std::scoped_lock lock(mutex_);
    ++counts_.failed;
  }

  Clock::Steady NextStep() const {
    auto next = cache_.NextFinish();
    if (cache_.size() > 0) next = std::min(next, next_refresh_);
    if (!retries_.empty()) next = std::min(next, retries_.begin()->first);
    return next;
  }

  Client& client_;
  const Clock& clock_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable idle_;
  std::deque<Recorded> queue_;
  std::vector<Answer> answers_;
  std::size_t under_way_ = 0;
  bool stepping_ = false;
  Counts counts_;

  // Of Step.
  base::Random random_;
  EventSeriesCache cache_;
  std::multimap<Clock::Steady, Series> retries_;
  Clock::Steady next_refresh_;
  std::int64_t last_name_ = 0;
  bool core_api_ = false;
};

EventRecorder::EventRecorder(Client& client, const base::Clock& clock, Options options)
    : EventRecorder(client, clock, std::move(options), WithoutThread()) {
  thread_ = std::jthread([core = core_](const std::stop_token& stop) { core->Run(stop); });
}

EventRecorder::EventRecorder(Client& client, const base::Clock& clock, Options options,
                             WithoutThread)
    : core_(std::make_shared<Core>(client, clock, std::move(options))) {}

EventRecorder::~EventRecorder() = default;

void EventRecorder::Record(Event event) { core_->Record(std::move(event)); }

bool EventRecorder::Flush(std::chrono::steady_clock::time_point deadline) {
  return core_->WaitUntilIdle(deadline);
}

EventRecorder::Counts EventRecorder::counts() const { return core_->counts(); }

base::Clock::Steady EventRecorder::Step() { return core_->Step(); }

}  // namespace berth::kube
