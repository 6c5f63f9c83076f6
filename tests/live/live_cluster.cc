#include "tests/live/live_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/registry.h"
#include "scheduler/config/load.h"

namespace berth::live {

Json NodeJson(const std::string& name, const std::string& cpu) {
  return {{"apiVersion", "v1"},
          {"kind", "Node"},
          {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/hostname", name}}}}},
          {"status", {{"allocatable", {{"cpu", cpu}, {"memory", "8Gi"}, {"pods", "10"}}}}}};
}

Json PodJson(const std::string& name, const std::string& cpu, int priority) {
  const Json container = {{"name", "c"}, {"resources", {{"requests", {{"cpu", cpu}}}}}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", name}, {"namespace", "default"}}},
          {"spec",
           {{"schedulerName", "default-scheduler"},
            {"priority", priority},
            {"containers", Json::array({container})}}},
          {"status", {{"phase", "Pending"}}}};
}

std::vector<std::string> KeptEvents::Notes(std::string_view reason) const {
  std::vector<std::string> notes;
  for (const KeptEvent& event : all) {
    if (event.reason == reason) notes.push_back(event.note);
  }
  return notes;
}

void KeptOutcomes::OnAttempt(std::string_view profile, AttemptResult result,
                             std::chrono::nanoseconds) {
  const char* name = result == AttemptResult::kScheduled       ? " scheduled"
                     : result == AttemptResult::kUnschedulable ? " unschedulable"
                                                               : " error";
  attempts.push_back(std::string(profile) + name);
}

void KeptOutcomes::OnBound(const PlacedPod& placed, std::chrono::nanoseconds since_first) {
  bound.push_back({placed.pod->meta.name, placed.node(), placed.queued.attempts, since_first});
}

LiveCluster::Setup LiveCluster::DefaultSetup() {
  return {config::DefaultConfiguration(), plugins::MakeRegistry()};
}

LiveCluster::LiveCluster(const Setup& setup) {
  auto made = Scheduler::Make(setup.config, setup.registry, setup.options, api, clock, events,
                              outcomes, [this] { return leads; });
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
  scheduler = *std::move(made);
  Watch(scheduler->node_store());
  Watch(scheduler->pod_store());
  Watch(claims_);
  Watch(volume_claims_);
  Watch(volumes_);
  Watch(classes_);
}

template <typename T>
void LiveCluster::Watch(ObjectStore<T>& store) {
  informers_[std::string(kWatched<T>.path)] = std::make_unique<Informer<T>>(
      scheduler->inbox(), store, specs_,
      [this](ObjectVersions<T> change) { scheduler->objects().Changed(std::move(change)); }, [] {},
      scheduler->texts());
}

Json LiveCluster::ScheduledCondition(const std::string& name) const {
  const Json* pod = api.Find(kPods, "default/" + name);
  if (pod == nullptr || !(*pod)["status"].contains("conditions")) return nullptr;
  for (const Json& condition : (*pod)["status"]["conditions"]) {
    if (condition["type"] == "PodScheduled") return condition;
  }
  return nullptr;
}

bool LiveCluster::Show(const std::string& collection) {
  return api.Show(collection, *informers_.at(collection));
}

bool LiveCluster::ShowAll() {
  bool any = false;
  for (const auto& [collection, informer] : informers_) {
    while (api.Show(collection, *informer)) any = true;
  }
  return any;
}

void LiveCluster::List(const std::string& collection) {
  api.List(collection, *informers_.at(collection));
}

void LiveCluster::Decide() {
  while (scheduler->Step(true)) {
  }
}

void LiveCluster::Settle() {
  constexpr int kEnough = 1'000;
  for (int round = 0; round < kEnough; ++round) {
    const bool any = ShowAll();
    Decide();
    if (!any && api.requests().empty() && api.answers() == 0) return;
    api.ServeAll();
  }
  std::string last;
  constexpr std::size_t kLast = 20;
  const auto& served = api.served();
  for (std::size_t i = served.size() - std::min(kLast, served.size()); i < served.size(); ++i) {
    last += served[i] + "\n";
  }
  ADD_FAILURE() << "the scheduler does not come to rest:\n" << last;
}

void LiveCluster::Pass(std::chrono::seconds duration) {
  for (auto left = duration; left.count() > 0; --left) {
    clock.Advance(std::chrono::seconds(1));
    Settle();
  }
}

std::string LiveCluster::WhereIs(const std::string& name) const {
  std::string where;
  scheduler->queue().Visit([&](queue::QueueName queue, const queue::QueuedPod& pod) {
    if (pod.pod->meta.name == name) where = queue::Name(queue);
  });
  return where;
}

}  // namespace berth::live
