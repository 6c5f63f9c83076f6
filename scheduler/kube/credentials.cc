#include "scheduler/kube/credentials.h"

#include <chrono>
#include <utility>

#include "scheduler/base/log.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadFilesAgainAfter = 1min;
// A plugin that fails, and credentials that are refused, are not asked for more often.
constexpr auto kTryAgainAfter = 1s;

}  // namespace

Credentials::Credentials(ClientConfig config, const base::Clock& clock,
                         std::function<void()> on_change)
    : config_(std::move(config)), clock_(clock), on_change_(std::move(on_change)) {
  if (CanChange()) {
    thread_ = std::thread([this] { Run(); });
  } else {
    Store(FetchCredential(config_, interrupt_));
  }
}

Credentials::~Credentials() {
  if (!thread_.joinable()) return;
  interrupt_.Trigger();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Credentials::CanChange() const {
  return config_.exec || !config_.token_file.empty() || !config_.certificate.file.empty() ||
         !config_.key.file.empty();
}

bool Credentials::IsExpired() const {
  return credential_->expires && *credential_->expires <= clock_.WallNanoseconds();
}

bool Credentials::IsStale() const {
  return !config_.exec && CanChange() && clock_.Now() - fetched_ >= kReadFilesAgainAfter;
}

void Credentials::Ask() {
  if (asked_) return;
  asked_ = true;
  wake_.notify_all();
}

Credentials::Answer Credentials::Look() {
  const std::lock_guard lock(mutex_);
  if (credential_ != nullptr && !refused_ && !IsExpired()) {
    if (IsStale()) Ask();
    return {credential_, generation_, ""};
  }
  const bool just_failed = !was_told_ || clock_.Now() - fetched_ < kTryAgainAfter;
  if (!error_.empty() && !asked_ && (just_failed || !CanChange())) {
    was_told_ = true;
    return {nullptr, generation_, error_};
  }
  Ask();
  return {nullptr, generation_, ""};
}

bool Credentials::Refused(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (!CanChange()) return false;
  // Of an older one, or one that is being replaced already.
  if (generation != generation_ || asked_) return true;
  if (generation_ > 1 && clock_.Now() - fetched_ < kTryAgainAfter) return false;
  refused_ = true;
  Ask();
  return true;
}

void Credentials::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return asked_ || stopping_; });
    if (stopping_) return;
    lock.unlock();
    auto fetched = FetchCredential(config_, interrupt_);
    lock.lock();
    Store(std::move(fetched));
    lock.unlock();
    on_change_();
    lock.lock();
  }
}

// What was there serves on when files cannot be read now, unless it was refused.
void Credentials::Store(base::Result<Credential> fetched) {
  asked_ = false;
  fetched_ = clock_.Now();
  if (fetched && fetched->expires && *fetched->expires <= clock_.WallNanoseconds()) {
    fetched = base::Fail("the credential that was fetched had expired already");
  }
  if (!fetched) {
    error_ = fetched.error().message();
    was_told_ = false;
    if (stopping_) return;
    base::log::Error(error_, "Cannot get credentials for the API server");
    return;
  }
  error_.clear();
  refused_ = false;
  ++generation_;
  credential_ = std::make_shared<const Credential>(*std::move(fetched));
}

}  // namespace berth::kube
