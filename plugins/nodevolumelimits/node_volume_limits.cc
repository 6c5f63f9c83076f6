#include "plugins/nodevolumelimits/node_volume_limits.h"

#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

struct State final : framework::PluginState {
  // Of this cycle.
  std::vector<cluster::CountedVolume> wanted;
  std::string missing;  // the words, if a claim does not exist
};

bool HasAny(const cluster::PodVolumes* volumes) {
  return volumes != nullptr && (!volumes->claims.empty() || !volumes->counted.empty());
}

std::string MissingClaim(const PodContext& context) {
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    if (context.cluster.storage.claim(claim.id).object != nullptr) continue;
    const std::string space(context.cluster.symbols.Text(context.pod.namespace_name));
    return "looking up PVC " + space + "/" + claim.name + ": persistentvolumeclaim \"" +
           claim.name + "\" not found";
  }
  return "";
}

}  // namespace

bool NodeVolumeLimits::IsIdle(const PodContext& context) const {
  return !HasAny(context.pod.volumes.get());
}

void NodeVolumeLimits::AppendKey(const PodContext& context, std::string& key) const {
  if (HasAny(context.pod.volumes.get())) base::AppendKey(key, context.pod.id);
}

std::unique_ptr<framework::PluginState> NodeVolumeLimits::NewState(const PodContext&) const {
  return std::make_unique<State>();
}

framework::PreFilterResult NodeVolumeLimits::PreFilter(const PodContext& context,
                                                       framework::PluginState& plugin_state) const {
  if (!HasAny(context.pod.volumes.get())) return {{Code::kSkip, {}}, {}};
  auto& state = static_cast<State&>(plugin_state);
  cluster::NodeVolumes& node_volumes = context.cluster.storage.node_volumes;
  node_volumes.Refresh();
  state.wanted = node_volumes.CountedOf(*context.pod.volumes);
  state.missing = MissingClaim(context);
  return {};
}

void NodeVolumeLimits::Filter(const PodContext& context, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.missing.empty()) return nodes.ClearAll();
  if (!state.wanted.empty()) context.cluster.storage.node_volumes.Filter(state.wanted, nodes);
}

framework::NodeStatus NodeVolumeLimits::Explain(const PodContext& context,
                                                const framework::PluginState& plugin_state,
                                                NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.missing.empty()) return {Code::kUnschedulableAndUnresolvable, {state.missing}};
  if (!context.cluster.storage.node_volumes.Exceeds(node, state.wanted)) return {};
  return {Code::kUnschedulable, {"node(s) exceed max volume count"}};
}

std::vector<framework::Remedy> NodeVolumeLimits::Advise(const PodContext& context,
                                                        const framework::PluginState& plugin_state,
                                                        const NodeMask& nodes) const {
  constexpr std::size_t kFew = 3;
  if (!static_cast<const State&>(plugin_state).missing.empty()) return {};
  std::vector<std::string> claims;
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) claims.push_back(claim.name);
  framework::Obstacle full{
      "a CSI driver has attached as many volumes as it can to the node" +
          (claims.empty() ? "" : "; claims of the pod: " + base::ListFew(claims, kFew)),
      "take pods with volumes of the driver off the node",
      {{"persistentVolumeClaims", std::move(claims)}}};
  return {{{std::move(full)}, nodes}};
}

bool NodeVolumeLimits::AddTraits(const PodContext&, framework::PluginState& state,
                                 framework::Traits&) const {
  return static_cast<const State&>(state).wanted.empty();
}

}  // namespace berth::plugins
