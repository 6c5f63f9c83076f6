// Whatever happens, in whatever order, and however late the scheduler hears of it: no node is given
// more than it has, every pod that fits is bound, and nothing is forgotten.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "scheduler/base/random.h"
#include "tests/live/live_cluster.h"
#include "tests/support/seed.h"

namespace berth::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr int kSequences = 300;
constexpr int kSteps = 60;
constexpr std::uint64_t kNames = 8;  // of pods, so that names come again
constexpr std::uint64_t kNodeNames = 4;
constexpr int kCores = 4;  // of a node

int CoresOf(const Json& pod) {
  return std::stoi(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"].get<std::string>());
}

class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed) {
    cluster_.api.on_bound = [this](const Json& pod) { CheckBinding(pod); };
    for (int i = 0; i < 2; ++i) PutNode("n" + std::to_string(i));
  }

  void Run() {
    for (int i = 0; i < kSteps; ++i) OneStep();
    ComeToRest();
    CheckEnd();
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  bool OneIn(std::uint64_t many) { return Below(many) == 0; }
  std::string PodName() { return "p" + std::to_string(Below(kNames)); }
  std::string NodeName() { return "n" + std::to_string(Below(kNodeNames)); }

  void OneStep() {
    switch (Below(12)) {
      case 0:
      case 1:
        return CreatePod(PodName());
      case 2:
        return ChangePod("default/" + PodName());
      case 3:
        return DeletePod("default/" + PodName());
      case 4:
        return OneIn(3) ? cluster_.api.Remove(kNodes, NodeName()) : PutNode(NodeName());
      case 5:
        return Fault();
      case 6:
        return cluster_.clock.Advance(milliseconds(Below(3'000)));
      case 7:
        return OneIn(4) ? cluster_.List(OneIn(2) ? kPods : kNodes) : Show();
      case 8:
        return Show();
      case 9:
        return Serve();
      case 10:
        return Answer();
      default:
        cluster_.scheduler->Step(true);
    }
  }

  void CreatePod(const std::string& name) {
    if (cluster_.api.Find(kPods, "default/" + name) != nullptr) return;
    Json pod = PodJson(name, std::to_string(1 + Below(4)), static_cast<int>(Below(3)) * 10);
    if (OneIn(6)) pod["spec"]["schedulingGates"] = {{{"name", "not-yet"}}};
    cluster_.PutPod(pod);
  }
  void ChangePod(const std::string& key) {
    const Json* pod = cluster_.api.Find(kPods, key);
    if (pod == nullptr) return;
    if ((*pod)["spec"].contains("schedulingGates") && OneIn(2)) {
      return cluster_.api.Merge(kPods, key, {{"spec", {{"schedulingGates", nullptr}}}});
    }
    const bool is_bound = !cluster_.api.NodeOf(key).empty();
    if (is_bound && OneIn(4)) {
      return cluster_.api.Merge(kPods, key, {{"status", {{"phase", "Succeeded"}}}});
    }
    cluster_.api.Merge(kPods, key, {{"metadata", {{"labels", {{"a", std::to_string(Below(3))}}}}}});
  }
  void DeletePod(const std::string& key) {
    if (cluster_.api.Find(kPods, key) == nullptr) return;
    if (OneIn(2)) return cluster_.api.Remove(kPods, key);
    cluster_.api.Merge(kPods, key, {{"metadata", {{"deletionTimestamp", "2024-01-01T00:00:00Z"}}}});
  }
  // All are of the same size, now and when they come again: what was decided for one stays right.
  void PutNode(const std::string& name) {
    Json node = NodeJson(name, std::to_string(kCores));
    node["metadata"]["labels"]["b"] = std::to_string(Below(3));
    cluster_.api.Put(kNodes, node);
  }

  void Fault() {
    switch (Below(4)) {
      case 0:
        return cluster_.api.LoseAnswers();
      case 1:
        return cluster_.api.LoseRequests();
      case 2:
        return cluster_.api.Refuse(500);
      default:
        return cluster_.api.Refuse(OneIn(2) ? 403 : 409);
    }
  }
  void Show() { cluster_.Show(OneIn(3) ? kNodes : kPods); }
  void Serve() {
    if (!cluster_.api.requests().empty()) cluster_.api.Serve(Below(cluster_.api.requests().size()));
  }
  void Answer() {
    if (cluster_.api.answers() > 0) cluster_.api.Answer(Below(cluster_.api.answers()));
  }

  // ---- What must hold ----

  // At the API server, the moment that a pod is bound.
  void CheckBinding(const Json& pod) {
    const std::string uid = pod["metadata"]["uid"];
    EXPECT_EQ(++bindings_[uid], 1) << "bound twice: " << uid;
    const std::string node = pod["spec"]["nodeName"];
    EXPECT_LE(UsedOn(node), kCores) << "too much on " << node;
  }
  int UsedOn(const std::string& node) const {
    int used = 0;
    for (const auto& [key, pod] : cluster_.api.All(kPods)) {
      const bool counts = pod["status"].value("phase", "") != "Succeeded";
      if (counts && cluster_.api.NodeOf(key) == node) used += CoresOf(pod);
    }
    return used;
  }

  void ComeToRest() {
    cluster_.api.ClearFaults();
    for (int i = 0; i < 6; ++i) {
      cluster_.Settle();
      // The nodes stop what they were told to stop.
      std::vector<std::string> leaving;
      for (const auto& [key, pod] : cluster_.api.All(kPods)) {
        if (pod["metadata"].contains("deletionTimestamp")) leaving.push_back(key);
      }
      for (const std::string& key : leaving) cluster_.api.Remove(kPods, key);
      cluster_.Pass(seconds(20));
    }
    for (int i = 0; i < 2; ++i) {
      cluster_.clock.Advance(std::chrono::minutes(6));
      cluster_.Pass(seconds(20));
    }
  }

  void CheckEnd() {
    EXPECT_TRUE(cluster_.scheduler->IsQuiet());
    EXPECT_EQ(cluster_.scheduler->pods().assumed_count(), 0);
    const CacheDifferences differences = cluster_.Compare();
    EXPECT_THAT(differences.missed_nodes, IsEmpty());
    EXPECT_THAT(differences.redundant_nodes, IsEmpty());
    EXPECT_THAT(differences.missed_pods, IsEmpty());
    EXPECT_THAT(differences.redundant_pods, IsEmpty());
    EXPECT_THAT(differences.missed_waiting_pods, IsEmpty());
    EXPECT_THAT(differences.redundant_waiting_pods, IsEmpty());
    EXPECT_THAT(differences.miscounted_nodes, IsEmpty());
    for (const auto& [key, pod] : cluster_.api.All(kPods)) {
      if (!cluster_.api.NodeOf(key).empty() || pod["spec"].contains("schedulingGates")) continue;
      if (pod["metadata"].contains("deletionTimestamp")) continue;
      EXPECT_FALSE(FitsSomewhere(pod))
          << key << " waits for nothing, in " << cluster_.WhereIs(key.substr(key.find('/') + 1));
    }
  }
  bool FitsSomewhere(const Json& pod) {
    return std::ranges::any_of(cluster_.api.All(kNodes), [&](const auto& node) {
      return UsedOn(node.first) + CoresOf(pod) <= kCores && !IsPromised(node.first, pod);
    });
  }
  // Whether somebody more important waits for the node.
  bool IsPromised(const std::string& node, const Json& pod) {
    return std::ranges::any_of(cluster_.api.All(kPods), [&](const auto& entry) {
      const Json& other = entry.second;
      return other["status"].value("nominatedNodeName", "") == node &&
             other["metadata"]["uid"] != pod["metadata"]["uid"] &&
             cluster_.api.NodeOf(entry.first).empty();
    });
  }

  base::Random random_;
  LiveCluster cluster_;
  std::map<std::string, int> bindings_;  // by uid
};

class LiveProperty : public support::RandomTest {};

TEST_F(LiveProperty, NothingIsLostAndNothingGivenTwice) {
  for (int i = 0; i < kSequences && !HasFailure(); ++i) {
    const std::uint64_t seed = support::TestSeed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("BERTH_TEST_SEED=" + std::to_string(seed));
    Sequence(seed).Run();
  }
}

}  // namespace
}  // namespace berth::live
