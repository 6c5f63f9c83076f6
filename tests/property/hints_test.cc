// No wake-up is lost: where a change makes a plugin's Filter pass on the node that it is about, for
// a pod that failed there before, an event of the change is worth another try.
//
// Kube-scheduler 1.36 itself looks less closely in some corners of pod affinity and spreading (its
// hints match all anti-affinity terms at once, resolve no namespace selectors, and know neither the
// first pod of its kind nor nodes that cease to count by their labels); pods are drawn without.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "plugins/registry.h"
#include "scheduler/api/selector_match.h"
#include "scheduler/framework/event_registrations.h"
#include "scheduler/framework/object_events.h"
#include "tests/support/random_cluster.h"
#include "tests/support/seed.h"

namespace berth::property {
namespace {

using cluster::NodeIndex;
using framework::EventResource;
using framework::ObjectChange;

constexpr int kMaxScenes = 20'000;
constexpr int kEnough = 60;  // pods that were let in
constexpr int kDraws = 12;

// Takes out of a pod what the hints do not follow.
api::Pod Simplified(const api::Pod& pod, bool keeps_anti_affinity = true) {
  api::PodSpec spec = *pod.spec;
  if (spec.affinity) {
    for (auto* affinity : {&spec.affinity->pod_affinity, &spec.affinity->pod_anti_affinity}) {
      if (!*affinity) continue;
      for (auto& term : (*affinity)->required) term.namespace_selector.reset();
    }
    if (spec.affinity->pod_anti_affinity) {
      auto& terms = spec.affinity->pod_anti_affinity->required;
      terms.resize(std::min<std::size_t>(terms.size(), keeps_anti_affinity ? 1 : 0));
    }
  }
  for (auto& constraint : spec.topology_spread_constraints) {
    constraint.node_affinity_policy = api::NodeInclusionPolicy::kIgnore;
  }
  api::Pod simple = pod;
  simple.spec = std::make_shared<const api::PodSpec>(std::move(spec));
  return simple;
}

// Whether the pod would be let in as the first of its kind.
bool MatchesItself(const api::Pod& pod) {
  const auto& affinity = pod.spec->affinity;
  return affinity && affinity->pod_affinity &&
         std::ranges::all_of(affinity->pod_affinity->required, [&](const auto& term) {
           return api::Matches(term.label_selector, pod.meta.labels);
         });
}

// A few nodes, pods on them, and one that waits.
class WaitingScene {
 public:
  explicit WaitingScene(std::uint64_t seed) : draw_(seed), repelling_(draw_.random().Chance(1, 2)) {
    const auto nodes = 1 + Random().Below(3);
    for (std::uint64_t i = 0; i < nodes; ++i) AddNode();
    const auto pods = Random().Below(7);
    for (std::uint64_t i = 0; i < pods; ++i) AddPod(static_cast<NodeIndex>(Random().Below(nodes)));
    row_ = static_cast<NodeIndex>(Random().Below(nodes));
  }

  // Draws pods until one fails on the node; false if none does.
  bool DrawRejected(const framework::Plugin& plugin) {
    for (int i = 0; i < kDraws; ++i) {
      waiting_ = WaitingPod();
      if (!Passes(plugin)) return true;
    }
    return false;
  }

  // Makes one change to the node that Passes asks about, or adds one that it asks about from now
  // on.
  void Change() {
    // Nodes do not wake those whom pods on them keep off.
    switch (Random().Below(8) | (repelling_ ? 4 : 0)) {
      case 0:
        return ChangeSelf();
      case 1:
        row_ = AddNode();
        after_node_ = nodes_[row_];
        changes_.push_back({{EventResource::kNode, framework::kAdd}, {}, after_node_.get()});
        return;
      case 2:
        return ChangeNode();
      case 3:
        after_pod_ = cluster_.SharedPod(AddPod(row_));
        changes_.push_back({{EventResource::kAssignedPod, framework::kAdd}, {}, after_pod_.get()});
        return;
      case 4:
      case 5:
        return RemovePod();
      default:
        return ChangePod();
    }
  }

  bool Passes(const framework::Plugin& plugin) {
    cluster_.BeginCycle();
    const auto context = Context();
    if (plugin.IsIdle(context)) return true;
    const auto state = plugin.NewState(context);
    const auto prefilter = plugin.PreFilter(context, *state);
    if (prefilter.status.code == framework::Code::kSkip) return true;
    framework::NodeMask nodes = cluster_.nodes.alive();
    if (!prefilter.status.ok() || (prefilter.nodes && !prefilter.nodes->Test(row_))) return false;
    plugin.Filter(context, *state, nodes);
    return nodes.Test(row_);
  }

  bool Wakes(const framework::EventRegistrations& registrations, std::string_view plugin) {
    return std::ranges::any_of(changes_, [&](const ObjectChange& change) {
      return registrations.WorthRequeuing({{plugin}, {}}, Context(), *waiting_, change) !=
             framework::QueueingStrategy::kSkip;
    });
  }

  std::string Labels() const {
    std::string labels;
    for (const auto& change : changes_) labels += framework::Label(change.event) + " ";
    return labels;
  }

 private:
  base::Random& Random() { return draw_.random(); }
  framework::PodContext Context() { return {cluster_, cluster_.classes.ClassOfPending(*waiting_)}; }

  std::shared_ptr<const api::Pod> WaitingPod() {
    api::Pod pod = Simplified(*draw_.PendingPod());
    pod.meta.uid = "waiting";
    if (MatchesItself(pod)) {
      api::PodSpec spec = *pod.spec;
      spec.affinity->pod_affinity.reset();
      pod.spec = std::make_shared<const api::PodSpec>(std::move(spec));
    }
    return std::make_shared<const api::Pod>(std::move(pod));
  }

  NodeIndex AddNode() {
    const auto node = draw_.Node("node-" + std::to_string(nodes_.size()));
    const NodeIndex row = cluster_.AddNode(node);
    nodes_[row] = node;
    return row;
  }

  cluster::PodIndex AddPod(NodeIndex row) {
    api::Pod pod = Simplified(*draw_.PendingPod(), repelling_);
    pod.meta.uid = pod.meta.name;
    pod.node_name = nodes_[row]->meta.name;
    return cluster_.AddPod(std::make_shared<const api::Pod>(std::move(pod)), row);
  }

  void ChangeNode() {
    before_node_ = nodes_[row_];
    after_node_ = draw_.Changed(*before_node_);
    nodes_[row_] = after_node_;
    cluster_.UpdateNode(row_, after_node_);
    for (const auto& event : framework::EventsOfNodeUpdate(*before_node_, *after_node_)) {
      changes_.push_back({event, before_node_.get(), after_node_.get()});
    }
  }

  std::optional<cluster::PodIndex> SomePod() {
    const auto& pods = cluster_.PodsOn(row_);
    if (pods.empty()) return std::nullopt;
    return pods[Random().Below(pods.size())];
  }

  void RemovePod() {
    const auto index = SomePod();
    if (!index) return;
    before_pod_ = cluster_.SharedPod(*index);
    cluster_.RemovePod(*index);
    changes_.push_back({{EventResource::kAssignedPod, framework::kDelete}, before_pod_.get(), {}});
  }

  // Other labels, or smaller requests.
  void ChangePod() {
    const auto index = SomePod();
    if (!index) return;
    before_pod_ = cluster_.SharedPod(*index);
    api::Pod changed = *before_pod_;
    if (Random().Chance(1, 2)) {
      changed.meta.labels = draw_.PendingPod()->meta.labels;
    } else {
      api::PodSpec spec = *changed.spec;
      spec.containers.front().resources.requests = {};
      changed.spec = std::make_shared<const api::PodSpec>(std::move(spec));
    }
    after_pod_ = std::make_shared<const api::Pod>(std::move(changed));
    cluster_.RemovePod(*index);
    cluster_.AddPod(after_pod_, row_);
    AddPodEvents(*before_pod_, *after_pod_);
  }

  void ChangeSelf() {
    before_pod_ = waiting_;
    api::Pod changed = *waiting_;
    api::PodSpec spec = *changed.spec;
    switch (Random().Below(3)) {
      case 0:
        spec.tolerations.push_back({"", api::TolerationOperator::kExists, "", {}});
        break;
      case 1:
        spec.containers.front().resources.requests = {};
        break;
      default:
        spec.host_network = false;
        spec.restart_all_containers_rule = false;
    }
    changed.spec = std::make_shared<const api::PodSpec>(std::move(spec));
    waiting_ = std::make_shared<const api::Pod>(std::move(changed));
    AddPodEvents(*before_pod_, *waiting_);
  }

  void AddPodEvents(const api::Pod& before, const api::Pod& after) {
    for (const auto& event : framework::EventsOfPodUpdate(before, after)) {
      changes_.push_back({event, &before, &after});
    }
  }

  support::RandomCluster draw_;
  bool repelling_;  // pods on nodes may have anti-affinity
  cluster::Cluster cluster_;
  std::map<NodeIndex, std::shared_ptr<const api::Node>> nodes_;
  std::shared_ptr<const api::Pod> waiting_;
  NodeIndex row_ = 0;
  std::shared_ptr<const api::Node> before_node_;
  std::shared_ptr<const api::Node> after_node_;
  std::shared_ptr<const api::Pod> before_pod_;
  std::shared_ptr<const api::Pod> after_pod_;
  std::vector<ObjectChange> changes_;
};

class Hints : public support::RandomTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(Hints, NoWakeUpIsLost) {
  const auto plugin = *plugins::MakeRegistry().at(GetParam())({}, {});
  const framework::Plugin* const plugins[] = {plugin.get()};
  const framework::EventRegistrations registrations(plugins);
  base::Random seeds(support::TestSeed());
  int let_in = 0;
  for (int i = 0; i < kMaxScenes && let_in < kEnough; ++i) {
    SCOPED_TRACE(support::SeedNote() + ", scene " + std::to_string(i));
    WaitingScene scene(seeds.Next());
    if (!scene.DrawRejected(*plugin)) continue;
    scene.Change();
    if (!scene.Passes(*plugin)) continue;
    ++let_in;
    ASSERT_TRUE(scene.Wakes(registrations, GetParam())) << scene.Labels();
  }
  EXPECT_EQ(let_in, kEnough) << "the scenes show too little";
}

INSTANTIATE_TEST_SUITE_P(Plugins, Hints,
                         ::testing::Values("NodeResourcesFit", "NodeAffinity", "TaintToleration",
                                           "NodeUnschedulable", "NodePorts", "InterPodAffinity",
                                           "PodTopologySpread", "NodeDeclaredFeatures"),
                         [](const auto& plugin) { return std::string(plugin.param); });

}  // namespace
}  // namespace berth::property
