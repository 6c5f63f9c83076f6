#include "bench/plugins/twins.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scheduler/base/key_builder.h"

namespace berth::bench {
namespace {

using base::Symbol;
using cluster::LabelColumn;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PluginState;
using framework::PodContext;
using scoring::kRowsPerWord;

// Calls visit(row) for every row of a word that has a set bit.
template <typename Visit>
void ForEachRowOfWords(const NodeMask& nodes, Visit visit) {
  for (std::size_t word = 0; word < nodes.word_count(); ++word) {
    if (nodes.words()[word] == 0) continue;
    for (std::size_t row = word * kRowsPerWord; row < (word + 1) * kRowsPerWord; ++row) visit(row);
  }
}

class PowerAware final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "TwinOfPowerAware"; }
  void AppendKey(const PodContext&, std::string&) const override {}
  framework::Dependencies DependsOn() const override {
    return {cluster::kNoChange, cluster::kLabelChange | cluster::kPodResourceChange};
  }

  void Score(const PodContext& context, PluginState&, const NodeMask& nodes,
             std::span<std::int64_t> out) const override {
    const LabelColumn& watts = Watts(context);
    std::vector<std::int64_t> scores(watts.value_count());
    for (std::size_t id = 0; id < scores.size(); ++id) {
      scores[id] = ScoreOf(context, watts.Value(static_cast<cluster::ValueId>(id)));
    }
    const auto& pods = context.nodes().pod_count();
    ForEachRowOfWords(
        nodes, [&](std::size_t row) { out[row] = ForIdle(scores[watts.ids()[row]], pods[row]); });
  }

  void ScoreNodes(const PodContext& context, PluginState&, std::span<const NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override {
    const LabelColumn& watts = Watts(context);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Symbol value = watts.Value(watts.At(nodes[i]));
      scores[i] = ForIdle(ScoreOf(context, value), context.nodes().pod_count()[nodes[i]]);
    }
  }

 private:
  static const LabelColumn& Watts(const PodContext& context) {
    auto& cluster = context.cluster;
    return cluster.nodes.LabelsOf(cluster.symbols.Intern("power.example.com/watts-per-core"));
  }
  static std::int64_t ForIdle(std::int64_t score, std::int64_t pods) {
    return pods == 0 ? score / 2 : score;
  }
  static std::int64_t ScoreOf(const PodContext& context, Symbol value) {
    if (value == base::kNoSymbol) return 0;
    const std::string_view text = context.cluster.symbols.Text(value);
    std::int64_t watts = -1;
    std::from_chars(text.data(), text.data() + text.size(), watts);
    if (watts < 0 || watts >= kTwinMaxWatts) return 0;
    return 100 - 100 * watts / kTwinMaxWatts;
  }
};

class NodePool final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "TwinOfNodePool"; }
  void AppendKey(const PodContext& context, std::string& key) const override {
    base::AppendKey(key, PoolOf(context));
  }
  framework::Dependencies DependsOn() const override {
    return {cluster::kLabelChange, cluster::kAllocatableChange | cluster::kPodResourceChange};
  }

  void Filter(const PodContext& context, PluginState&, NodeMask& nodes) const override {
    const LabelColumn& pools = Pools(context);
    const Symbol own = PoolOf(context);
    for (std::size_t word = 0; word < nodes.word_count(); ++word) {
      if (nodes.words()[word] == 0) continue;
      NodeMask::Word fits = 0;
      for (std::size_t bit = 0; bit < kRowsPerWord; ++bit) {
        const auto row = static_cast<NodeIndex>(word * kRowsPerWord + bit);
        fits |= NodeMask::Word{pools.Value(pools.ids()[row]) == own} << bit;
      }
      nodes.words()[word] &= fits;
    }
  }

  framework::NodeStatus Explain(const PodContext& context, const PluginState&,
                                NodeIndex node) const override {
    const LabelColumn& pools = Pools(context);
    const Symbol own = PoolOf(context);
    if (pools.Value(pools.At(node)) == own) return {};
    return {Code::kUnschedulableAndUnresolvable,
            {own == base::kNoSymbol ? "node(s) kept for the pods of a pool"
                                    : "node(s) not of the pod's pool"}};
  }

  void Score(const PodContext& context, PluginState&, const NodeMask& nodes,
             std::span<std::int64_t> out) const override {
    const auto& allocatable = context.nodes().allocatable(cluster::kCpu);
    const auto& requested = context.nodes().requested(cluster::kCpu);
    ForEachRowOfWords(
        nodes, [&](std::size_t row) { out[row] = FreePercent(allocatable[row], requested[row]); });
  }

  void ScoreNodes(const PodContext& context, PluginState&, std::span<const NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override {
    const auto& allocatable = context.nodes().allocatable(cluster::kCpu);
    const auto& requested = context.nodes().requested(cluster::kCpu);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      scores[i] = FreePercent(allocatable[nodes[i]], requested[nodes[i]]);
    }
  }

 private:
  static std::int64_t FreePercent(std::int64_t allocatable, std::int64_t requested) {
    if (allocatable <= 0) return 0;
    return 100 * std::max<std::int64_t>(allocatable - requested, 0) / allocatable;
  }
  static Symbol Key(const PodContext& context) {
    return context.cluster.symbols.Intern("pool.example.com/name");
  }
  static Symbol PoolOf(const PodContext& context) {
    return context.cluster.label_sets.Value(context.pod.labels, Key(context));
  }
  static const LabelColumn& Pools(const PodContext& context) {
    return context.cluster.nodes.LabelsOf(Key(context));
  }
};

template <typename PluginType>
base::Result<std::unique_ptr<framework::Plugin>> Make(const config::PluginArgs&,
                                                      const config::FeatureGates&) {
  return std::make_unique<PluginType>();
}

}  // namespace

void AddTwins(framework::Registry& registry) {
  registry["TwinOfPowerAware"] = Make<PowerAware>;
  registry["TwinOfNodePool"] = Make<NodePool>;
}

}  // namespace berth::bench
