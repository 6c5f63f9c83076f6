// Scores by cells against the scores of every node, over random clusters.
#include "scheduler/framework/cell_scores.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/plugin_harness.h"
#include "tests/support/random_cluster.h"
#include "tests/support/seed.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::NodeMask;
using support::PluginHarness;

class CellScores : public support::RandomTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // More nodes than a cell may have pods on: else nothing is sparse.
  static constexpr int kNodes = 200;
  static constexpr int kRunningPods = 60;

  static void Fill(PluginHarness& harness, support::RandomCluster& random) {
    cluster::Cluster& cluster = harness.cluster();
    std::vector<NodeIndex> rows;
    for (int i = 0; i < kNodes; ++i) {
      rows.push_back(cluster.AddNode(random.Node("node-" + std::to_string(i))));
    }
    for (int i = 0; i < kRunningPods; ++i) {
      cluster.AddPod(random.RunningPod(), rows[random.random().Below(rows.size())]);
    }
  }

  static NodeMask SomeOf(const NodeMask& nodes, base::Random& random) {
    NodeMask some = nodes;
    const bool nearly_all = random.Chance(1, 2);
    nodes.ForEach([&](NodeIndex row) {
      if (nearly_all ? random.Chance(1, 50) : random.Chance(1, 2)) some.Clear(row);
    });
    return some;
  }

  // Normalised, by row.
  static scoring::Column<std::int64_t> Expected(const framework::Plugin& plugin,
                                                const framework::PodContext& context,
                                                framework::PluginState& state,
                                                const NodeMask& nodes) {
    scoring::Column<std::int64_t> scores(nodes.size());
    plugin.Score(context, state, nodes, {scores.data(), scores.size()});
    plugin.NormalizeScores(context, state, nodes, {scores.data(), scores.size()});
    return scores;
  }

  static std::vector<std::int64_t> Expanded(const framework::CellScores& by_cells,
                                            const std::vector<NodeIndex>& rows) {
    std::vector<std::int64_t> scores;
    for (const NodeIndex row : rows) {
      scores.push_back(by_cells.by_cell[by_cells.cells->At(row)]);
      for (const auto& [node, score] : by_cells.others) {
        if (node == row) scores.back() = score;
      }
    }
    return scores;
  }
};

TEST_P(CellScores, AreThoseOfEveryNode) {
  SCOPED_TRACE(support::SeedNote());
  int by_cells = 0;
  for (std::uint64_t round = 0; round < 40; ++round) {
    support::RandomCluster random(support::TestSeed() + round);
    PluginHarness harness(GetParam());
    Fill(harness, random);
    cluster::Cluster& cluster = harness.cluster();
    const framework::Plugin& plugin = harness.plugin();
    for (int i = 0; i < 25; ++i) {
      cluster.BeginCycle();
      const framework::PodContext context{cluster,
                                          cluster.classes.ClassOfPending(*random.PendingPod())};
      const auto state = plugin.NewState(context);
      plugin.PreFilter(context, *state);
      const NodeMask nodes = SomeOf(cluster.nodes.alive(), random.random());
      if (!nodes.Any() || !plugin.PreScore(context, *state, nodes).ok()) continue;
      framework::CellScores scores;
      if (!plugin.ScoreByCells(context, *state, nodes, scores)) continue;
      ++by_cells;
      std::vector<NodeIndex> rows;
      nodes.ForEach([&](NodeIndex row) { rows.push_back(row); });
      std::vector<std::int64_t> ours = Expanded(scores, rows);
      plugin.NormalizeNodes(context, *state, rows, ours);
      const auto expected = Expected(plugin, context, *state, nodes);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        ASSERT_EQ(ours[k], expected[rows[k]])
            << "round " << round << ", pod " << i << ", node " << cluster.nodes.Name(rows[k]);
      }
    }
  }
  // Else nothing was compared.
  EXPECT_GT(by_cells, 20);
}

INSTANTIATE_TEST_SUITE_P(Plugins, CellScores,
                         ::testing::Values("PodTopologySpread", "InterPodAffinity"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace berth::plugins
