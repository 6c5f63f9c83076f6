// Nodes divided by labels, against the labels themselves.
#include "scheduler/cluster/node_cells.h"

#include <gmock/gmock.h>

#include "scheduler/cluster/cluster.h"
#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

using support::NodeBuilder;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class NodeCellsTest : public ::testing::Test {
 protected:
  const LabelColumn* Column(const std::string& key) {
    return &cluster_.nodes.LabelsOf(cluster_.symbols.Intern(key));
  }
  NodeIndex Add(const std::string& name, const std::string& zone, const std::string& disk) {
    NodeBuilder node(name);
    if (!zone.empty()) node.Label("zone", zone);
    if (!disk.empty()) node.Label("disk", disk);
    return cluster_.AddNode(node.Build());
  }
  // The names of the nodes of each cell.
  std::vector<std::vector<std::string>> Cells(const LabelColumns& columns) {
    const NodeCells* cells = cluster_.node_cells.Get(columns);
    std::vector<std::vector<std::string>> names;
    for (std::size_t cell = 0; cells != nullptr && cell < cells->count(); ++cell) {
      EXPECT_TRUE(cells->Nodes(cell).Test(cells->any(cell)));
      auto& of_cell = names.emplace_back();
      cells->Nodes(cell).ForEach([&](NodeIndex row) {
        EXPECT_EQ(cells->At(row), cell);
        of_cell.push_back(cluster_.nodes.Name(row));
      });
    }
    return names;
  }

  Cluster cluster_;
};

TEST_F(NodeCellsTest, AreTheCombinationsThatNodesHave) {
  Add("a", "z1", "ssd");
  Add("b", "z1", "hdd");
  Add("c", "z2", "ssd");
  Add("d", "z1", "ssd");
  Add("e", "", "ssd");
  EXPECT_THAT(Cells({Column("zone")}),
              UnorderedElementsAre(ElementsAre("a", "b", "d"), ElementsAre("c"), ElementsAre("e")));
  EXPECT_THAT(Cells({Column("zone"), Column("disk")}),
              UnorderedElementsAre(ElementsAre("a", "d"), ElementsAre("b"), ElementsAre("c"),
                                   ElementsAre("e")));
  EXPECT_THAT(Cells({}), ElementsAre(ElementsAre("a", "b", "c", "d", "e")));
  EXPECT_THAT(Cells({Column("nobody-has-it")}), ElementsAre(ElementsAre("a", "b", "c", "d", "e")));
}

TEST_F(NodeCellsTest, AreOneForEverySetOfLabels) {
  Add("a", "z1", "ssd");
  const auto* zone = Column("zone");
  const auto* disk = Column("disk");
  EXPECT_EQ(cluster_.node_cells.Get({zone, disk}), cluster_.node_cells.Get({disk, zone, disk}));
  EXPECT_NE(cluster_.node_cells.Get({zone}), cluster_.node_cells.Get({disk}));
}

TEST_F(NodeCellsTest, FollowTheNodes) {
  const NodeIndex a = Add("a", "z1", "");
  Add("b", "z2", "");
  EXPECT_THAT(Cells({Column("zone")}), UnorderedElementsAre(ElementsAre("a"), ElementsAre("b")));
  cluster_.UpdateNode(a, NodeBuilder("a").Label("zone", "z2").Build());
  EXPECT_THAT(Cells({Column("zone")}), ElementsAre(ElementsAre("a", "b")));
  cluster_.RemoveNode(a);
  EXPECT_THAT(Cells({Column("zone")}), ElementsAre(ElementsAre("b")));
  for (int i = 0; i < 100; ++i) Add("more-" + std::to_string(i), "z3", "");
  EXPECT_EQ(Cells({Column("zone")}).size(), 2u);
}

TEST_F(NodeCellsTest, AreNoneWhereThereWouldBeTooMany) {
  for (std::size_t i = 0; i < NodeCells::kMaxCells; ++i) {
    Add("node-" + std::to_string(i), "z" + std::to_string(i), "");
  }
  EXPECT_EQ(Cells({Column("zone")}).size(), NodeCells::kMaxCells);
  const NodeIndex last = Add("last", "one-more", "");
  EXPECT_EQ(cluster_.node_cells.Get({Column("zone")}), nullptr);
  cluster_.RemoveNode(last);
  EXPECT_EQ(Cells({Column("zone")}).size(), NodeCells::kMaxCells);
}

TEST_F(NodeCellsTest, AreNoneForALabelWithTooManyValues) {
  for (int i = 0; i < 1000; ++i) Add("node-" + std::to_string(i), "z" + std::to_string(i), "");
  EXPECT_EQ(cluster_.node_cells.Get({Column("zone")}), nullptr);
  EXPECT_EQ(cluster_.node_cells.Get({Column("zone"), Column("disk")}), nullptr);
}

TEST_F(NodeCellsTest, AreKeptOfSoManySetsOnly) {
  Add("a", "z1", "ssd");
  const NodeCells* first = cluster_.node_cells.Get({Column("zone")});
  std::size_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    refused += cluster_.node_cells.Get({Column("label-" + std::to_string(i))}) == nullptr ? 1 : 0;
  }
  EXPECT_GT(refused, 100u);
  EXPECT_EQ(cluster_.node_cells.Get({Column("zone")}), first);
}

}  // namespace
}  // namespace berth::cluster
