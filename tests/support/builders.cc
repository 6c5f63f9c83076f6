#include "tests/support/builders.h"

#include "scheduler/base/check.h"

namespace berth::support {

using Amounts = std::initializer_list<std::pair<std::string, std::string>>;

api::ResourceList Resources(Amounts amounts) {
  api::ResourceList list;
  for (const auto& [name, text] : amounts) {
    const auto quantity = api::Quantity::Parse(text);
    BERTH_CHECK(quantity.has_value());
    list[name] = *quantity;
  }
  return list;
}

api::Requirement Require(std::string key, api::SelectorOperator op,
                         std::vector<std::string> values) {
  return {std::move(key), op, std::move(values)};
}

api::PodAffinityTerm TermForApp(const std::string& app, const std::string& topology_key) {
  api::PodAffinityTerm term;
  term.label_selector.emplace();
  term.label_selector->match_labels["app"] = app;
  term.topology_key = topology_key;
  return term;
}

NodeBuilder::NodeBuilder(const std::string& name) {
  node_.meta.name = name;
  Label("kubernetes.io/hostname", name);
  Allocatable({{"cpu", "4"}, {"memory", "8Gi"}, {"pods", "10"}});
}

NodeBuilder& NodeBuilder::Allocatable(Amounts amounts) {
  for (const auto& [name, quantity] : Resources(amounts)) node_.allocatable[name] = quantity;
  return *this;
}
NodeBuilder& NodeBuilder::Label(const std::string& key, const std::string& value) {
  node_.meta.labels[key] = value;
  return *this;
}
NodeBuilder& NodeBuilder::WithoutLabel(const std::string& key) {
  node_.meta.labels.Erase(key);
  return *this;
}
NodeBuilder& NodeBuilder::Zone(const std::string& zone) {
  return Label("topology.kubernetes.io/zone", zone);
}
NodeBuilder& NodeBuilder::Taint(const std::string& key, const std::string& value,
                                api::TaintEffect effect) {
  node_.taints.push_back({key, value, effect});
  return *this;
}
NodeBuilder& NodeBuilder::Image(const std::string& name, std::int64_t size_bytes) {
  node_.images.push_back({{name}, size_bytes});
  return *this;
}
NodeBuilder& NodeBuilder::Cordoned() {
  node_.unschedulable = true;
  return *this;
}
std::shared_ptr<const api::Node> NodeBuilder::Build() const {
  return std::make_shared<const api::Node>(node_);
}

PodBuilder::PodBuilder(const std::string& name) {
  pod_.meta.name = name;
  pod_.meta.namespace_name = "default";
  spec_.containers.emplace_back();
  spec_.containers.front().name = "main";
}

PodBuilder& PodBuilder::Namespace(const std::string& name) {
  pod_.meta.namespace_name = name;
  return *this;
}
PodBuilder& PodBuilder::Label(const std::string& key, const std::string& value) {
  pod_.meta.labels[key] = value;
  return *this;
}
PodBuilder& PodBuilder::Requests(Amounts amounts) {
  spec_.containers.front().resources.requests = Resources(amounts);
  return *this;
}
PodBuilder& PodBuilder::HostPort(std::int32_t port, const std::string& protocol,
                                 const std::string& ip) {
  spec_.containers.front().ports.push_back({port, port, protocol, ip});
  return *this;
}
PodBuilder& PodBuilder::Tolerate(api::Toleration toleration) {
  spec_.tolerations.push_back(std::move(toleration));
  return *this;
}
PodBuilder& PodBuilder::NodeSelector(const std::string& key, const std::string& value) {
  if (!spec_.node_selector) spec_.node_selector.emplace();
  (*spec_.node_selector)[key] = value;
  return *this;
}
PodBuilder& PodBuilder::RequireNodes(api::NodeSelectorTerm term) {
  auto& required = NodeAffinity().required;
  if (!required) required.emplace();
  required->terms.push_back(std::move(term));
  return *this;
}
PodBuilder& PodBuilder::PreferNodes(std::int32_t weight, api::NodeSelectorTerm term) {
  NodeAffinity().preferred.push_back({weight, std::move(term)});
  return *this;
}
PodBuilder& PodBuilder::Affinity(api::PodAffinityTerm term) {
  PodAffinity().required.push_back(std::move(term));
  return *this;
}
PodBuilder& PodBuilder::AntiAffinity(api::PodAffinityTerm term) {
  PodAntiAffinity().required.push_back(std::move(term));
  return *this;
}
PodBuilder& PodBuilder::PreferAffinity(std::int32_t weight, api::PodAffinityTerm term) {
  PodAffinity().preferred.push_back({weight, std::move(term)});
  return *this;
}
PodBuilder& PodBuilder::PreferAntiAffinity(std::int32_t weight, api::PodAffinityTerm term) {
  PodAntiAffinity().preferred.push_back({weight, std::move(term)});
  return *this;
}
PodBuilder& PodBuilder::Spread(api::TopologySpreadConstraint constraint) {
  spec_.topology_spread_constraints.push_back(std::move(constraint));
  return *this;
}

api::Affinity& PodBuilder::Affinities() {
  return spec_.affinity ? *spec_.affinity : spec_.affinity.emplace();
}
api::NodeAffinity& PodBuilder::NodeAffinity() {
  auto& affinity = Affinities().node_affinity;
  return affinity ? *affinity : affinity.emplace();
}
api::PodAffinity& PodBuilder::PodAffinity() {
  auto& affinity = Affinities().pod_affinity;
  return affinity ? *affinity : affinity.emplace();
}
api::PodAffinity& PodBuilder::PodAntiAffinity() {
  auto& affinity = Affinities().pod_anti_affinity;
  return affinity ? *affinity : affinity.emplace();
}

std::shared_ptr<const api::Pod> PodBuilder::Build() const {
  auto pod = std::make_shared<api::Pod>(pod_);
  pod->spec = std::make_shared<const api::PodSpec>(spec_);
  return pod;
}

}  // namespace berth::support
