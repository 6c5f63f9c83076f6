// How an explanation is shown.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scheduler/explain/json_output.h"
#include "scheduler/explain/table_output.h"

namespace berth::explain {
namespace {

using framework::Code;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

ScoredNode Scored(const std::string& node, std::size_t rank, std::int64_t fit) {
  return {node,
          rank,
          300 + fit,
          {{"TaintToleration", 0, 100, 300}, {"NodeResourcesFit", fit, fit, fit}}};
}

Explanation Placed() {
  Explanation out;
  out.pod = "shop/web-0";
  out.scheduler_name = "default-scheduler";
  out.nodes = 4;
  out.feasible = out.scored = 2;
  out.scorers = {
      {"TaintToleration", 3, false}, {"NodeResourcesFit", 1, false}, {"NodeAffinity", 2, true}};
  out.ranking = {Scored("a", 1, 90), Scored("b", 2, 70)};
  out.choice = Choice{"a", DecidedBy::kScore, 390, {}, out.ranking[1], {{"NodeResourcesFit", 20}}};
  Remedy remedy;
  remedy.nodes = {"c", "d"};
  remedy.obstacles = {{"untolerated taint {x:NoSchedule}",
                       "add the toleration {key: x, operator: Exists}",
                       {{"key", "x"}, {"count", std::int64_t{7}}}}};
  out.rejected = {{{"TaintToleration",
                    Code::kUnschedulableAndUnresolvable,
                    {"node(s) had untolerated taint(s)"}},
                   {"c", "d"},
                   {remedy}}};
  return out;
}

Explanation Unschedulable() {
  Explanation out = Placed();
  out.choice.reset();
  out.ranking.clear();
  out.feasible = out.scored = 0;
  out.message = "0/4 nodes are available: 4 node(s) had untolerated taint(s).";
  out.preemption = Preemption{"d", {{"shop/batch-1", -5, true}}, ""};
  return out;
}

TEST(TableOutput, SaysWhoWinsAndWhy) {
  EXPECT_EQ(TableOutput(Placed(), 10, "first"),
            R"(Pod shop/web-0: pending, priority 0, profile default-scheduler

Fits 2 of 4 nodes.
Goes to a
  total 390, 20 above b (NodeResourcesFit +20)

Best 2 of 2 nodes (raw/normalised/weighted)
RANK  NODE  TOTAL         TT       NRF
   1  a       390  0/100/300  90/90/90
   2  b       370  0/100/300  70/70/70
  TT=TaintToleration (weight 3), NRF=NodeResourcesFit (weight 1)
  nothing to say of this pod: NodeAffinity

Rejected: 2 nodes, and what would let the pod past that filter
  2 nodes  TaintToleration: node(s) had untolerated taint(s) (UnschedulableAndUnresolvable)
    c, d
    2 nodes: untolerated taint {x:NoSchedule}
      -> add the toleration {key: x, operator: Exists}
)");
}

TEST(TableOutput, ShowsTheBestOnly) {
  const std::string one = TableOutput(Placed(), 1, "first");
  EXPECT_THAT(one, HasSubstr("Best 1 of 2 nodes"));
  EXPECT_THAT(one, Not(HasSubstr("70/70/70")));
  EXPECT_THAT(TableOutput(Placed(), 0, "first"), HasSubstr("Best 2 of 2 nodes"));
}

TEST(TableOutput, TellsTiesAndTheirRule) {
  Explanation out = Placed();
  out.choice = Choice{"b", DecidedBy::kTie, 390, {"a", "b"}, {}, {}};
  EXPECT_THAT(
      TableOutput(out, 10, "round-robin"),
      HasSubstr("2 nodes have the highest total, 390; the tie rule (round-robin) chose among "
                "a, b\n"));
}

TEST(TableOutput, TellsPreemption) {
  const std::string out = TableOutput(Unschedulable(), 10, "first");
  EXPECT_THAT(out, HasSubstr("Fits nowhere: 0/4 nodes are available: 4 node(s) had untolerated "
                             "taint(s).\n"));
  EXPECT_THAT(out, HasSubstr("  would nominate the pod to d, once these have left it:\n"
                             "   POD           PRIORITY  DISRUPTION BUDGET\n"
                             "   shop/batch-1        -5  violated\n"));
}

TEST(TableOutput, KeepsToAboutAHundredColumnsAndToPlainText) {
  Explanation out = Unschedulable();
  out.pod = "shop/\x1b[31mred";
  out.rejected[0].remedies[0].obstacles[0].text = std::string(60, 'x') + " " + std::string(60, 'y');
  const std::string table = TableOutput(out, 10, "first");
  EXPECT_THAT(table, HasSubstr("Pod shop/?[31mred: "));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(JsonOutput, HasStableNames) {
  const json out = json::parse(JsonOutput(Placed(), 1));
  EXPECT_EQ(out["schemaVersion"], kExplanationSchemaVersion);
  EXPECT_EQ(out["pod"], "shop/web-0");
  EXPECT_EQ(out["state"], "pending");
  EXPECT_EQ(out["nodes"], json({{"total", 4}, {"feasible", 2}, {"scored", 2}}));
  EXPECT_EQ(out["decision"]["reason"], "highestScore");
  EXPECT_EQ(out["decision"]["runnerUp"], json({{"node", "b"}, {"total", 370}}));
  EXPECT_EQ(out["decision"]["margin"], 20);
  EXPECT_EQ(out["decision"]["marginByPlugin"],
            json::array({{{"plugin", "NodeResourcesFit"}, {"margin", 20}}}));
  ASSERT_EQ(out["best"].size(), 1u);
  EXPECT_EQ(out["best"][0]["scores"]["TaintToleration"],
            json({{"raw", 0}, {"normalized", 100}, {"weighted", 300}}));
  EXPECT_EQ(out["scorers"][2],
            json({{"plugin", "NodeAffinity"}, {"weight", 2}, {"skipped", true}}));
  const json& group = out["rejected"][0];
  EXPECT_EQ(group["plugin"], "TaintToleration");
  EXPECT_EQ(group["code"], "UnschedulableAndUnresolvable");
  EXPECT_EQ(group["nodes"], json::array({"c", "d"}));
  EXPECT_EQ(group["remedies"][0]["obstacles"][0]["facts"], json({{"key", "x"}, {"count", 7}}));
  EXPECT_FALSE(out.contains("preemption"));
}

TEST(JsonOutput, TellsPreemption) {
  const json out = json::parse(JsonOutput(Unschedulable(), 10));
  EXPECT_EQ(out["message"], "0/4 nodes are available: 4 node(s) had untolerated taint(s).");
  EXPECT_EQ(out["preemption"]["nominatedNode"], "d");
  EXPECT_EQ(out["preemption"]["victims"],
            json::array(
                {{{"pod", "shop/batch-1"}, {"priority", -5}, {"violatesDisruptionBudget", true}}}));
}

TEST(JsonOutput, ReplacesBytesThatAreNotUtf8) {
  Explanation out = Placed();
  out.pod = "shop/\xff";
  EXPECT_EQ(json::parse(JsonOutput(out, 0))["pod"], "shop/\uFFFD");
}

}  // namespace
}  // namespace berth::explain
