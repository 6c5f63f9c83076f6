// The comparison itself: it must see every difference, or parity proves nothing.
#include "tests/parity/decision_difference.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace berth::parity {
namespace {

using nlohmann::json;

json Sample() {
  return json::parse(R"({
    "pod": "default/a", "feasible": 1, "chosen": "x", "best": ["x"],
    "nodes": {
      "x": {"scores": {"ImageLocality": 3, "TaintToleration": 0}, "total": 3},
      "y": {"code": "Unschedulable", "plugin": "NodeResourcesFit", "reasons": ["b", "a"]}}})");
}

TEST(DecisionDifference, EqualDecisionsHaveNone) {
  EXPECT_EQ(FirstDifference(Sample(), Sample()), "");
}

TEST(DecisionDifference, AbsentScoresAreZeroAndReasonsHaveNoOrder) {
  json other = Sample();
  other["nodes"]["x"]["scores"].erase("TaintToleration");
  other["nodes"]["y"]["reasons"] = {"a", "b"};
  EXPECT_EQ(FirstDifference(Sample(), other), "");
}

TEST(DecisionDifference, SeesEveryField) {
  const std::vector<std::pair<std::string, json>> changes = {
      {"/pod", "default/b"},
      {"/feasible", 2},
      {"/chosen", "y"},
      {"/best", {"x", "y"}},
      {"/message", "no"},
      {"/prefilter", "no"},
      {"/prefilterPlugin", "NodeAffinity"},
      {"/prefilterCode", "Unschedulable"},
      {"/postFilter", "no"},
      {"/error", "no"},
      {"/nominatedNode", "x"},
      {"/nodes/x/total", 4},
      {"/nodes/x/scores/ImageLocality", 4},
      {"/nodes/x/scores/NodeAffinity", 1},
      {"/nodes/x/code", "Unschedulable"},
      {"/nodes/y/code", "Error"},
      {"/nodes/y/plugin", "NodePorts"},
      {"/nodes/y/reasons", {"a"}},
      {"/nodes/z", {{"total", 1}}},
  };
  for (const auto& [path, value] : changes) {
    json changed = Sample();
    changed[json::json_pointer(path)] = value;
    EXPECT_NE(FirstDifference(Sample(), changed), "") << path;
    EXPECT_NE(FirstDifference(changed, Sample()), "") << path;
  }
}

TEST(DecisionDifference, CountOfBestStandsForTheirNames) {
  json recorded = Sample();
  recorded.erase("best");
  recorded["bestCount"] = 1;
  EXPECT_EQ(FirstDifference(recorded, Sample()), "");
  recorded["bestCount"] = 2;
  EXPECT_NE(FirstDifference(recorded, Sample()), "");
}

TEST(DecisionDifference, NodesMayBeLeftOutOfTheRecording) {
  json recorded = Sample();
  recorded.erase("nodes");
  EXPECT_EQ(FirstDifference(recorded, Sample()), "");
  EXPECT_NE(FirstDifference(Sample(), recorded), "");
}

}  // namespace
}  // namespace berth::parity
