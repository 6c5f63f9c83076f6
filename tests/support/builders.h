// Nodes and pods in one expression, for tests that need a few of them.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "scheduler/api/objects.h"

namespace berth::support {

// {{"cpu", "500m"}, {"memory", "1Gi"}}; ends the process on text that is no quantity.
api::ResourceList Resources(std::initializer_list<std::pair<std::string, std::string>> amounts);

api::Requirement Require(std::string key, api::SelectorOperator op,
                         std::vector<std::string> values = {});

// The term of an (anti-)affinity towards pods with app=`app`.
api::PodAffinityTerm TermForApp(const std::string& app, const std::string& topology_key);

class NodeBuilder {
 public:
  // With 4 cores, 8 GiB and room for 10 pods, and its name as hostname label.
  explicit NodeBuilder(const std::string& name);

  NodeBuilder& Allocatable(std::initializer_list<std::pair<std::string, std::string>> amounts);
  NodeBuilder& Label(const std::string& key, const std::string& value);
  NodeBuilder& WithoutLabel(const std::string& key);
  NodeBuilder& Zone(const std::string& zone);
  NodeBuilder& Taint(const std::string& key, const std::string& value, api::TaintEffect effect);
  NodeBuilder& Image(const std::string& name, std::int64_t size_bytes);
  NodeBuilder& Cordoned();

  std::shared_ptr<const api::Node> Build() const;

 private:
  api::Node node_;
};

class PodBuilder {
 public:
  // In namespace default, with one container that requests nothing.
  explicit PodBuilder(const std::string& name);
  // A pod that is there already, to be changed.
  explicit PodBuilder(const api::Pod& pod) : pod_(pod), spec_(*pod.spec) {}

  PodBuilder& Namespace(const std::string& name);
  PodBuilder& Label(const std::string& key, const std::string& value);
  // Of the first container.
  PodBuilder& Requests(std::initializer_list<std::pair<std::string, std::string>> amounts);
  PodBuilder& HostPort(std::int32_t port, const std::string& protocol = "",
                       const std::string& ip = "");
  PodBuilder& Tolerate(api::Toleration toleration);
  PodBuilder& NodeSelector(const std::string& key, const std::string& value);
  PodBuilder& RequireNodes(api::NodeSelectorTerm term);
  PodBuilder& PreferNodes(std::int32_t weight, api::NodeSelectorTerm term);
  PodBuilder& Affinity(api::PodAffinityTerm term);
  PodBuilder& AntiAffinity(api::PodAffinityTerm term);
  PodBuilder& PreferAffinity(std::int32_t weight, api::PodAffinityTerm term);
  PodBuilder& PreferAntiAffinity(std::int32_t weight, api::PodAffinityTerm term);
  PodBuilder& Spread(api::TopologySpreadConstraint constraint);

  // For everything that has no function here.
  api::Pod& pod() { return pod_; }
  api::PodSpec& spec() { return spec_; }

  std::shared_ptr<const api::Pod> Build() const;

 private:
  api::NodeAffinity& NodeAffinity();
  api::PodAffinity& PodAffinity();
  api::PodAffinity& PodAntiAffinity();
  api::Affinity& Affinities();

  api::Pod pod_;
  api::PodSpec spec_;
};

}  // namespace berth::support
