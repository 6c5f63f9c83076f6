// Preemption: who may preempt, who has to go, on which node; and nominated pods.
#include <gmock/gmock.h>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/cycle/victims.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::cycle {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using SharedPod = std::shared_ptr<const api::Pod>;

SharedPod Pod(const std::string& name, std::int32_t priority, const std::string& cpu = "1",
              std::optional<api::Time> start = 1) {
  PodBuilder builder(name);
  builder.Requests({{"cpu", cpu}}).Label("app", name.substr(0, 1));
  builder.spec().priority = priority;
  builder.pod().status.start_time = start;
  return builder.Build();
}

std::vector<std::string> NamesOf(const std::vector<Victim>& victims) {
  std::vector<std::string> names;
  for (const Victim& victim : victims) names.push_back(victim.pod->meta.name);
  return names;
}

std::vector<Victim> VictimsOf(const std::vector<SharedPod>& pods) {
  std::vector<Victim> victims;
  for (const auto& pod : pods) {
    victims.push_back(VictimOf(static_cast<cluster::PodIndex>(victims.size()), *pod));
  }
  return victims;
}

api::PodDisruptionBudget BudgetFor(const std::string& app, std::int32_t allowed) {
  api::PodDisruptionBudget budget;
  budget.meta.namespace_name = "default";
  budget.selector = support::TermForApp(app, "").label_selector;
  budget.disruptions_allowed = allowed;
  return budget;
}

TEST(Victims, AreSortedByPriorityThenByStart) {
  const std::vector<SharedPod> pods = {Pod("a", 1, "1", 5), Pod("b", 2, "1", 9),
                                       Pod("c", 2, "1", std::nullopt), Pod("d", 2, "1", 3)};
  auto victims = VictimsOf(pods);
  SortByImportance(victims);
  EXPECT_THAT(NamesOf(victims), ElementsAre("d", "b", "c", "a"));
}

TEST(Victims, UseUpBudgetsInTheirOrder) {
  const std::vector<SharedPod> pods = {Pod("a1", 1), Pod("a2", 1), Pod("b1", 1), Pod("c1", 1)};
  auto closed = BudgetFor("c", 0);
  closed.disrupted_pods = {"c1"};
  auto empty = BudgetFor("b", 0);
  empty.selector = api::LabelSelector();
  const api::PodDisruptionBudget budgets[] = {BudgetFor("a", 1), closed, empty};
  const auto [violating, others] = SplitByBudgets(VictimsOf(pods), budgets);
  EXPECT_THAT(NamesOf(violating), ElementsAre("a2"));
  EXPECT_THAT(NamesOf(others), ElementsAre("a1", "b1", "c1"));
}

TEST(PickCandidate, GoesByOneRuleAfterTheOther) {
  const std::vector<SharedPod> low = {Pod("a", 1, "1", 5)};
  const std::vector<SharedPod> later = {Pod("a", 1, "1", 6)};
  const std::vector<SharedPod> two = {Pod("a", 1, "1", 9), Pod("b", 1, "1", 9)};
  const std::vector<SharedPod> high = {Pod("a", 2, "1", 9)};
  const auto pick = [](const std::vector<Candidate>& candidates) {
    return PickCandidate(candidates).node;
  };
  EXPECT_EQ(pick({{0, VictimsOf(low), 1}, {1, VictimsOf(high), 0}}), 1u);
  EXPECT_EQ(pick({{0, VictimsOf(high), 0}, {1, VictimsOf(two), 0}}), 1u);
  EXPECT_EQ(pick({{0, VictimsOf(two), 0}, {1, VictimsOf(low), 0}}), 1u);
  EXPECT_EQ(pick({{0, VictimsOf(low), 0}, {1, VictimsOf(later), 0}}), 1u);
  EXPECT_EQ(pick({{0, VictimsOf(low), 0}, {1, VictimsOf(low), 0}}), 0u);
}

TEST(CandidatesToFind, IsTheLargerOfBothAndNoMoreThanThereAre) {
  EXPECT_EQ(CandidatesToFind({}, 50), 50u);
  EXPECT_EQ(CandidatesToFind({}, 500), 100u);
  EXPECT_EQ(CandidatesToFind({}, 5000), 500u);
}

class PreemptionTest : public ::testing::Test {
 protected:
  PreemptionTest() {
    profile_ =
        *framework::ProfileRuntime::Make(config::DefaultConfiguration().profiles[0],
                                         plugins::MakeRegistry(), framework::ColumnCaching::kOn);
  }

  framework::NodeIndex AddNode(const std::string& name) {
    return cluster_.AddNode(NodeBuilder(name).Build());  // 4 cores
  }
  void Nominate(const SharedPod& pod, const std::string& node) {
    cluster_.nominated.Set({pod, &cluster_.classes.ClassOfPending(*pod)}, node);
  }
  Decision Schedule(const SharedPod& pod) {
    return algorithm_.Schedule(*profile_, cluster_.classes.ClassOfPending(*pod), pod.get());
  }
  PostFilterResult Preempt(const SharedPod& pod) {
    const auto& pod_class = cluster_.classes.ClassOfPending(*pod);
    EXPECT_EQ(Schedule(pod).outcome, Outcome::kUnschedulable);
    const auto diagnosis = algorithm_.Diagnose(*profile_, pod_class, pod.get());
    return algorithm_.PostFilter(*profile_, pod_class, *pod, diagnosis);
  }
  std::vector<std::string> NamesOf(const PostFilterResult& result) {
    std::vector<std::string> names;
    for (const auto index : result.victims) names.push_back(cluster_.pod(index).meta.name);
    return names;
  }

  cluster::Cluster cluster_;
  SchedulingAlgorithm algorithm_{cluster_, {}};
  std::unique_ptr<framework::ProfileRuntime> profile_;
};

TEST_F(PreemptionTest, SparesTheImportantAndThoseWithABudget) {
  const auto node = AddNode("n");
  for (const auto& pod : {Pod("a", 1, "1", 1), Pod("b", 1, "1", 2), Pod("c", 2), Pod("d", 0)}) {
    cluster_.AddPod(pod, node);
  }
  cluster_.disruption_budgets = {BudgetFor("d", 0)};
  const PostFilterResult result = Preempt(Pod("x", 5, "2"));
  EXPECT_EQ(result.node, node);
  EXPECT_THAT(NamesOf(result), ElementsAre("a", "b"));
  EXPECT_EQ(result.message, "");
  // Nothing has changed.
  EXPECT_EQ(Schedule(Pod("x", 5, "2")).outcome, Outcome::kUnschedulable);
  EXPECT_EQ(cluster_.nodes.pod_count()[node], 4);
}

// A budget, even of nobody, has dry runs done pod by pod through the plugins; without one they are
// arithmetic.
TEST_F(PreemptionTest, ArithmeticSaysWhatTheFiltersSay) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int i = 0; i < 12; ++i) {
    NodeBuilder node("n" + std::to_string(i));
    if (random.Chance(1, 5)) node.Taint("k", "v", api::TaintEffect::kNoSchedule);
    cluster_.AddNode(node.Build());
  }
  SchedulingAlgorithm by_filters(cluster_, {});
  const auto ask = [&](SchedulingAlgorithm& algorithm, const SharedPod& pod) {
    const auto& pod_class = cluster_.classes.ClassOfPending(*pod);
    const auto diagnosis = algorithm.Diagnose(*profile_, pod_class, pod.get());
    return algorithm.PostFilter(*profile_, pod_class, *pod, diagnosis);
  };
  int preempted = 0;
  for (int i = 0; i < 400; ++i) {
    const auto pod = Pod("p" + std::to_string(i), static_cast<std::int32_t>(random.Below(6)),
                         std::to_string(100 + random.Below(2400)) + "m",
                         static_cast<api::Time>(random.Below(3)));
    if (const Decision decision = Schedule(pod); decision.outcome == Outcome::kChosen) {
      cluster_.AddPod(pod, decision.node);
      continue;
    }
    cluster_.disruption_budgets.clear();
    const PostFilterResult quick = ask(algorithm_, pod);
    cluster_.disruption_budgets = {BudgetFor("nobody", 0)};
    const PostFilterResult slow = ask(by_filters, pod);
    ASSERT_EQ(quick.node, slow.node);
    ASSERT_EQ(quick.victims, slow.victims);
    ASSERT_EQ(quick.message, slow.message);
    if (!quick.node) continue;
    ++preempted;
    for (const auto victim : quick.victims) cluster_.RemovePod(victim);
    cluster_.AddPod(pod, *quick.node);
  }
  EXPECT_GT(preempted, 5);
}

TEST_F(PreemptionTest, TellsWhyNot) {
  const auto node = AddNode("n");
  AddNode("m");
  cluster_.AddPod(Pod("a", 9, "4"), node);
  cluster_.AddPod(Pod("b", 9, "4"), 1);
  const PostFilterResult result = Preempt(Pod("x", 5, "2"));
  EXPECT_FALSE(result.node);
  EXPECT_THAT(result.victims, IsEmpty());
  EXPECT_EQ(result.message,
            "no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption "
            "victims found for incoming pod.");
  EXPECT_TRUE(result.clears_nomination);
  // More than a node has: taking pods away cannot help.
  EXPECT_EQ(Preempt(Pod("y", 10, "5")).message,
            "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not "
            "helpful for scheduling.");
}

TEST_F(PreemptionTest, MayNotBeAllowed) {
  const auto node = AddNode("n");
  PodBuilder never(*Pod("x", 5, "2"));
  never.spec().preemption_policy = api::PreemptionPolicy::kNever;
  PodBuilder leaving(*Pod("a", 1, "4"));
  leaving.pod().meta.deletion_timestamp = 7;
  leaving.pod().status.preempted_by_scheduler = true;
  cluster_.AddPod(leaving.Build(), node);
  EXPECT_EQ(Preempt(never.Build()).message,
            "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.");
  const SharedPod waiting = Pod("y", 5, "2");
  Nominate(waiting, "n");
  EXPECT_EQ(Preempt(waiting).message,
            "no new claims to deallocate, preemption: not eligible due to a terminating pod on the "
            "nominated node.");
}

TEST_F(PreemptionTest, NominatedPodsAreCountedUnlessTheirPriorityIsLower) {
  AddNode("n");
  const SharedPod nominated = Pod("y", 5, "3");
  Nominate(nominated, "n");
  EXPECT_EQ(Schedule(Pod("x", 5, "2")).outcome, Outcome::kUnschedulable);
  EXPECT_EQ(Schedule(Pod("x", 6, "2")).outcome, Outcome::kChosen);
  EXPECT_EQ(Schedule(Pod("x", 5, "1")).outcome, Outcome::kChosen);
  EXPECT_TRUE(Schedule(nominated).by_nomination);
  cluster_.nominated.RemoveLower("n", 6);
  EXPECT_TRUE(cluster_.nominated.empty());
  EXPECT_EQ(Schedule(Pod("x", 5, "2")).outcome, Outcome::kChosen);
}

}  // namespace
}  // namespace berth::cycle
