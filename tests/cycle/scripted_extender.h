// An extender whose answers a test writes.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/cycle/extender.h"

namespace berth::cycle {

// Filters by default nothing away and scores nothing.
class ScriptedExtender final : public Extender {
 public:
  using Nodes = std::vector<std::string>;

  explicit ScriptedExtender(std::string name) : name_(std::move(name)) {}

  const std::string& Name() const override { return name_; }
  bool IsIgnorable() const override { return ignorable; }
  bool IsInterested(const api::Pod& pod) const override {
    return only_pod.empty() || pod.meta.name == only_pod;
  }
  bool IsFilter() const override { return filters; }
  bool IsPrioritizer() const override { return prioritizes; }
  bool IsBinder() const override { return false; }
  bool SupportsPreemption() const override { return preempts; }
  std::int64_t Weight() const override { return weight; }

  base::Result<ExtenderFilterResult> Filter(const api::Pod&, const cluster::Cluster& cluster,
                                            std::span<const ExtenderNode> nodes) override {
    asked.push_back({});
    for (const auto& node : nodes) asked.back().push_back(cluster.nodes.Name(node.row));
    if (!error.empty()) return base::Fail(error);
    ExtenderFilterResult result{{}, failed, unresolvable};
    for (const ExtenderNode& node : nodes) {
      const std::string& name = cluster.nodes.Name(node.row);
      if (std::ranges::find(dropped, name) != dropped.end()) continue;
      if (failed.contains(name) || unresolvable.contains(name)) continue;
      result.nodes.push_back(node);
      if (!returns_nodes) continue;
      result.nodes.back().returned =
          std::make_shared<const ReturnedNode>(ReturnedNode{cluster.nodes.node(node.row), ""});
    }
    return result;
  }

  base::Result<std::vector<HostScore>> Prioritize(const api::Pod&, const cluster::Cluster&,
                                                  std::span<const ExtenderNode> nodes) override {
    ++scored;
    scored_nodes = nodes.size();
    if (!error.empty()) return base::Fail(error);
    std::vector<HostScore> list;
    for (const auto& [host, score] : scores) list.push_back({host, score});
    return list;
  }

  base::Result<ExtenderVictimsByNode> Preempt(const api::Pod&, const cluster::Cluster&,
                                              const ExtenderVictimsByNode& victims) override {
    if (!error.empty()) return base::Fail(error);
    return preempt(victims);
  }

  void Bind(const api::Pod&, const std::string&, Bound) override {}

  bool ignorable = false;
  bool filters = false;
  bool prioritizes = false;
  bool preempts = false;
  bool returns_nodes = false;  // whole
  std::int64_t weight = 1;
  std::string only_pod;  // empty: interested in all
  std::string error;
  Nodes dropped;  // without a word
  std::map<std::string, std::string> failed;
  std::map<std::string, std::string> unresolvable;
  std::map<std::string, std::int64_t> scores;
  std::function<ExtenderVictimsByNode(const ExtenderVictimsByNode&)> preempt;

  std::vector<Nodes> asked;  // by Filter, each time
  int scored = 0;
  std::size_t scored_nodes = 0;

 private:
  std::string name_;
};

}  // namespace berth::cycle
