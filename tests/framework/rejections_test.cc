// Rejected nodes by verdict.
#include "scheduler/framework/rejections.h"

#include <gmock/gmock.h>

namespace berth::framework {
namespace {

using scoring::NodeMask;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

NodeMask Rows(std::initializer_list<scoring::NodeIndex> rows) {
  NodeMask mask(100);
  for (const auto row : rows) mask.Set(row);
  return mask;
}

// "CODE: REASONS: COUNT" of each group.
std::vector<std::string> Told(const Rejections& rejections) {
  std::vector<std::string> told;
  for (const auto& [status, nodes] : rejections.groups()) {
    std::string text(Name(status.code));
    for (const auto reason : status.reasons) text += " " + std::string(reason);
    told.push_back(text + ": " + std::to_string(nodes.Count()));
  }
  return told;
}

TEST(Rejections, NodesOfOneVerdictAreOneGroup) {
  Rejections rejections;
  const NodeStatus full{Code::kUnschedulable, {"full"}};
  const NodeStatus lost{Code::kUnschedulableAndUnresolvable, {"full"}};
  rejections.Add(3, full, 100);
  rejections.Add(4, lost, 100);
  rejections.Add(99, full, 100);
  rejections.Add(Rows({7, 8}), lost);
  rejections.Add(Rows({}), {Code::kUnschedulable, {"nobody"}});
  EXPECT_THAT(Told(rejections), UnorderedElementsAre("Unschedulable full: 2",
                                                     "UnschedulableAndUnresolvable full: 3"));
}

TEST(Rejections, ReasonsSplitGroupsThatTheyHitInPart) {
  auto rejections = Rejections::Of(Rows({1, 2, 3, 70}), {Code::kUnschedulable, {}});
  rejections.AddReason(Rows({1, 2, 50}), "cpu");
  rejections.AddReason(Rows({2, 3, 70}), "memory");
  rejections.SetCode(Rows({70}), Code::kUnschedulableAndUnresolvable);
  EXPECT_THAT(
      Told(rejections),
      UnorderedElementsAre("Unschedulable cpu: 1", "Unschedulable cpu memory: 1",
                           "Unschedulable memory: 1", "UnschedulableAndUnresolvable memory: 1"));
}

TEST(Rejections, OfNoNodesIsEmpty) {
  auto rejections = Rejections::Of(Rows({}), {Code::kUnschedulable, {}});
  rejections.AddReason(Rows({1}), "cpu");
  EXPECT_THAT(Told(rejections), IsEmpty());
}

}  // namespace
}  // namespace berth::framework
