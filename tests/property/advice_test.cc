// What plugins say would help does help: every remedy is applied to the objects and held against
// the rules told from the objects alone.
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "scheduler/api/quantity.h"
#include "tests/property/world.h"
#include "tests/support/seed.h"

namespace berth::property {
namespace {

using framework::Obstacle;
using framework::Remedy;
using ::testing::Contains;
using ::testing::Not;

constexpr std::uint64_t kSequences = 60;
constexpr int kSteps = 40;

template <typename T>
const T* Fact(const Obstacle& obstacle, std::string_view name) {
  for (const auto& [known, value] : obstacle.facts) {
    if (known == name) return std::get_if<T>(&value);
  }
  return nullptr;
}

std::string Text(const Obstacle& obstacle, std::string_view name) {
  const auto* text = Fact<std::string>(obstacle, name);
  return text == nullptr ? "" : *text;
}

// A scene of one's own to be changed: the pod and the node at hand are copies.
class Change {
 public:
  Change(const support::Scene& scene, const api::Pod& pod, const api::Node& node)
      : scene_(scene), pod_(pod), spec_(*pod.spec), node_(node) {
    std::ranges::replace(scene_.nodes, &node, &node_);
    for (auto& placed : scene_.pods) {
      if (placed.node == &node) placed.node = &node_;
    }
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  // False where this test does not know how.
  bool Apply(std::string_view plugin, const Obstacle& obstacle) {
    if (plugin == "NodeResourcesFit")
      return asks_for_less_ ? AskForLess(obstacle) : AddRoom(obstacle);
    if (plugin == "TaintToleration") return Tolerate(obstacle);
    if (plugin == "NodeUnschedulable") return Uncordon(obstacle);
    if (plugin == "NodeAffinity") return Label(obstacle);
    if (plugin == "NodePorts") return RemovePods(obstacle, "heldBy");
    if (plugin == "PodTopologySpread") return LoosenSpread(obstacle);
    if (plugin == "InterPodAffinity") return RemovePods(obstacle, "pods");
    if (plugin == "VolumeRestrictions") return RemovePods(obstacle, "pods");
    return false;
  }

  // From now on obstacles of resources are overcome by the pod, not by the node: its requests, as
  // the filter counts them, are put into one container, to be lowered.
  void AskForLess(const cluster::PodClass& pod_class, const cluster::ResourceNames& names) {
    asks_for_less_ = true;
    api::Container& container = spec_.containers.emplace_back();
    std::swap(container, spec_.containers.front());
    spec_.containers.resize(1);
    spec_.init_containers.clear();
    spec_.overhead = {};
    spec_.resources.reset();
    for (const auto& [resource, amount] : pod_class.requests) {
      spec_.containers[0].resources.requests[names.Name(resource)] =
          resource == cluster::kCpu ? api::Quantity::FromMilli(amount)
                                    : api::Quantity::FromValue(amount);
    }
  }

  std::vector<std::string> BrokenBy() {
    pod_.spec = std::make_shared<const api::PodSpec>(spec_);
    return support::NaiveRules(scene_, pod_).BrokenBy(node_);
  }

 private:
  bool AskForLess(const Obstacle& obstacle) {
    const std::string resource = Text(obstacle, "resource");
    if (resource == "pods") return AddRoom(obstacle);
    auto free = api::Quantity::Parse(Text(obstacle, "free"));
    EXPECT_TRUE(free);
    if (free->IsNegative()) free = api::Quantity();
    spec_.containers[0].resources.requests[resource] = *free;
    return true;
  }

  bool AddRoom(const Obstacle& obstacle) {
    const std::string resource = Text(obstacle, "resource");
    const auto allocatable = api::Quantity::Parse(Text(obstacle, "allocatable"));
    const auto missing = api::Quantity::Parse(Text(obstacle, "missing"));
    EXPECT_TRUE(allocatable && missing);
    node_.allocatable[resource] = *allocatable + *missing;
    return true;
  }

  bool Tolerate(const Obstacle& obstacle) {
    api::Toleration toleration;
    toleration.key = Text(obstacle, "key");
    toleration.value = Text(obstacle, "value");
    toleration.op = Text(obstacle, "operator") == "Exists" ? api::TolerationOperator::kExists
                                                           : api::TolerationOperator::kEqual;
    toleration.effect = Text(obstacle, "effect") == "NoExecute" ? api::TaintEffect::kNoExecute
                                                                : api::TaintEffect::kNoSchedule;
    spec_.tolerations.push_back(toleration);
    return true;
  }

  // Either of the two ways.
  bool Uncordon(const Obstacle& obstacle) {
    if (uncordons_ = !uncordons_; uncordons_) {
      node_.unschedulable = false;
      return true;
    }
    return Tolerate(obstacle);
  }

  bool Label(const Obstacle& obstacle) {
    const std::string key = Text(obstacle, "key");
    if (const auto* value = Fact<std::string>(obstacle, "labelValue")) {
      node_.meta.labels[key] = *value;
    } else {
      node_.meta.labels.Erase(key);
    }
    return true;
  }

  bool RemovePods(const Obstacle& obstacle, std::string_view fact) {
    const auto* pods = Fact<std::vector<std::string>>(obstacle, fact);
    if (pods == nullptr) return false;
    const std::set<std::string> gone(pods->begin(), pods->end());
    EXPECT_FALSE(gone.empty()) << obstacle.text;
    std::erase_if(scene_.pods,
                  [&](const auto& placed) { return gone.contains(placed.pod->Key()); });
    return true;
  }

  bool LoosenSpread(const Obstacle& obstacle) {
    const std::string key = Text(obstacle, "topologyKey");
    const auto* skew = Fact<std::int64_t>(obstacle, "skew");
    if (skew == nullptr) {
      node_.meta.labels[key] = "a-value-of-its-own";
      return true;
    }
    const auto number = static_cast<std::size_t>(*Fact<std::int64_t>(obstacle, "constraint"));
    auto& constraint = spec_.topology_spread_constraints.at(number);
    EXPECT_EQ(constraint.max_skew, *Fact<std::int64_t>(obstacle, "maxSkew"));
    constraint.max_skew = static_cast<std::int32_t>(*skew);
    return true;
  }

  static inline bool uncordons_ = false;
  bool asks_for_less_ = false;
  support::Scene scene_;
  api::Pod pod_;
  api::PodSpec spec_;
  api::Node node_;
};

class Advice : public support::RandomTest {
 protected:
  // Applies every remedy for the nodes that a decision rejected.
  void Check(World& world, const DecidedPod& decided) {
    cycle::SchedulingAlgorithm algorithm(world.cluster(), {});
    const support::Scene scene = world.Scene();
    for (const auto& [plugin, rejections] : decided.diagnosis.rejected) {
      for (const auto& group : rejections.groups()) {
        for (const Remedy& remedy :
             algorithm.Advise(*runtime_, decided.pod_class, plugin, group.nodes)) {
          ASSERT_TRUE(remedy.nodes.Any());
          ASSERT_TRUE(remedy.nodes.IsSubsetOf(group.nodes));
          ASSERT_FALSE(remedy.obstacles.empty());
          CheckRemedy(world, scene, decided, std::string(plugin), remedy);
        }
      }
    }
  }

  void CheckRemedy(World& world, const support::Scene& scene, const DecidedPod& decided,
                   const std::string& plugin, const Remedy& remedy) {
    const api::Pod& pod = decided.pod;
    remedy.nodes.ForEach([&](framework::NodeIndex row) {
      const auto& node = world.cluster().nodes.node(row);
      const auto* known = *std::ranges::find(scene.nodes, node.meta.name,
                                             [](const api::Node* n) { return n->meta.name; });
      Change change(scene, pod, *known);
      const bool by_pod = ++applied_[plugin] % 2 == 0;
      if (by_pod) change.AskForLess(decided.pod_class, world.cluster().resources);
      std::string what;
      for (const Obstacle& obstacle : remedy.obstacles) {
        if (!change.Apply(plugin, obstacle)) {
          --applied_[plugin];
          return;
        }
        what += obstacle.text + " -> " + obstacle.change + "; ";
      }
      EXPECT_THAT(change.BrokenBy(), Not(Contains(plugin)))
          << pod.Key() << " on " << node.meta.name << ": " << what;
    });
  }

  std::unique_ptr<framework::ProfileRuntime> runtime_;
  std::map<std::string, int> applied_;
};

TEST_F(Advice, WhatIsSaidToHelpDoesHelp) {
  base::Random seeds(support::TestSeed());
  for (std::uint64_t i = 0; i < kSequences && !HasFailure(); ++i) {
    WorldOptions options;
    options.seed = seeds.Next();
    options.nodes = 1 + seeds.Below(20);
    options.profile = DefaultProfile();
    SCOPED_TRACE(support::SeedNote() + ", sequence " + std::to_string(i));
    World world(std::move(options));
    runtime_ = MakeRuntime(DefaultProfile(), framework::ColumnCaching::kOn);
    world.Steps(kSteps, [&](const DecidedPod& decided) { Check(world, decided); });
  }
  for (const char* plugin : {"NodeResourcesFit", "TaintToleration", "NodeUnschedulable",
                             "NodeAffinity", "PodTopologySpread", "InterPodAffinity"}) {
    EXPECT_GT(applied_[plugin], 0) << plugin;
    RecordProperty(plugin, applied_[plugin]);
  }
}

}  // namespace
}  // namespace berth::property
