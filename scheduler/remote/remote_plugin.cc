#include "scheduler/remote/remote_plugin.h"

#include <berth/plugin/v1/plugin.pb.h>

#include <algorithm>
#include <utility>

#include "scheduler/remote/node_rows.h"
#include "scheduler/remote/session.h"
#include "scoring/kernels.h"

namespace berth::remote {

using base::Result;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PluginState;
using framework::PodContext;

namespace {

constexpr std::int64_t kHighestScore = 100;

struct PodState final : PluginState {
  std::uint64_t id = 0;
  wire::Pod pod;
};

const PodState& StateOf(const PluginState& state) { return static_cast<const PodState&>(state); }

// What became of the last question. There is one of them and not one a state: a cycle asks about
// one pod, and columns of answers that nobody will ask for again would only take memory.
struct Verdict {
  std::uint64_t state = 0;  // of no state
  const cluster::Cluster* cluster = nullptr;
  cluster::ChangeLog::Position position = 0;
  std::string error = {};  // empty: `answer` is one
  Answer answer = {};

  bool IsAbout(const PodContext& context, const PodState& pod) const {
    return state == pod.id && cluster == &context.cluster && position == context.cluster.log.end();
  }
};

class RemotePlugin final : public framework::Plugin {
 public:
  RemotePlugin(std::string name, bool ignorable, std::unique_ptr<Session> session)
      : name_(std::move(name)), ignorable_(ignorable), session_(std::move(session)) {}

  std::string_view Name() const override { return name_; }
  framework::Dependencies DependsOn() const override {
    return {cluster::kClusterWide, cluster::kClusterWide};
  }
  std::unique_ptr<PluginState> NewState(const PodContext& context) const override;
  framework::PreFilterResult PreFilter(const PodContext& context,
                                       PluginState& state) const override;
  void Filter(const PodContext& context, PluginState& state, NodeMask& nodes) const override;
  framework::NodeStatus Explain(const PodContext& context, const PluginState& state,
                                NodeIndex node) const override;
  framework::Rejections ExplainAll(const PodContext& context, const PluginState& state,
                                   const NodeMask& nodes) const override;
  framework::Status PreScore(const PodContext& context, PluginState& state,
                             const NodeMask& nodes) const override;
  void Score(const PodContext& context, PluginState& state, const NodeMask& nodes,
             std::span<std::int64_t> out) const override;
  // The server says how, and only once it can be asked.
  framework::Normalization Normalize() const override { return framework::Normalization::kOwn; }
  void NormalizeScores(const PodContext& context, PluginState& state, const NodeMask& nodes,
                       std::span<std::int64_t> scores) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;

 private:
  const Verdict& Ask(const PodContext& context, const PodState& state) const;
  // Asks where what was last asked about is something else.
  const Verdict& Current(const PodContext& context, const PodState& state) const;
  framework::Status ErrorOf(const Verdict& verdict) const;

  std::string name_;
  bool ignorable_;
  std::unique_ptr<Session> session_;
  // The connection to the server is part of the outside world, and what it last said a cache.
  mutable std::uint64_t last_state_ = 0;
  mutable Verdict verdict_;
};

std::unique_ptr<PluginState> RemotePlugin::NewState(const PodContext& context) const {
  auto state = std::make_unique<PodState>();
  state->id = ++last_state_;
  FillPod(context.cluster, context.pod, state->pod);
  return state;
}

const Verdict& RemotePlugin::Ask(const PodContext& context, const PodState& state) const {
  verdict_.state = state.id;
  verdict_.cluster = &context.cluster;
  verdict_.position = context.cluster.log.end();
  verdict_.error.clear();
  const auto asked = session_->Ask(context.cluster, state.pod, verdict_.answer);
  if (!asked) verdict_.error = asked.error().message();
  return verdict_;
}

const Verdict& RemotePlugin::Current(const PodContext& context, const PodState& state) const {
  return verdict_.IsAbout(context, state) ? verdict_ : Ask(context, state);
}

framework::Status RemotePlugin::ErrorOf(const Verdict& verdict) const {
  if (verdict.error.empty()) return {};
  if (ignorable_) return {Code::kSkip, {}};
  return {Code::kError, {verdict.error}};
}

framework::PreFilterResult RemotePlugin::PreFilter(const PodContext& context,
                                                   PluginState& state) const {
  const PodState& pod = StateOf(state);
  const auto& description = session_->description();
  const bool may_reuse = description && description->reusable && verdict_.error.empty();
  return {ErrorOf(may_reuse ? Current(context, pod) : Ask(context, pod)), std::nullopt};
}

void RemotePlugin::Filter(const PodContext& context, PluginState& state, NodeMask& nodes) const {
  const Verdict& verdict = Current(context, StateOf(state));
  if (verdict.error.empty()) return nodes.And(verdict.answer.kept);
  if (!ignorable_) nodes.ClearAll();
}

framework::NodeStatus RemotePlugin::Explain(const PodContext& context, const PluginState& state,
                                            NodeIndex node) const {
  const Verdict& verdict = Current(context, StateOf(state));
  if (!verdict.error.empty()) {
    if (ignorable_) return {};
    return {Code::kError, {"a gRPC plugin cannot be asked"}};
  }
  for (const framework::Rejection& group : verdict.answer.rejections) {
    if (group.nodes.Test(node)) return group.status;
  }
  return {};
}

framework::Rejections RemotePlugin::ExplainAll(const PodContext& context, const PluginState& state,
                                               const NodeMask& nodes) const {
  const Verdict& verdict = Current(context, StateOf(state));
  framework::Rejections rejections;
  if (!verdict.error.empty() && !ignorable_) {
    return framework::Rejections::Of(nodes, {Code::kError, {"a gRPC plugin cannot be asked"}});
  }
  if (!verdict.error.empty()) return rejections;
  for (const framework::Rejection& group : verdict.answer.rejections) {
    NodeMask rejected = group.nodes;
    rejected.And(nodes);
    if (rejected.Any()) rejections.Add(std::move(rejected), group.status);
  }
  return rejections;
}

framework::Status RemotePlugin::PreScore(const PodContext& context, PluginState& state,
                                         const NodeMask&) const {
  return ErrorOf(Current(context, StateOf(state)));
}

void RemotePlugin::Score(const PodContext& context, PluginState& state, const NodeMask& nodes,
                         std::span<std::int64_t> out) const {
  const Verdict& verdict = Current(context, StateOf(state));
  const bool has_scores = verdict.error.empty();
  nodes.ForEach([&](NodeIndex row) {
    // What is asked about may be a node that the plugin has rejected: as if it had been kept.
    out[row] = has_scores && verdict.answer.kept.Test(row) ? verdict.answer.scores[row] : 0;
  });
}

void RemotePlugin::NormalizeScores(const PodContext&, PluginState&, const NodeMask& nodes,
                                   std::span<std::int64_t> scores) const {
  const auto& description = session_->description();
  if (!description || description->normalization == framework::Normalization::kNone) return;
  const bool reverse = description->normalization == framework::Normalization::kByMaxReverse;
  const auto range = scoring::MinMaxOf(scores.data(), nodes.words(), nodes.word_count());
  if (range.max > 0) {
    return scoring::NormalizeByMax(range.max, reverse, nodes.words(), nodes.word_count(),
                                   scores.data());
  }
  if (reverse) nodes.ForEach([&](NodeIndex row) { scores[row] = kHighestScore; });
}

std::vector<framework::EventRegistration> RemotePlugin::EventsToRegister() const {
  const auto& description = session_->description();
  if (!description || description->events.empty()) return Plugin::EventsToRegister();
  return description->events;
}

}  // namespace

Result<std::unique_ptr<framework::Plugin>> MakeRemotePlugin(const RemotePluginOptions& options,
                                                            const base::Clock& clock) {
  BERTH_ASSIGN(auto session, Session::Make(options, clock));
  BERTH_TRY(session->Introduce());
  return std::make_unique<RemotePlugin>(options.name, options.ignorable, std::move(session));
}

framework::PluginFactory RemotePluginFactory(RemotePluginOptions options,
                                             const base::Clock& clock) {
  return [options = std::move(options), &clock](const config::PluginArgs&,
                                                const config::FeatureGates&) {
    return MakeRemotePlugin(options, clock);
  };
}

}  // namespace berth::remote
