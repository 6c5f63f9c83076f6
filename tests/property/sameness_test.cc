// What must make no difference to any decision: warm or cold caches, the instruction set, doing it
// again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/property/world.h"
#include "tests/support/seed.h"
#include "tests/support/simd_targets.h"

namespace berth::property {
namespace {

using framework::ColumnCaching;

constexpr std::uint64_t kSequences = 200;
constexpr int kSteps = 60;

WorldOptions OptionsOf(std::uint64_t seed, ColumnCaching caching) {
  base::Random random(seed);
  constexpr cycle::TieBreak kRules[] = {cycle::TieBreak::kKube, cycle::TieBreak::kFirst,
                                        cycle::TieBreak::kRoundRobin, cycle::TieBreak::kRandom};
  WorldOptions options;
  options.seed = seed;
  options.caching = caching;
  options.nodes = 1 + random.Below(24);
  if (random.Chance(1, 8)) options.nodes = 110 + random.Below(60);  // enough to be sampled
  if (random.Chance(1, 2)) options.algorithm.percentage_of_nodes_to_score = 0;
  options.algorithm.tie_break = kRules[random.Below(std::size(kRules))];
  options.algorithm.seed = random.Next();
  options.profile = VariedProfile(random.Next());
  return options;
}

std::string TranscriptOf(std::uint64_t seed, ColumnCaching caching) {
  World world(OptionsOf(seed, caching));
  world.Steps(kSteps);
  return world.transcript();
}

// The first line in which two transcripts differ, both ways; empty if they are equal.
std::string Difference(std::string_view a, std::string_view b) {
  if (a == b) return "";
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  const auto start = at == 0 ? 0 : a.rfind('\n', at - 1) + 1;
  const auto line = [&](std::string_view text) {
    return std::string(text.substr(start, text.find('\n', start) - start));
  };
  return line(a) + "\n" + line(b);
}

class Sameness : public support::RandomTest {
 protected:
  template <typename Body>
  void ForEachSeed(std::uint64_t count, Body body) {
    base::Random seeds(support::TestSeed());
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
      SCOPED_TRACE(support::SeedNote() + ", sequence " + std::to_string(i));
      body(seeds.Next());
    }
  }
};

TEST_F(Sameness, WarmCachesChangeNoDecision) {
  ForEachSeed(kSequences, [](std::uint64_t seed) {
    EXPECT_EQ(
        Difference(TranscriptOf(seed, ColumnCaching::kOn), TranscriptOf(seed, ColumnCaching::kOff)),
        "");
  });
}

// Pods of a few templates on nodes that stay as they are: decided over groups of like nodes.
WorldOptions TemplateOptionsOf(std::uint64_t seed, ColumnCaching caching) {
  base::Random random(seed);
  WorldOptions options = OptionsOf(seed, caching);
  options.algorithm.percentage_of_nodes_to_score.reset();
  options.templates = 1 + random.Below(5);
  options.calm = true;
  options.nodes = 2 + random.Below(random.Chance(1, 4) ? 300 : 30);
  return options;
}

TEST_F(Sameness, GroupsOfLikeNodesChangeNoDecision) {
  int by_groups = 0;
  ForEachSeed(kSequences, [&](std::uint64_t seed) {
    World grouped(TemplateOptionsOf(seed, ColumnCaching::kOn));
    World plain(TemplateOptionsOf(seed, ColumnCaching::kOff));
    for (World* world : {&grouped, &plain}) world->Steps(2 * kSteps);
    EXPECT_EQ(Difference(grouped.transcript(), plain.transcript()), "");
    EXPECT_EQ(plain.decided_by_groups(), 0);
    by_groups += grouped.decided_by_groups();
  });
  EXPECT_GT(by_groups, static_cast<int>(kSequences));  // else nothing was tested
}

// Devices come, go and are taken, by claims and by extended resources.
std::string TranscriptWithDevices(std::uint64_t seed, ColumnCaching caching) {
  base::Random random(seed);
  WorldOptions options =
      random.Chance(1, 2) ? OptionsOf(seed, caching) : TemplateOptionsOf(seed, caching);
  options.nodes = 1 + random.Below(24);
  options.devices = true;
  World world(std::move(options));
  world.Steps(2 * kSteps);
  return world.transcript();
}

TEST_F(Sameness, WarmCachesChangeNoDecisionAboutDevices) {
  ForEachSeed(kSequences, [](std::uint64_t seed) {
    EXPECT_EQ(Difference(TranscriptWithDevices(seed, ColumnCaching::kOn),
                         TranscriptWithDevices(seed, ColumnCaching::kOff)),
              "");
  });
}

TEST_F(Sameness, TheSameInputTwiceDecidesTheSame) {
  ForEachSeed(kSequences / 4, [](std::uint64_t seed) {
    EXPECT_EQ(
        Difference(TranscriptOf(seed, ColumnCaching::kOn), TranscriptOf(seed, ColumnCaching::kOn)),
        "");
  });
}

TEST_F(Sameness, EveryInstructionSetDecidesTheSame) {
  ForEachSeed(kSequences / 4, [](std::uint64_t seed) {
    const std::string best = TranscriptOf(seed, ColumnCaching::kOn);
    support::OnEverySimdTarget(
        [&] { EXPECT_EQ(Difference(TranscriptOf(seed, ColumnCaching::kOn), best), ""); });
  });
}

// Caches that fall far behind the logs they read start anew; between decisions more happens here
// than any log keeps.
std::string TranscriptWithBursts(std::uint64_t seed, ColumnCaching caching) {
  constexpr int kBursts = 3;
  constexpr int kChangesOfABurst = 40'000;  // each a pod that comes and goes again
  WorldOptions options = OptionsOf(seed, caching);
  options.nodes = 5;
  World world(std::move(options));
  world.Steps(kSteps);
  for (int burst = 0; burst < kBursts; ++burst) {
    const auto stays = world.AddRunningPod();
    for (int i = 0; i < kChangesOfABurst; i += 2) world.RemovePod(world.AddRunningPod());
    for (int i = 0; i < 20; ++i) world.DecidePod(nullptr);
    world.RemovePod(stays);
    for (int i = 0; i < 20; ++i) world.DecidePod(nullptr);
  }
  return world.transcript();
}

TEST_F(Sameness, CachesThatFallBehindTheLogStartAnew) {
  ForEachSeed(1, [](std::uint64_t seed) {
    EXPECT_EQ(Difference(TranscriptWithBursts(seed, ColumnCaching::kOn),
                         TranscriptWithBursts(seed, ColumnCaching::kOff)),
              "");
  });
}

}  // namespace
}  // namespace berth::property
