#include "scheduler/placement/cluster_follower.h"

#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/event_uuid.h"

namespace berth::placement {

using base::Result;

namespace {

// How often the thread looks whether it is to stop.
constexpr std::chrono::milliseconds kLongestSleep{100};

template <typename Names>
std::string Joined(const Names& names) {
  std::string all;
  for (const std::string_view name : names) {
    if (!all.empty()) all += ", ";
    all += name;
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<ClusterFollower>> ClusterFollower::Start(kube::ClientConfig cluster,
                                                                config::Configuration config,
                                                                const framework::Registry& registry,
                                                                const base::Clock& clock) {
  cluster.user_agent = "berth/placement";
  // Nobody is asked here: the engine does that.
  config.extenders.clear();
  BERTH_ASSIGN(auto client, kube::MakeClient(std::move(cluster), clock));
  std::unique_ptr<ClusterFollower> follower(new ClusterFollower(std::move(client), clock));
  BERTH_ASSIGN(follower->scheduler_,
               live::Scheduler::Make(config, registry, {}, *follower->client_, clock,
                                     follower->silence_, follower->silence_, [] { return false; }));
  follower->watch_ = std::make_unique<live::ClusterWatch>(*follower->scheduler_, *follower->client_,
                                                          clock, kube::SeedOfTheMachine());
  follower->thread_ = std::thread([self = follower.get()] { self->Follow(); });
  return follower;
}

ClusterFollower::~ClusterFollower() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (watch_ != nullptr) watch_->Stop();
}

void ClusterFollower::Follow() {
  watch_->Start();
  bool is_known = false;
  while (!stop_) {
    scheduler_->Step(false);
    if (!is_known && watch_->IsSynced()) {
      is_known = true;
      base::log::Info(
          0, "The cluster is known",
          {{"nodes", scheduler_->node_store().size()}, {"pods", scheduler_->pod_store().size()}});
    }
    scheduler_->inbox().WaitUntil(clock_.Now() + kLongestSleep);
  }
}

Outcome<SharedObjects> ClusterFollower::Copy() {
  if (!watch_->IsSynced()) {
    return Refuse(FailureKind::kUnavailable,
                  "the cluster has not been listed yet: " + Joined(watch_->waiting()));
  }
  if (kept_ == nullptr || kept_version_ != watch_->version()) {
    kept_ = std::make_shared<const api::ClusterObjects>(watch_->Copy());
    kept_version_ = watch_->version();
  }
  return kept_;
}

Outcome<SharedObjects> ClusterFollower::Now() {
  std::promise<Outcome<SharedObjects>> answer;
  auto copied = answer.get_future();
  scheduler_->inbox().Post(
      [this, answer = std::move(answer)]() mutable { answer.set_value(Copy()); });
  return copied.get();
}

}  // namespace berth::placement
