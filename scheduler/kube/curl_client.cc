#include "scheduler/kube/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/base/check.h"
#include "scheduler/kube/credentials.h"
#include "scheduler/kube/exchange.h"
#include "scheduler/kube/rate_limiter.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using Time = base::Clock::Steady;

constexpr int kMostTries = 10;
constexpr auto kMostRetryAfter = 60s;
// Where an answer says to come back without saying when.
constexpr auto kUsualRetryAfter = 1s;
// How long nobody looks at the clock, which may be another one than that of curl.
constexpr std::chrono::milliseconds kLongestPoll = 1s;
// Connections that are kept beside those of Send.
constexpr std::size_t kStreamConnections = 128;

// A request on its way, from Send or Open to its last callback.
struct Transfer {
  Request request;
  std::function<void(Response)> done;
  StreamCalls calls;                             // of a stream
  std::shared_ptr<std::atomic<bool>> cancelled;  // of a stream; null otherwise

  Time due;  // not before
  int tries = 0;
  std::chrono::milliseconds waited{0};  // between tries
  bool refused = false;                 // once already
  bool observed = false;                // this try
  std::uint64_t generation = 0;         // of the credential that it shows
  Time started;
  Time last_bytes;
  std::unique_ptr<Exchange> exchange;  // while it is under way

  bool is_stream() const { return cancelled != nullptr; }
  bool is_cancelled() const { return is_stream() && *cancelled; }
};
using TransferPtr = std::unique_ptr<Transfer>;

// What other threads hand to the loop. Outlives the client with the streams that are still held.
class Inbox {
 public:
  explicit Inbox(CURLM* multi) : multi_(multi) {}

  void Add(TransferPtr transfer) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    added_.push_back(std::move(transfer));
    WakeLocked();
  }
  void Wake() {
    const std::lock_guard lock(mutex_);
    if (!closed_) WakeLocked();
  }
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    WakeLocked();
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  // False once the loop has to end.
  bool Take(std::vector<TransferPtr>& taken) {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    taken.swap(added_);
    return !stopping_;
  }

 private:
  // Once is enough until the loop has looked.
  void WakeLocked() {
    if (!std::exchange(woken_, true)) curl_multi_wakeup(multi_);
  }

  CURLM* multi_;
  std::mutex mutex_;
  std::vector<TransferPtr> added_;
  bool woken_ = false;
  bool stopping_ = false;
  bool closed_ = false;
};

class CurlStream final : public Stream {
 public:
  CurlStream(std::shared_ptr<std::atomic<bool>> cancelled, std::shared_ptr<Inbox> inbox)
      : cancelled_(std::move(cancelled)), inbox_(std::move(inbox)) {}

  void Cancel() override {
    if (!cancelled_->exchange(true)) inbox_->Wake();
  }

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_;
  std::shared_ptr<Inbox> inbox_;
};

struct CleanMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

class CurlClient final : public Client {
 public:
  CurlClient(ClientConfig config, Endpoint endpoint, const base::Clock& clock,
             RequestObserver* observer)
      : endpoint_(std::move(endpoint)),
        max_connections_(std::max<std::size_t>(config.max_connections, 1)),
        tries_again_later_(config.tries_again_later),
        clock_(clock),
        observer_(observer),
        limiter_(config.qps, config.burst, clock.Now()),
        multi_(curl_multi_init()),
        inbox_(std::make_shared<Inbox>(multi_.get())),
        credentials_(std::move(config), clock, [inbox = inbox_] { inbox->Wake(); }) {
    BERTH_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                      static_cast<long>(  // NOLINT(google-runtime-int): what libcurl takes
                          max_connections_ + kStreamConnections));
    thread_ = std::thread([this] { Run(); });
  }

  ~CurlClient() override {
    inbox_->Stop();
    thread_.join();
  }

  void Send(Request request, std::function<void(Response)> done) override {
    auto transfer = MakeTransfer(std::move(request));
    transfer->done = std::move(done);
    inbox_->Add(std::move(transfer));
  }

  std::shared_ptr<Stream> Open(Request request, StreamCalls calls) override {
    auto transfer = MakeTransfer(std::move(request));
    transfer->calls = std::move(calls);
    transfer->cancelled = std::make_shared<std::atomic<bool>>(false);
    auto stream = std::make_shared<CurlStream>(transfer->cancelled, inbox_);
    inbox_->Add(std::move(transfer));
    return stream;
  }

 private:
  TransferPtr MakeTransfer(Request request) const {
    auto transfer = std::make_unique<Transfer>();
    transfer->due = clock_.Now() + request.delay;
    transfer->request = std::move(request);
    return transfer;
  }

  // All that follows is on the thread of the client.

  void Run();
  void TakeIn();
  void TakeDue();
  void Queue(TransferPtr transfer, bool first);
  void DropCancelled();
  void StartStreams();
  void StartQueue();
  void Start(TransferPtr transfer, const Credentials::Answer& credentials);
  void Prepare(Transfer& transfer, const Credentials::Answer& credentials);
  void Fail(TransferPtr transfer, std::string error);
  void EndSilentStreams();
  void FinishAll();
  void Finish(TransferPtr transfer, int code);
  TransferPtr Remove(void* handle);
  bool TryAgain(TransferPtr& transfer, const Response& response);
  void Answer(Transfer& transfer, Response response) const;
  void Observe(Transfer& transfer, int status) const;
  std::chrono::milliseconds PollTime();
  void AbandonAll();

  const Endpoint endpoint_;
  const std::size_t max_connections_;
  const bool tries_again_later_;
  const base::Clock& clock_;
  RequestObserver* const observer_;
  RateLimiter limiter_;
  const std::unique_ptr<CURLM, CleanMulti> multi_;
  const std::shared_ptr<Inbox> inbox_;
  Credentials credentials_;
  bool waits_for_credentials_ = false;

  bool running_ = true;
  std::multimap<Time, TransferPtr> delayed_;
  std::deque<TransferPtr> queue_;                  // of Send, in the order in which they leave
  std::vector<TransferPtr> opening_;               // streams that wait for credentials
  std::unordered_map<void*, TransferPtr> active_;  // by CURL*
  std::size_t streams_ = 0;                        // among the active ones
  std::vector<std::unique_ptr<Exchange>> idle_;
  std::thread thread_;
};

// OpenSSL writes to sockets that the other side may have closed.
void BlockPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void CurlClient::Run() {
  BlockPipeSignal();
  while (true) {
    TakeIn();
    if (!running_) break;
    TakeDue();
    DropCancelled();
    StartStreams();
    StartQueue();
    int count = 0;
    curl_multi_perform(multi_.get(), &count);
    FinishAll();
    EndSilentStreams();
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(PollTime().count()), nullptr);
  }
  AbandonAll();
  inbox_->Close();
}

void CurlClient::TakeIn() {
  std::vector<TransferPtr> taken;
  running_ = inbox_->Take(taken);
  const Time now = clock_.Now();
  for (TransferPtr& transfer : taken) {
    if (transfer->due > now) {
      const Time due = transfer->due;
      delayed_.emplace(due, std::move(transfer));
    } else {
      Queue(std::move(transfer), false);
    }
  }
}

void CurlClient::TakeDue() {
  const Time now = clock_.Now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    TransferPtr transfer = std::move(delayed_.extract(delayed_.begin()).mapped());
    const bool again = transfer->tries > 0;
    Queue(std::move(transfer), again);
  }
}

void CurlClient::Queue(TransferPtr transfer, bool first) {
  if (transfer->is_stream()) {
    opening_.push_back(std::move(transfer));
  } else if (first) {
    queue_.push_front(std::move(transfer));
  } else {
    queue_.push_back(std::move(transfer));
  }
}

void CurlClient::DropCancelled() {
  std::erase_if(opening_, [](const TransferPtr& transfer) { return transfer->is_cancelled(); });
  std::erase_if(delayed_, [](const auto& entry) { return entry.second->is_cancelled(); });
  std::vector<void*> cancelled;
  if (streams_ == 0) return;
  for (const auto& [handle, transfer] : active_) {
    if (transfer->is_cancelled()) cancelled.push_back(handle);
  }
  for (void* handle : cancelled) Remove(handle);
}

void CurlClient::StartStreams() {
  if (opening_.empty()) return;
  const Credentials::Answer credentials = credentials_.Look();
  if (credentials.credential == nullptr && credentials.error.empty()) return;
  for (TransferPtr& transfer : std::exchange(opening_, {})) {
    Start(std::move(transfer), credentials);
  }
}

void CurlClient::StartQueue() {
  if (queue_.empty()) return;
  const Credentials::Answer credentials = credentials_.Look();
  waits_for_credentials_ = credentials.credential == nullptr && credentials.error.empty();
  if (waits_for_credentials_) return;
  const Time now = clock_.Now();
  while (!queue_.empty() && active_.size() - streams_ < max_connections_) {
    if (!limiter_.TryTake(now)) return;
    TransferPtr transfer = std::move(queue_.front());
    queue_.pop_front();
    Start(std::move(transfer), credentials);
  }
}

void CurlClient::Start(TransferPtr transfer, const Credentials::Answer& credentials) {
  if (credentials.credential == nullptr) return Fail(std::move(transfer), credentials.error);
  if (idle_.empty()) {
    transfer->exchange = std::make_unique<Exchange>(endpoint_);
  } else {
    transfer->exchange = std::move(idle_.back());
    idle_.pop_back();
  }
  Prepare(*transfer, credentials);
  void* handle = transfer->exchange->handle();
  if (transfer->is_stream()) ++streams_;
  active_.emplace(handle, std::move(transfer));
  BERTH_CHECK(curl_multi_add_handle(multi_.get(), handle) == CURLM_OK);
}

void CurlClient::Prepare(Transfer& transfer, const Credentials::Answer& credentials) {
  ++transfer.tries;
  transfer.observed = false;
  transfer.generation = credentials.generation;
  transfer.started = transfer.last_bytes = clock_.Now();
  if (!transfer.is_stream()) {
    transfer.exchange->Prepare(transfer.request, credentials.credential);
    return;
  }
  transfer.exchange->PrepareStream(
      transfer.request, credentials.credential,
      [this, &transfer](std::string_view bytes) {
        transfer.last_bytes = clock_.Now();
        if (!transfer.is_cancelled()) transfer.calls.on_data(bytes);
        return !transfer.is_cancelled();
      },
      [this, &transfer](int status) {
        transfer.last_bytes = clock_.Now();
        Observe(transfer, status);
      });
}

void CurlClient::Fail(TransferPtr transfer, std::string error) {
  Answer(*transfer, {.status = 0, .error = std::move(error)});
}

void CurlClient::EndSilentStreams() {
  if (streams_ == 0) return;
  const Time now = clock_.Now();
  std::vector<void*> silent;
  for (const auto& [handle, transfer] : active_) {
    const bool is_silent = now - transfer->last_bytes >= transfer->request.timeout;
    if (transfer->is_stream() && is_silent) silent.push_back(handle);
  }
  for (void* handle : silent) {
    TransferPtr transfer = Remove(handle);
    const Request& request = transfer->request;
    std::string error = Describe(endpoint_, request) + ": nothing came for " +
                        std::to_string(request.timeout.count()) + " ms";
    Fail(std::move(transfer), std::move(error));
  }
}

void CurlClient::FinishAll() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* handle = message->easy_handle;
    const int code = message->data.result;
    TransferPtr& active = active_.at(handle);
    Response response = active->exchange->Finish(code);
    TransferPtr transfer = Remove(handle);
    Observe(*transfer, response.status);
    if (!TryAgain(transfer, response)) Answer(*transfer, std::move(response));
  }
}

TransferPtr CurlClient::Remove(void* handle) {
  curl_multi_remove_handle(multi_.get(), handle);
  TransferPtr transfer = std::move(active_.extract(handle).mapped());
  if (transfer->is_stream()) --streams_;
  idle_.push_back(std::move(transfer->exchange));
  return transfer;
}

// Takes the transfer where it is tried again.
bool CurlClient::TryAgain(TransferPtr& transfer, const Response& response) {
  if (response.status == 401 && credentials_.Refused(transfer->generation) && !transfer->refused) {
    transfer->refused = true;
    Queue(std::move(transfer), true);
    return true;
  }
  const bool later = response.status == 429 || (response.status >= 500 && response.retry_after);
  if (!later || !tries_again_later_ || transfer->is_stream() || transfer->tries >= kMostTries)
    return false;
  const std::chrono::milliseconds wait =
      std::min(response.retry_after.value_or(kUsualRetryAfter), kMostRetryAfter);
  if (transfer->waited + wait > transfer->request.timeout) return false;
  transfer->waited += wait;
  delayed_.emplace(clock_.Now() + wait, std::move(transfer));
  return true;
}

void CurlClient::Answer(Transfer& transfer, Response response) const {
  if (!transfer.is_stream()) {
    transfer.done(std::move(response));
  } else if (!transfer.is_cancelled()) {
    transfer.calls.on_end(std::move(response));
  }
}

// Once a try: of a stream when its status is known.
void CurlClient::Observe(Transfer& transfer, int status) const {
  if (observer_ == nullptr || transfer.is_cancelled() || transfer.observed) return;
  transfer.observed = true;
  const std::string code = status == 0 ? "<error>" : std::to_string(status);
  observer_->OnRequest({.method = NameOf(transfer.request.method),
                        .host = endpoint_.authority,
                        .code = code,
                        .duration = clock_.Now() - transfer.started});
}

// Until something is due that curl does not know of.
std::chrono::milliseconds CurlClient::PollTime() {
  const Time now = clock_.Now();
  Time next = now + kLongestPoll;
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  const bool limited =
      !queue_.empty() && !waits_for_credentials_ && active_.size() - streams_ < max_connections_;
  if (limited) next = std::min(next, limiter_.NextAt(now));
  for (const auto& [handle, transfer] : active_) {
    if (!transfer->is_stream()) continue;
    next = std::min(next, transfer->last_bytes + transfer->request.timeout);
  }
  return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

void CurlClient::AbandonAll() {
  std::vector<TransferPtr> all;
  while (!active_.empty()) all.push_back(Remove(active_.begin()->first));
  for (auto& [due, transfer] : std::exchange(delayed_, {})) all.push_back(std::move(transfer));
  for (TransferPtr& transfer : opening_) all.push_back(std::move(transfer));
  for (TransferPtr& transfer : queue_) all.push_back(std::move(transfer));
  std::vector<TransferPtr> added;
  (void)inbox_->Take(added);
  for (TransferPtr& transfer : added) all.push_back(std::move(transfer));
  // Callbacks may ask for more, which would never end.
  inbox_->Close();
  for (TransferPtr& transfer : all) Fail(std::move(transfer), "the client was closed");
}

void InitialiseCurlOnce() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  BERTH_CHECK(code == CURLE_OK);
}

}  // namespace

base::Result<std::unique_ptr<Client>> MakeClient(ClientConfig config, const base::Clock& clock,
                                                 RequestObserver* observer) {
  InitialiseCurlOnce();
  BERTH_ASSIGN(Endpoint endpoint, MakeEndpoint(config));
  return std::make_unique<CurlClient>(std::move(config), std::move(endpoint), clock, observer);
}

}  // namespace berth::kube
