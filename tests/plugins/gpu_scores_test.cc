// The scores of the GPU sharing policies, against their rules told one node at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "scheduler/api/gpu_names.h"
#include "scheduler/base/random.h"
#include "tests/support/plugin_harness.h"
#include "tests/support/seed.h"

namespace berth::plugins {
namespace {

using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::ScoresByNode;

struct Asked {
  int cpu = 0;  // cores
  int gpus = 0;
  int milli = 0;
};

PodBuilder Pod(const Asked& asked, const std::string& index = "") {
  PodBuilder pod("p");
  pod.Requests({{"cpu", std::to_string(asked.cpu)}});
  if (asked.gpus > 0) {
    pod.pod().meta.annotations[api::kGpuCountAnnotation] = std::to_string(asked.gpus);
    pod.pod().meta.annotations[api::kGpuMilliAnnotation] = std::to_string(asked.milli);
  }
  if (!index.empty()) pod.pod().meta.annotations[api::kGpuIndexAnnotation] = index;
  return pod;
}

// A node as the rules see it.
struct Box {
  std::string name;
  double cpu_free = 0;  // cores
  std::vector<int> free;
  std::vector<int> classes;  // of the pods with GPUs: 0 for shares, else how many

  double gpu_free() const { return std::accumulate(free.begin(), free.end(), 0.0); }
  bool Fits(const Asked& asked) const {
    const int each = asked.gpus > 0 ? asked.milli : 0;
    return std::ranges::count_if(free, [&](int left) { return left >= each; }) >= asked.gpus;
  }
};

int ClassOf(const Asked& asked) { return asked.milli < 1000 ? 0 : asked.gpus; }

// Random boxes, the same in the harness and as plain values.
std::vector<Box> FillBoxes(PluginHarness& harness, base::Random& random) {
  std::vector<Box> boxes;
  for (int i = 0; i < 90; ++i) {
    Box& box = boxes.emplace_back();
    box.name = "n" + std::to_string(i);
    const int cores = 32 + static_cast<int>(random.Below(96));
    const int gpus = static_cast<int>(random.Below(9));
    box.free.assign(static_cast<std::size_t>(gpus), 1000);
    box.cpu_free = cores;
    harness.AddNode(NodeBuilder(box.name).Allocatable({{"cpu", std::to_string(cores)},
                                                       {"pods", "100"},
                                                       {"nvidia.com/gpu", std::to_string(gpus)}}));
    for (auto left = random.Below(6); left > 0 && gpus > 0; --left) {
      const auto device = random.Below(static_cast<std::uint64_t>(gpus));
      const int milli = random.Chance(1, 3) ? 1000 : static_cast<int>(1 + random.Below(999));
      if (box.free[device] < milli) continue;
      const Asked asked{static_cast<int>(random.Below(6)), 1, milli};
      harness.Place(Pod(asked, std::to_string(device)), box.name);
      box.free[device] -= milli;
      box.cpu_free -= asked.cpu;
      box.classes.push_back(ClassOf(asked));
    }
  }
  return boxes;
}

Asked RandomAsked(base::Random& random) {
  Asked asked{static_cast<int>(random.Below(16)), static_cast<int>(random.Below(5)), 1000};
  if (asked.gpus == 1 && random.Chance(2, 3)) asked.milli = static_cast<int>(1 + random.Below(999));
  return asked;
}

using Rule = std::int64_t (*)(const Box&, const Asked&);

std::int64_t BestFitRule(const Box& box, const Asked& asked) {
  const double cpu = (box.cpu_free - asked.cpu) / 128;
  const double gpu = (box.gpu_free() - asked.gpus * asked.milli) / 8000;
  return static_cast<std::int64_t>(100 * (1 - (0.5 * cpu + 0.5 * gpu)));
}

std::int64_t DotProductRule(const Box& box, const Asked& asked) {
  const double cpu = box.cpu_free / 128 * (asked.cpu / 128.0);
  const double gpu = box.gpu_free() / 8000 * (asked.gpus * asked.milli / 8000.0);
  return static_cast<std::int64_t>(100 * (1 - (cpu + gpu) / 2));
}

std::int64_t GpuPackingRule(const Box& box, const Asked& asked) {
  auto left = box.free;
  std::ranges::sort(left);
  const auto count = static_cast<int>(left.size());
  if (left.front() == 1000) return std::max(33 - count, count);
  int needed = asked.gpus;
  int free_used = 0;
  double percent_left = 0;
  for (const int milli : left) {
    if (needed == 0 || milli < asked.milli) continue;
    --needed;
    free_used += milli == 1000 ? 1 : 0;
    percent_left += milli / 10.0;
  }
  if (free_used > 0) return std::max(50 - free_used, 33);
  return std::max(static_cast<int>(100 - percent_left / 10), 50);
}

std::int64_t GpuClusteringRule(const Box& box, const Asked& asked) {
  const auto same = std::ranges::count(box.classes, ClassOf(asked));
  int band = 0;
  if (box.classes.empty()) {
    band = 25;
  } else if (same == std::ssize(box.classes)) {
    band = 75;
  } else if (same > 0) {
    band = 50;
  }
  return band + static_cast<std::int64_t>(25 * (8000 - box.gpu_free()) / 8000);
}

class GpuScoresTest : public support::RandomTest {
 protected:
  // Holds the raw scores of feasible nodes against the rule, for many random pods.
  static void Compare(const std::string& plugin, Rule rule, bool scores_pods_without_gpus) {
    SCOPED_TRACE(support::SeedNote());
    base::Random random(support::TestSeed());
    PluginHarness harness(plugin);
    const auto boxes = FillBoxes(harness, random);
    for (int i = 0; i < 50; ++i) {
      const Asked asked = RandomAsked(random);
      if (asked.gpus == 0 && !scores_pods_without_gpus) continue;
      const ScoresByNode scores = harness.RawScores(Pod(asked));
      for (const Box& box : boxes) {
        if (!box.Fits(asked)) continue;
        ASSERT_EQ(scores.at(box.name), rule(box, asked))
            << box.name << ": " << asked.cpu << " cores, " << asked.gpus << " x " << asked.milli;
      }
    }
  }
};

TEST_F(GpuScoresTest, BestFit) { Compare("BestFit", BestFitRule, true); }
TEST_F(GpuScoresTest, DotProduct) { Compare("DotProduct", DotProductRule, true); }
TEST_F(GpuScoresTest, GpuPacking) { Compare("GpuPacking", GpuPackingRule, false); }
TEST_F(GpuScoresTest, GpuClustering) { Compare("GpuClustering", GpuClusteringRule, false); }

TEST(BestFit, IsStretchedToTheWholeRange) {
  PluginHarness harness("BestFit");
  harness.AddNode(NodeBuilder("small").Allocatable({{"cpu", "8"}, {"pods", "9"}}));
  harness.AddNode(NodeBuilder("middle").Allocatable({{"cpu", "64"}, {"pods", "9"}}));
  harness.AddNode(NodeBuilder("large").Allocatable({{"cpu", "120"}, {"pods", "9"}}));
  const auto scores = harness.Scores(Pod({4, 0, 0}));
  EXPECT_EQ(scores.at("small"), 100);
  EXPECT_EQ(scores.at("large"), 0);
  EXPECT_GT(scores.at("middle"), 40);
  EXPECT_LT(scores.at("middle"), 60);
}

TEST(BestFit, IsZeroWhereAllAreEqual) {
  PluginHarness harness("BestFit");
  harness.AddNode(NodeBuilder("a").Allocatable({{"cpu", "8"}, {"pods", "9"}}));
  harness.AddNode(NodeBuilder("b").Allocatable({{"cpu", "8"}, {"pods", "9"}}));
  EXPECT_EQ(harness.Scores(Pod({4, 0, 0})), (ScoresByNode{{"a", 0}, {"b", 0}}));
}

config::TypicalGpuPod Typical(int cpu, int gpus, int milli, int weight) {
  config::TypicalGpuPod pod;
  pod.milli_cpu = cpu * 1000;
  pod.gpu_count = gpus;
  pod.gpu_milli = milli;
  pod.weight = weight;
  return pod;
}

class FragmentationGradientDescentTest : public support::RandomTest {};

TEST_F(FragmentationGradientDescentTest, FollowsTheSigmoidOfTheDifference) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  config::FragmentationGradientDescentArgs args;
  args.typical_pods = {Typical(4, 1, 500, 3), Typical(8, 2, 1000, 1), Typical(2, 0, 1000, 1),
                       Typical(48, 1, 200, 2)};
  PluginHarness harness("FragmentationGradientDescent", args);
  const auto boxes = FillBoxes(harness, random);
  const auto fragmentation = [&](const std::vector<int>& free, double cpu) {
    double sum = 0;
    const double all = std::accumulate(free.begin(), free.end(), 0.0);
    for (const auto& pod : args.typical_pods) {
      double enough = 0;
      double useless = 0;
      for (const int left : free) {
        (left >= pod.gpu_milli ? enough : useless) += left >= pod.gpu_milli ? 1 : left;
      }
      const bool fits = pod.gpu_count > 0 && enough >= pod.gpu_count &&
                        cpu * 1000 >= static_cast<double>(pod.milli_cpu);
      sum += pod.weight / 7.0 * (fits ? useless : all);
    }
    return sum;
  };
  for (int i = 0; i < 50; ++i) {
    const Asked asked = RandomAsked(random);
    const ScoresByNode scores = harness.RawScores(Pod(asked));
    for (const Box& box : boxes) {
      if (!box.Fits(asked)) continue;
      const double cpu_left = box.cpu_free - asked.cpu;
      double after = 0;
      if (asked.gpus == 1 && asked.milli < 1000) {
        after = 1e18;
        for (std::size_t device = 0; device < box.free.size(); ++device) {
          if (box.free[device] < asked.milli) continue;
          auto later = box.free;
          later[device] -= asked.milli;
          after = std::min(after, fragmentation(later, cpu_left));
        }
      } else {
        auto later = box.free;
        int needed = asked.gpus;
        for (int& left : later) {
          if (needed == 0 || left < 1000) continue;
          left = 0;
          --needed;
        }
        after = fragmentation(later, cpu_left);
      }
      const double change = (fragmentation(box.free, box.cpu_free) - after) / 1000;
      const double exact = 100 / (1 + std::exp(-change));
      // Where it is a whole number, rounding decides.
      ASSERT_LE(static_cast<double>(scores.at(box.name)), exact + 1e-9) << box.name;
      ASSERT_GE(static_cast<double>(scores.at(box.name)), exact - 1 - 1e-9) << box.name;
    }
  }
}

TEST(Random, GivesEachNodeItsTurn) {
  std::map<std::string, int> chosen;
  for (std::int64_t seed = 0; seed < 300; ++seed) {
    PluginHarness harness("Random", config::RandomArgs{seed});
    for (const std::string name : {"a", "b", "c"}) harness.AddNode(NodeBuilder(name));
    const auto scores = harness.RawScores(Pod({1, 0, 0}));
    EXPECT_EQ(scores, harness.RawScores(Pod({1, 0, 0}))) << "nothing has happened in between";
    std::int64_t sum = 0;
    for (const auto& [name, score] : scores) {
      sum += score;
      chosen[name] += score == 100 ? 1 : 0;
    }
    EXPECT_EQ(sum, 100);
  }
  for (const std::string name : {"a", "b", "c"}) EXPECT_GT(chosen[name], 50) << name;
}

}  // namespace
}  // namespace berth::plugins
