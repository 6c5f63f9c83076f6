// What documents list is what there is.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "scheduler/config/feature_gates.h"

namespace berth::tree {
namespace {

TEST(Documents, FeatureGatesAreListedAsTheyStand) {
  std::ifstream file(std::string(BERTH_SOURCE_DIR) + "/docs/feature-gates.md");
  std::stringstream text;
  text << file.rdbuf();
  constexpr const char* kStages[] = {"alpha", "beta", "stable"};
  for (const config::GateInfo& gate : config::KnownGates()) {
    const std::string row = "| `" + std::string(gate.name) + "` | " +
                            (gate.on_by_default ? "on" : "off") + (gate.locked ? ", locked" : "") +
                            " | " + kStages[static_cast<std::size_t>(gate.stage)] + " | ";
    EXPECT_NE(text.str().find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace berth::tree
