#include "plugins/nodedeclaredfeatures/node_declared_features.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

bool NeedsRestartOfAll(const api::PodSpec& spec) { return spec.restart_all_containers_rule; }

bool NeedsHostNetworkInUserNamespace(const api::PodSpec& spec) {
  return spec.host_network && spec.host_users == false;
}

bool NeedsAny(const api::PodSpec& spec) {
  return NeedsRestartOfAll(spec) || NeedsHostNetworkInUserNamespace(spec);
}

bool Declares(const api::Node& node, std::string_view feature) {
  return std::ranges::find(node.declared_features, feature) != node.declared_features.end();
}

// Of the features that nodes declare, those that scheduling knows to be asked for by pods.
bool DeclaresWhatIsNeeded(const api::Node& node, const api::PodSpec& spec) {
  return (!NeedsRestartOfAll(spec) || Declares(node, "RestartAllContainersOnContainerExits")) &&
         (!NeedsHostNetworkInUserNamespace(spec) ||
          Declares(node, "UserNamespacesHostNetworkSupport"));
}

std::vector<std::string> MissingOn(const api::Node& node, const api::PodSpec& spec) {
  std::vector<std::string> missing;
  const auto add = [&](bool needed, const char* feature) {
    if (needed && !Declares(node, feature)) missing.emplace_back(feature);
  };
  add(NeedsRestartOfAll(spec), "RestartAllContainersOnContainerExits");
  add(NeedsHostNetworkInUserNamespace(spec), "UserNamespacesHostNetworkSupport");
  return missing;
}

}  // namespace

bool NodeDeclaredFeatures::IsIdle(const PodContext& context) const {
  return !NeedsAny(*context.pod.spec);
}

void NodeDeclaredFeatures::AppendKey(const PodContext& context, std::string& key) const {
  const api::PodSpec& spec = *context.pod.spec;
  base::AppendKey(key, NeedsRestartOfAll(spec));
  base::AppendKey(key, NeedsHostNetworkInUserNamespace(spec));
}

framework::PreFilterResult NodeDeclaredFeatures::PreFilter(const PodContext& context,
                                                           framework::PluginState&) const {
  if (!NeedsAny(*context.pod.spec)) return {{Code::kSkip, {}}, {}};
  return {};
}

void NodeDeclaredFeatures::Filter(const PodContext& context, framework::PluginState&,
                                  NodeMask& nodes) const {
  const api::PodSpec& spec = *context.pod.spec;
  if (!NeedsAny(spec)) return;
  nodes.ForEach([&](NodeIndex node) {
    if (!DeclaresWhatIsNeeded(context.nodes().node(node), spec)) nodes.Clear(node);
  });
}

framework::NodeStatus NodeDeclaredFeatures::Explain(const PodContext& context,
                                                    const framework::PluginState&,
                                                    NodeIndex node) const {
  if (DeclaresWhatIsNeeded(context.nodes().node(node), *context.pod.spec)) return {};
  return {Code::kUnschedulableAndUnresolvable, {"node(s) didn't match Pod's required features"}};
}

std::vector<framework::Remedy> NodeDeclaredFeatures::Advise(const PodContext& context,
                                                            const framework::PluginState&,
                                                            const NodeMask& nodes) const {
  std::map<std::vector<std::string>, NodeMask> by_features;
  nodes.ForEach([&](NodeIndex node) {
    const auto missing = MissingOn(context.nodes().node(node), *context.pod.spec);
    by_features.try_emplace(missing, NodeMask(nodes.size())).first->second.Set(node);
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [features, rejected] : by_features) {
    framework::Remedy& remedy = remedies.emplace_back();
    for (const auto& feature : features) {
      remedy.obstacles.push_back({"the node does not declare the feature " + feature,
                                  "use a kubelet that declares it",
                                  {{"feature", feature}}});
    }
    remedy.nodes = std::move(rejected);
  }
  framework::SortByEase(remedies);
  return remedies;
}

}  // namespace berth::plugins
