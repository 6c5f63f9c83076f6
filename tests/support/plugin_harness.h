// One plugin over a small cluster, asked as a scheduling cycle asks it, with nodes by name.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"
#include "tests/support/builders.h"

namespace berth::support {

using ScoresByNode = std::map<std::string, std::int64_t>;

class PluginHarness {
 public:
  // `name` as in the registry.
  explicit PluginHarness(const std::string& name, const config::PluginArgs& args = {});

  void AddNode(const NodeBuilder& node) { cluster_.AddNode(node.Build()); }
  void Place(const PodBuilder& pod, const std::string& node);
  cluster::Cluster& cluster() { return cluster_; }
  const framework::Plugin& plugin() const { return *plugin_; }

  framework::PreFilterResult PreFilter(const PodBuilder& pod);
  // The nodes that Filter leaves, sorted; all of them where PreFilter skips.
  std::vector<std::string> Passing(const PodBuilder& pod);
  // "Code: reason, reason" of one node; "Success" where it fits.
  std::string Explain(const PodBuilder& pod, const std::string& node);

  // What would help on all nodes that Filter clears.
  std::vector<framework::Remedy> Advise(const PodBuilder& pod);

  framework::Status PreScore(const PodBuilder& pod);
  // Raw and normalised scores of all nodes; empty where PreScore skips.
  ScoresByNode RawScores(const PodBuilder& pod);
  ScoresByNode Scores(const PodBuilder& pod);

 private:
  struct Asked;
  Asked Ask(const PodBuilder& pod);
  ScoresByNode ByNode(const scoring::Column<std::int64_t>& scores);

  std::unique_ptr<framework::Plugin> plugin_;
  cluster::Cluster cluster_;
};

}  // namespace berth::support
