// Random clusters in virtual time against a driver that is written plainly: first fit, and the
// rules of the queue by looking at every pod.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "scheduler/base/random.h"
#include "scheduler/config/load.h"
#include "tests/simulate/timed_yaml.h"
#include "tests/support/seed.h"

namespace berth::simulate {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kFlush = 30 * kSecond;
constexpr std::int64_t kTooLong = 300 * kSecond;

// Pods that fit somewhere go to the first node in the order of the input.
constexpr const char* kFirstFit = R"(
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  plugins:
    multiPoint: {disabled: [{name: "*"}]}
    queueSort: {enabled: [{name: PrioritySort}]}
    preFilter: {enabled: [{name: NodeResourcesFit}]}
    filter: {enabled: [{name: NodeResourcesFit}]}
    bind: {enabled: [{name: DefaultBinder}]}
)";

struct Pod {
  std::int64_t arrival;
  std::int64_t duration;
  int cpu;
  int priority;
};

struct Outcome {
  int node = -1;
  std::int64_t started = -1;
  std::int64_t attempts = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Times are multiples of half a second, and no rule looks closer.
class PlainDriver {
 public:
  PlainDriver(const std::vector<Pod>& pods, std::vector<int> nodes)
      : pods_(pods), free_(std::move(nodes)), states_(pods.size()) {}

  std::vector<Outcome> Run() {
    for (std::int64_t now = 0; now <= Last(); now = Next(now)) {
      Leave(now);
      for (std::size_t i = 0; i < pods_.size(); ++i) {
        if (pods_[i].arrival == now) states_[i] = {Where::kActive, now, 0, 0, next_number_++, 0};
      }
      if (now % kFlush == 0) WakeOld(now);
      TryAll(now);
    }
    return outcomes();
  }

 private:
  enum class Where { kOutside, kActive, kBackoff, kUnschedulable, kRunning, kGone };
  struct State {
    Where where = Where::kOutside;
    std::int64_t timestamp = 0;
    int failures = 0;
    std::int64_t backoff_end = 0;
    int number = 0;  // as they came
    std::int64_t end = 0;
    Outcome outcome = {};
  };

  std::int64_t Last() const {
    std::int64_t last = -1;
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      if (states_[i].where == Where::kOutside) last = std::max(last, pods_[i].arrival);
      if (states_[i].where == Where::kRunning) last = std::max(last, states_[i].end);
    }
    return last;
  }

  std::int64_t Next(std::int64_t now) const {
    std::int64_t next = (now / kFlush + 1) * kFlush;
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      if (states_[i].where == Where::kOutside) next = std::min(next, pods_[i].arrival);
      if (states_[i].where == Where::kRunning) next = std::min(next, states_[i].end);
    }
    return next;
  }

  void Wake(State& state, std::int64_t now) {
    const bool is_over = state.backoff_end < now / kSecond * kSecond;
    state.where = is_over ? Where::kActive : Where::kBackoff;
  }

  // Whoever was refused for want of cpu is woken when cpu is given back.
  void Leave(std::int64_t now) {
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      State& state = states_[i];
      if (state.where != Where::kRunning || state.end != now) continue;
      state.where = Where::kGone;
      free_[static_cast<std::size_t>(state.outcome.node)] += pods_[i].cpu;
      for (State& other : states_) {
        if (other.where == Where::kUnschedulable) Wake(other, now);
      }
    }
  }

  void WakeOld(std::int64_t now) {
    for (State& state : states_) {
      if (state.where == Where::kUnschedulable && state.timestamp < now - kTooLong) {
        Wake(state, now);
      }
    }
  }

  void TryAll(std::int64_t now) {
    while (true) {
      std::size_t first = pods_.size();
      for (std::size_t i = 0; i < pods_.size(); ++i) {
        const bool waits =
            states_[i].where == Where::kActive || states_[i].where == Where::kBackoff;
        if (waits && (first == pods_.size() || Rank(i) < Rank(first))) first = i;
      }
      if (first == pods_.size()) return;
      Try(first, now);
    }
  }

  std::tuple<bool, std::int64_t, int, std::int64_t, int> Rank(std::size_t pod) const {
    const State& state = states_[pod];
    const bool in_backoff = state.where == Where::kBackoff;
    return {in_backoff, in_backoff ? state.backoff_end : 0, -pods_[pod].priority, state.timestamp,
            state.number};
  }

  void Try(std::size_t pod, std::int64_t now) {
    State& state = states_[pod];
    ++state.outcome.attempts;
    for (std::size_t node = 0; node < free_.size(); ++node) {
      if (free_[node] < pods_[pod].cpu) continue;
      free_[node] -= pods_[pod].cpu;
      state.where = Where::kRunning;
      state.end = now + pods_[pod].duration;
      state.outcome.node = static_cast<int>(node);
      state.outcome.started = now;
      return;
    }
    const std::int64_t pause =
        std::min<std::int64_t>(10, std::int64_t{1} << std::min(state.failures, 10));
    ++state.failures;
    state.where = Where::kUnschedulable;
    state.timestamp = now;
    state.backoff_end = (now + pause * kSecond) / kSecond * kSecond;
  }

  std::vector<Outcome> outcomes() const {
    std::vector<Outcome> all;
    for (const State& state : states_) all.push_back(state.outcome);
    return all;
  }

  const std::vector<Pod>& pods_;
  std::vector<int> free_;
  std::vector<State> states_;
  int next_number_ = 0;
};

class TimePropertyTest : public support::RandomTest {};

std::vector<Pod> RandomPods(base::Random& random, int cores) {
  std::vector<Pod> pods;
  const auto until = static_cast<std::uint64_t>(random.Chance(1, 2) ? 200 : 2000);
  for (int i = 0; i < 60; ++i) {
    pods.push_back({static_cast<std::int64_t>(random.Below(until)) * kSecond / 2,
                    static_cast<std::int64_t>(1 + random.Below(300)) * kSecond / 2,
                    static_cast<int>(1 + random.Below(static_cast<std::uint64_t>(cores))),
                    static_cast<int>(random.Below(3))});
    if (random.Chance(1, 20)) pods.back().cpu = 100;  // fits nowhere
    if (random.Chance(1, 20)) pods.back().duration *= 8;
  }
  pods.front().arrival = 0;  // the beginning
  return pods;
}

std::string YamlOf(const std::vector<Pod>& pods, const std::vector<int>& nodes) {
  std::string yaml;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    yaml += TimedNode("n" + std::to_string(i), std::to_string(nodes[i]));
  }
  const auto text = [](std::int64_t time) {
    return std::to_string(time / (kSecond / 1000)) + "ms";
  };
  for (std::size_t i = 0; i < pods.size(); ++i) {
    yaml += Yaml({"p" + std::to_string(i), text(pods[i].arrival), text(pods[i].duration),
                  std::to_string(pods[i].cpu), pods[i].priority});
  }
  return yaml;
}

std::vector<Outcome> OutcomesOf(const VirtualTime& time) {
  std::vector<Outcome> outcomes;
  for (const PodTimes& pod : time.pods) {
    outcomes.push_back({pod.node.empty() ? -1 : std::stoi(pod.node.substr(1)),
                        pod.started.value_or(-1), pod.attempts});
  }
  return outcomes;
}

// At each moment, from what is told of the pods alone.
void ExpectNoNodeIsGivenTooMuch(const VirtualTime& time, const std::vector<Pod>& pods,
                                const std::vector<int>& nodes) {
  for (const Instant& instant : time.timeline) {
    std::map<std::string, int> used;
    for (std::size_t i = 0; i < pods.size(); ++i) {
      const PodTimes& pod = time.pods[i];
      const bool runs =
          pod.started && *pod.started <= instant.nanoseconds &&
          pod.finished.value_or(std::numeric_limits<std::int64_t>::max()) > instant.nanoseconds;
      if (runs) used[pod.node] += pods[i].cpu;
    }
    int sum = 0;
    for (const auto& [node, cpu] : used) {
      EXPECT_LE(cpu, nodes[static_cast<std::size_t>(std::stoi(node.substr(1)))]) << node;
      sum += cpu;
    }
    EXPECT_EQ(instant.used[0], sum * 1000) << "at " << instant.nanoseconds;
    EXPECT_EQ(instant.arrived, instant.running + instant.pending + instant.finished + instant.lost);
  }
}

TEST_F(TimePropertyTest, DecidesAsAPlainDriverDoes) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<int> nodes;
    const std::uint64_t count = 1 + random.Below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      nodes.push_back(static_cast<int>(2 + random.Below(4)));
    }
    const int cores = *std::ranges::max_element(nodes);
    const std::vector<Pod> pods = RandomPods(random, cores);
    const std::string yaml = YamlOf(pods, nodes);
    TimedSetup setup;
    const auto config = config::LoadText(kFirstFit, "first fit");
    ASSERT_TRUE(config) << config.error().message();
    setup.config = *config;
    setup.simulation.algorithm.tie_break = cycle::TieBreak::kFirst;
    const TimedResult result = InTime(yaml, setup);
    ASSERT_EQ(result.time.pods.size(), pods.size());

    const auto plain = PlainDriver(pods, nodes).Run();
    const auto ours = OutcomesOf(result.time);
    for (std::size_t i = 0; i < pods.size(); ++i) {
      EXPECT_EQ(ours[i].node, plain[i].node) << "p" << i;
      EXPECT_EQ(ours[i].started, plain[i].started) << "p" << i;
      EXPECT_EQ(ours[i].attempts, plain[i].attempts) << "p" << i;
      EXPECT_EQ(ours[i].node >= 0, pods[i].cpu <= cores) << "p" << i;
    }
    ExpectNoNodeIsGivenTooMuch(result.time, pods, nodes);

    // With each decision made, and the input decoded by several threads.
    setup.simulation.write_decision = [](std::string_view) {};
    setup.threads = 4;
    const TimedResult again = InTime(yaml, setup);
    EXPECT_EQ(TimelineCsv(again.time), TimelineCsv(result.time));
    EXPECT_EQ(PodTimesCsv(again.time), PodTimesCsv(result.time));
  }
}

// Everything that the default profile looks at, with preemption: whoever can fit ends on a node,
// and it comes out the same each time.
TEST_F(TimePropertyTest, LetsEveryPodRunThatCan) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::vector<int> nodes = {4, 3, 5};
    const std::vector<Pod> pods = RandomPods(random, 5);
    const std::string yaml = YamlOf(pods, nodes);
    TimedSetup setup;
    setup.simulation.preemption = PreemptionMode::kApply;
    setup.simulation.requeue_evicted = true;
    const TimedResult result = InTime(yaml, setup);
    for (std::size_t i = 0; i < pods.size(); ++i) {
      EXPECT_EQ(result.time.pods[i].finished.has_value(), pods[i].cpu <= 5) << "p" << i;
    }
    EXPECT_EQ(result.time.timeline.back().running, 0);
    EXPECT_EQ(result.time.timeline.back().used[0], 0);
    EXPECT_EQ(PodTimesCsv(InTime(yaml, setup).time), PodTimesCsv(result.time));
  }
}

}  // namespace
}  // namespace berth::simulate
