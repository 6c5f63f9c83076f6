// A queue with plugins that do what a test says, a clock that stands still, and what it told its
// observer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/queue/scheduling_queue.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace berth::queue {

using namespace std::chrono_literals;
using framework::ClusterEvent;
using framework::EventResource;
using PodPtr = std::shared_ptr<const api::Pod>;

inline constexpr ClusterEvent kNodeAdd{EventResource::kNode, framework::kAdd};
inline constexpr ClusterEvent kNodeLabel{EventResource::kNode, framework::kUpdateNodeLabel};
inline constexpr ClusterEvent kPodDelete{EventResource::kAssignedPod, framework::kDelete};
inline constexpr ClusterEvent kOwnLabel{EventResource::kUnschedulablePod,
                                        framework::kUpdatePodLabel};

inline PodPtr MakePod(const std::string& name, std::int32_t priority = 0,
                      const std::string& uid = "") {
  support::PodBuilder builder(name);
  builder.spec().priority = priority;
  builder.pod().meta.uid = uid.empty() ? name + "-uid" : uid;
  return builder.Build();
}

inline PodPtr Labelled(const PodPtr& pod, const std::string& key, const std::string& value) {
  return support::PodBuilder(*pod).Label(key, value).Build();
}

// The plugin "gate" keeps out pods with the label gate; which plugin wants which event, and what it
// then says, is up to the test. Sorts as PrioritySort does.
class FakePlugins final : public QueuePlugins {
 public:
  struct Registration {
    std::string_view plugin;
    ClusterEvent event;
  };

  bool Less(const QueuedPod& a, const QueuedPod& b) const override {
    if (a.pod->Priority() != b.pod->Priority()) return a.pod->Priority() > b.pod->Priority();
    return a.timestamp < b.timestamp;
  }

  std::string_view PreEnqueue(const api::Pod& pod, std::string_view first) const override {
    ++pre_enqueued;
    asked_first.emplace_back(first);
    const std::string* gate = pod.meta.labels.Find("gate");
    if (gate == nullptr) return {};
    return *gate == "second" ? "second gate" : "gate";
  }

  bool Wanted(const ClusterEvent& event) const override {
    return std::ranges::any_of(
        registrations, [&](const auto& known) { return framework::Matches(known.event, event); });
  }

  bool WantedBy(std::string_view plugin, const ClusterEvent& event) const override {
    return std::ranges::any_of(registrations, [&](const Registration& known) {
      return known.plugin == plugin && framework::Matches(known.event, event);
    });
  }

  framework::QueueingStrategy WorthRequeuing(const QueuedPod& pod,
                                             const framework::ObjectChange& change) const override {
    ++hints_asked;
    using enum framework::QueueingStrategy;
    const auto& [unschedulable, pending] = pod.rejectors;
    if (pod.rejectors.empty()) return kAfterBackoff;
    if (change.event.IsWildcard()) {
      const auto* named = std::get_if<const api::Pod*>(&change.after);
      return named != nullptr && !framework::IsSamePod(**named, *pod.pod) ? kSkip : kAfterBackoff;
    }
    auto strategy = kSkip;
    for (const auto& [plugin, event] : registrations) {
      if (!framework::Matches(event, change.event) || !hint(plugin, *pod.pod, change)) continue;
      if (std::ranges::find(pending, plugin) != pending.end()) return kImmediately;
      if (std::ranges::find(unschedulable, plugin) != unschedulable.end()) strategy = kAfterBackoff;
    }
    return strategy;
  }

  std::vector<Registration> registrations = {{"Fit", kNodeAdd},
                                             {"Fit", kPodDelete},
                                             {"Affinity", kNodeLabel},
                                             {"Affinity", kOwnLabel},
                                             {"Devices", kNodeAdd}};
  std::function<bool(std::string_view plugin, const api::Pod&, const framework::ObjectChange&)>
      hint = [](auto, const auto&, const auto&) { return true; };
  mutable int hints_asked = 0;
  mutable int pre_enqueued = 0;
  mutable std::vector<std::string> asked_first;
};

class RecordingObserver final : public QueueObserver {
 public:
  void OnIncoming(QueueName queue, const ClusterEvent& event) override {
    incoming.push_back(std::string(Name(queue)) + "/" + framework::Label(event));
  }
  void OnRejector(const api::Pod&, std::string_view plugin, int change) override {
    rejectors[std::string(plugin)] += change;
    EXPECT_GE(rejectors[std::string(plugin)], 0);
  }

  // What has come in since the last call.
  std::vector<std::string> TakeIncoming() { return std::exchange(incoming, {}); }

  std::vector<std::string> incoming;
  std::map<std::string, int> rejectors;
};

class QueueTest : public ::testing::Test {
 protected:
  void MakeQueue(const SchedulingQueue::Options& options) {
    queue_ = std::make_unique<SchedulingQueue>(options, clock_, plugins_, observer_);
  }

  // Empty if there is none.
  std::string PopName() {
    auto popped = queue_->Pop();
    if (!popped) return "";
    std::string name = popped->pod->meta.name;
    queue_->Done(*popped->pod);
    return name;
  }

  // Adds a pod that is popped and fails at once.
  void AddFailed(const PodPtr& pod, const framework::Rejectors& rejectors) {
    queue_->Add(pod);
    auto popped = queue_->Pop();
    ASSERT_TRUE(popped.has_value());
    ASSERT_EQ(popped->pod, pod) << "others were waiting";
    ASSERT_TRUE(queue_->AddUnschedulableIfNotPresent(*popped, pod, rejectors).has_value());
    observer_.TakeIncoming();
  }

  void Move(const ClusterEvent& event) {
    queue_->MoveAllToActiveOrBackoffQueue(OwnedChange::Of<api::Node>(event, nullptr, node_));
  }

  // "active", "backoff", ...; "" if the pod does not wait.
  std::string WhereIs(const std::string& name) const {
    std::string where;
    queue_->Visit([&](QueueName queue, const QueuedPod& pod) {
      if (pod.pod->meta.name == name) where += Name(queue);
    });
    return where;
  }

  support::FakeClock clock_;
  FakePlugins plugins_;
  RecordingObserver observer_;
  std::shared_ptr<const api::Node> node_ = support::NodeBuilder("n").Build();
  std::unique_ptr<SchedulingQueue> queue_ =
      std::make_unique<SchedulingQueue>(SchedulingQueue::Options(), clock_, plugins_, observer_);
};

}  // namespace berth::queue
