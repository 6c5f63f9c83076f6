// Random operations, held against a model that says the rules as plainly as possible: lists that
// are searched, and one sequence of popped pods and events.
#include <variant>

#include "scheduler/base/random.h"
#include "tests/queue/support.h"
#include "tests/support/seed.h"

namespace berth::queue {
namespace {

using framework::QueueingStrategy;

constexpr std::int64_t kSecond = 1'000'000'000;

// Where a pod is, in words; of popped pods there is nothing here.
struct ModelPod {
  QueuedPod info;
  std::string where;
};

class Model {
 public:
  Model(const support::FakeClock& clock, const FakePlugins& plugins)
      : clock_(clock), plugins_(plugins) {}

  void Add(const PodPtr& pod) {
    if (InFlight(*pod)) return;
    Erase(pod->meta.name);
    AddNew(pod);
  }

  void Update(const PodPtr& before, const PodPtr& after) {
    const auto events = Wanted(before, after);
    if (InFlight(*after)) {
      for (const auto& event : events)
        sequence_.emplace_back(OwnedChange::Of(event, before, after));
      return;
    }
    ModelPod* pod = Find(after->meta.name);
    if (pod != nullptr && pod->info.pod->meta.uid != after->meta.uid) {
      Erase(after->meta.name);
      pod = nullptr;
    }
    if (pod == nullptr) return AddNew(after);
    pod->info.pod = after;
    for (const auto& event : events) {
      if (pod->where != "unschedulable") return;
      Wake(*pod, {event, before.get(), after.get()});
    }
  }

  void Delete(const api::Pod& pod) {
    const ModelPod* known = Find(pod.meta.name);
    if (known != nullptr && known->info.pod->meta.uid == pod.meta.uid) Erase(pod.meta.name);
  }

  std::optional<QueuedPod> Pop() {
    ModelPod* best = First("active");
    if (best == nullptr) best = First("backoff");
    if (best == nullptr) return std::nullopt;
    QueuedPod popped = best->info;
    Erase(popped.pod->meta.name);
    ++popped.attempts;
    popped.rejectors = {};
    sequence_.emplace_back(popped.pod);
    return popped;
  }

  bool Fail(QueuedPod popped, const PodPtr& fresh, const framework::Rejectors& rejectors) {
    const auto changes = ChangesSince(*fresh);
    Done(*fresh);
    if (Find(fresh->meta.name) != nullptr) return false;
    popped.pod = fresh;
    popped.rejectors = rejectors;
    popped.timestamp = clock_.Now();
    popped.was_flushed = false;
    popped.consecutive_errors = rejectors.empty() ? popped.consecutive_errors + 1 : 0;
    if (!rejectors.empty()) ++popped.unschedulable_count;
    popped.backoff_end = BackoffEnd(popped);
    auto strategy = changes ? QueueingStrategy::kSkip : QueueingStrategy::kAfterBackoff;
    if (rejectors.empty()) strategy = QueueingStrategy::kAfterBackoff;
    if (changes) {
      for (const OwnedChange& change : *changes) {
        strategy = std::max(strategy, plugins_.WorthRequeuing(popped, change.change));
      }
    }
    pods_.push_back({popped, ""});
    Requeue(pods_.back(), strategy);
    return true;
  }

  void Done(const api::Pod& pod) {
    std::erase_if(sequence_, [&](const auto& item) {
      const auto* popped = std::get_if<PodPtr>(&item);
      return popped != nullptr && (*popped)->meta.uid == pod.meta.uid;
    });
    while (!sequence_.empty() && std::holds_alternative<OwnedChange>(sequence_.front())) {
      sequence_.erase(sequence_.begin());
    }
  }

  void Move(const OwnedChange& change) {
    if (!plugins_.Wanted(change.change.event)) return;
    for (ModelPod& pod : pods_) {
      if (pod.where == "unschedulable") Wake(pod, change.change);
    }
    if (!sequence_.empty()) sequence_.emplace_back(change);
  }

  void Activate(const PodPtr& pod) {
    if (InFlight(*pod)) {
      sequence_.emplace_back(OwnedChange::Of<api::Pod>(framework::kForceActivate, nullptr, pod));
      return;
    }
    ModelPod* known = Find(pod->meta.name);
    if (known == nullptr) return;
    if (known->where == "unschedulable") {
      Requeue(*known, QueueingStrategy::kImmediately);
    } else {
      known->where = "active";
    }
  }

  void Flush(int half_minutes) {
    const auto end = start_ + half_minutes * 30s;
    for (ModelPod& pod : pods_) {
      const bool backs_off = pod.where == "backoff" || pod.where == "error";
      if (backs_off && !BacksOff(pod.info)) pod.where = "active";
      if (pod.where != "unschedulable" || half_minutes <= half_minutes_) continue;
      if (pod.info.gated() || end - pod.info.timestamp <= 5min) continue;
      pod.info.was_flushed = true;
      Wake(pod, {framework::kUnschedulableTimeout, {}, {}});
    }
    half_minutes_ = half_minutes;
  }

  bool InFlight(const api::Pod& pod) const {
    return std::ranges::any_of(sequence_, [&](const auto& item) {
      const auto* popped = std::get_if<PodPtr>(&item);
      return popped != nullptr && (*popped)->meta.uid == pod.meta.uid;
    });
  }

  std::size_t events() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sequence_, [](const auto& item) { return std::holds_alternative<OwnedChange>(item); }));
  }

  // Everything about all pods, for comparison.
  std::map<std::string, std::string> Describe() const {
    std::map<std::string, std::string> all;
    for (const ModelPod& pod : pods_) {
      const bool gated = pod.info.gated();
      const std::string where = pod.where == "error" ? "backoff" : pod.where;
      all[pod.info.pod->meta.name] = DescribeOne(gated ? "gated" : where, pod.info);
    }
    return all;
  }

  static std::string DescribeOne(std::string_view where, const QueuedPod& pod) {
    std::string text(where);
    for (const int number :
         {pod.attempts, pod.unschedulable_count, pod.consecutive_errors, pod.was_flushed ? 1 : 0}) {
      text += " " + std::to_string(number);
    }
    text += " " + std::to_string(pod.timestamp.time_since_epoch().count());
    text += " until " + std::to_string(pod.backoff_end) + " by";
    for (const auto name : pod.rejectors.unschedulable) text.append(" ").append(name);
    for (const auto name : pod.rejectors.pending) text.append(" pending ").append(name);
    return text + " " + pod.pod->meta.uid;
  }

 private:
  std::vector<ClusterEvent> Wanted(const PodPtr& before, const PodPtr& after) const {
    if (before->meta.labels == after->meta.labels) return {};
    return {kOwnLabel};
  }

  ModelPod* Find(const std::string& name) {
    const auto it = std::ranges::find_if(
        pods_, [&](const ModelPod& pod) { return pod.info.pod->meta.name == name; });
    return it == pods_.end() ? nullptr : &*it;
  }

  void Erase(const std::string& name) {
    std::erase_if(pods_, [&](const ModelPod& pod) { return pod.info.pod->meta.name == name; });
  }

  void AddNew(const PodPtr& pod) {
    QueuedPod info;
    info.pod = pod;
    info.arrival = ++arrivals_;
    info.timestamp = clock_.Now();
    pods_.push_back({info, ""});
    Requeue(pods_.back(), QueueingStrategy::kImmediately);
  }

  ModelPod* First(const std::string& where) {
    ModelPod* first = nullptr;
    for (ModelPod& pod : pods_) {
      if (pod.where != where) continue;
      if (first == nullptr || GoesBefore(pod.info, first->info, where)) first = &pod;
    }
    return first;
  }

  bool GoesBefore(const QueuedPod& a, const QueuedPod& b, const std::string& where) const {
    if (where == "backoff" && a.backoff_end != b.backoff_end) return a.backoff_end < b.backoff_end;
    if (plugins_.Less(a, b)) return true;
    return !plugins_.Less(b, a) && a.arrival < b.arrival;
  }

  // nullopt: the pod is not in flight.
  std::optional<std::vector<OwnedChange>> ChangesSince(const api::Pod& pod) const {
    if (!InFlight(pod)) return std::nullopt;
    std::vector<OwnedChange> changes;
    bool found = false;
    for (const auto& item : sequence_) {
      if (const auto* popped = std::get_if<PodPtr>(&item)) {
        found = found || (*popped)->meta.uid == pod.meta.uid;
      } else if (found) {
        changes.push_back(std::get<OwnedChange>(item));
      }
    }
    return changes;
  }

  // The clock begins at a whole second, and nobody sets it.
  std::int64_t BackoffEnd(const QueuedPod& pod) const {
    const int count = pod.consecutive_errors > 0 ? pod.consecutive_errors : pod.unschedulable_count;
    const std::int64_t seconds = count > 4 ? 10 : std::int64_t{1} << (count - 1);
    return (clock_.WallNanoseconds() + seconds * kSecond) / kSecond * kSecond;
  }

  bool BacksOff(const QueuedPod& pod) const {
    return pod.backoff_end >= clock_.WallNanoseconds() / kSecond * kSecond;
  }

  void Wake(ModelPod& pod, const framework::ObjectChange& change) {
    if (pod.info.gated() && !plugins_.WantedBy(pod.info.gating_plugin, change.event)) return;
    const auto strategy = plugins_.WorthRequeuing(pod.info, change);
    if (strategy != QueueingStrategy::kSkip) Requeue(pod, strategy);
  }

  void Requeue(ModelPod& pod, QueueingStrategy strategy) {
    pod.where = "unschedulable";
    if (strategy == QueueingStrategy::kSkip) return;
    pod.info.gating_plugin = plugins_.PreEnqueue(*pod.info.pod, pod.info.gating_plugin);
    if (pod.info.gated()) {
      auto& names = pod.info.rejectors.unschedulable;
      if (std::ranges::find(names, pod.info.gating_plugin) == names.end()) {
        names.push_back(pod.info.gating_plugin);
      }
      return;
    }
    const bool backs_off = pod.info.backoff_end != 0 && BacksOff(pod.info);
    pod.where = "active";
    if (strategy == QueueingStrategy::kImmediately || !backs_off) return;
    pod.where = pod.info.rejectors.empty() ? "error" : "backoff";
  }

  const support::FakeClock& clock_;
  const FakePlugins& plugins_;
  std::vector<ModelPod> pods_;
  std::vector<std::variant<PodPtr, OwnedChange>> sequence_;
  std::uint64_t arrivals_ = 0;
  base::Clock::Steady start_ = clock_.Now();
  int half_minutes_ = 0;
};

// Plays both sides.
class Play {
 public:
  explicit Play(std::uint64_t seed) : random_(seed), model_(clock_, plugins_) {
    plugins_.registrations.push_back({"gate", kOwnLabel});
    plugins_.registrations.push_back({"second gate", kNodeLabel});
    plugins_.hint = [](std::string_view plugin, const api::Pod& pod,
                       const framework::ObjectChange& change) {
      std::string text = std::string(plugin) + pod.meta.name;
      if (const auto* node = std::get_if<const api::Node*>(&change.after)) {
        text += (*node)->meta.name;
      }
      return std::hash<std::string>()(text) % 3 != 0;
    };
    for (int i = 0; i < 6; ++i) {
      nodes_.push_back(support::NodeBuilder("n" + std::to_string(i)).Build());
    }
  }

  void Step() {
    switch (random_.Below(12)) {
      case 0:
      case 1:
        return Add();
      case 2:
        return Update();
      case 3:
        return Delete();
      case 4:
      case 5:
      case 6:
        return Pop();
      case 7:
      case 8:
        return Fail();
      case 9:
        return Move();
      case 10:
        return random_.Chance(1, 3) ? Activate() : Done();
      default:
        return PassTime();
    }
  }

  // A pod that waits is where the model says, and in no other queue.
  void Check() {
    std::map<std::string, std::string> all;
    SchedulingQueue::Counts counts;
    queue_.Visit([&](QueueName where, const QueuedPod& pod) {
      EXPECT_FALSE(all.contains(pod.pod->meta.name));
      all[pod.pod->meta.name] = Model::DescribeOne(Name(where), pod);
      counts.active += where == QueueName::kActive ? 1 : 0;
      counts.backoff += where == QueueName::kBackoff ? 1 : 0;
      counts.unschedulable += where == QueueName::kUnschedulable ? 1 : 0;
      counts.gated += where == QueueName::kGated ? 1 : 0;
      EXPECT_EQ(queue_.Find("default", pod.pod->meta.name), &pod);
    });
    EXPECT_EQ(all, model_.Describe());
    EXPECT_EQ(counts, queue_.counts());
    std::size_t events = 0;
    for (const auto& [label, count] : queue_.InFlightEvents()) {
      if (label != "PodPopped") events += count;
    }
    EXPECT_EQ(events, model_.events());
    CheckRejectors();
  }

 private:
  void CheckRejectors() {
    std::map<std::string, int> counted;
    queue_.Visit([&](QueueName, const QueuedPod& pod) {
      for (const auto name : pod.rejectors.unschedulable) ++counted[std::string(name)];
      for (const auto name : pod.rejectors.pending) ++counted[std::string(name)];
    });
    for (const auto& [name, count] : observer_.rejectors) EXPECT_EQ(count, counted[name]) << name;
  }

  PodPtr RandomPod() {
    const auto number = std::to_string(random_.Below(12));
    auto pod = MakePod("p" + number, static_cast<std::int32_t>(random_.Below(3)),
                       number + "-" + std::to_string(random_.Below(2)));
    if (random_.Chance(1, 2)) pod = Labelled(pod, "k", std::to_string(random_.Below(2)));
    if (random_.Chance(1, 6)) pod = Labelled(pod, "gate", random_.Chance(1, 2) ? "on" : "second");
    return pod;
  }

  framework::Rejectors RandomRejectors() {
    framework::Rejectors rejectors;
    for (const std::string_view name : {"Fit", "Affinity", "Nobody"}) {
      if (random_.Chance(1, 3)) rejectors.unschedulable.push_back(name);
    }
    if (random_.Chance(1, 4)) rejectors.pending.push_back("Devices");
    return rejectors;
  }

  void Add() {
    const auto pod = RandomPod();
    queue_.Add(pod);
    model_.Add(pod);
  }

  void Update() {
    const auto after = RandomPod();
    const QueuedPod* known = queue_.Find("default", after->meta.name);
    PodPtr before = known != nullptr ? known->pod : after;
    // Labels only, so that the model need not know what else there is.
    if (before->meta.uid != after->meta.uid) before = after;
    queue_.Update(before, after);
    model_.Update(before, after);
  }

  void Delete() {
    const auto pod = RandomPod();
    queue_.Delete(*pod);
    model_.Delete(*pod);
  }

  void Pop() {
    const auto popped = queue_.Pop();
    const auto expected = model_.Pop();
    ASSERT_EQ(popped.has_value(), expected.has_value());
    if (!popped) return;
    ASSERT_EQ(popped->pod, expected->pod) << popped->pod->meta.name;
    popped_.push_back(*popped);
  }

  // Of one that was popped some time ago; now and then of one that is done already.
  void Fail() {
    if (popped_.empty()) return;
    const auto which = static_cast<std::ptrdiff_t>(random_.Below(popped_.size()));
    const QueuedPod popped = popped_[static_cast<std::size_t>(which)];
    popped_.erase(popped_.begin() + which);
    const auto rejectors = RandomRejectors();
    const PodPtr fresh = random_.Chance(1, 2) ? popped.pod : Labelled(popped.pod, "fresh", "yes");
    const auto added = queue_.AddUnschedulableIfNotPresent(popped, fresh, rejectors);
    EXPECT_EQ(added.has_value(), model_.Fail(popped, fresh, rejectors));
  }

  void Done() {
    if (popped_.empty()) return;
    const PodPtr pod = popped_[random_.Below(popped_.size())].pod;
    queue_.Done(*pod);
    model_.Done(*pod);
  }

  void Move() {
    const ClusterEvent events[] = {
        kNodeAdd, kNodeLabel, kPodDelete, {EventResource::kStorageClass, framework::kAdd}};
    const auto change = OwnedChange::Of<api::Node>(events[random_.Below(4)], nullptr,
                                                   nodes_[random_.Below(nodes_.size())]);
    queue_.MoveAllToActiveOrBackoffQueue(change);
    model_.Move(change);
  }

  void Activate() {
    const PodPtr pods[] = {RandomPod()};
    queue_.Activate(pods);
    model_.Activate(pods[0]);
  }

  void PassTime() {
    const auto next = queue_.NextFlush();
    const bool to_next = next != base::Clock::Steady::max() && random_.Chance(1, 2);
    if (to_next && next > clock_.Now() + 1ns) {
      clock_.Advance(next - clock_.Now() - 1ns);
      observer_.incoming.clear();
      Flush();
      EXPECT_TRUE(observer_.incoming.empty()) << "nothing was due yet";
      clock_.Advance(1ns);
      const std::size_t gated = queue_.counts().gated;
      Flush();
      const bool held_back = queue_.counts().gated > gated;
      EXPECT_TRUE(held_back || !observer_.incoming.empty()) << "something was due";
    } else {
      clock_.Advance(std::chrono::milliseconds(random_.Below(random_.Chance(1, 8) ? 60'000 : 700)));
      Flush();
    }
    EXPECT_GT(queue_.NextFlush(), clock_.Now());
  }

  void Flush() {
    queue_.Flush();
    model_.Flush(static_cast<int>((clock_.Now() - start_) / 30s));
  }

  base::Random random_;
  support::FakeClock clock_;
  base::Clock::Steady start_ = clock_.Now();
  FakePlugins plugins_;
  RecordingObserver observer_;
  std::vector<std::shared_ptr<const api::Node>> nodes_;
  std::vector<QueuedPod> popped_;
  SchedulingQueue queue_{{}, clock_, plugins_, observer_};
  Model model_;
};

class QueueModel : public support::RandomTest {};

TEST_F(QueueModel, DoesTheSameAsTheQueue) {
  for (std::uint64_t round = 0; round < 60; ++round) {
    SCOPED_TRACE(support::SeedNote() + " round " + std::to_string(round));
    Play play(support::TestSeed() + round);
    for (int step = 0; step < 600; ++step) {
      play.Step();
      play.Check();
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace berth::queue
