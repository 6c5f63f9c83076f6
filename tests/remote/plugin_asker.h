// A plugin over a small cluster, asked in the order of a scheduling cycle.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "tests/support/builders.h"

namespace berth::remote {

// What one cycle came to, with nodes by name.
struct Asked {
  framework::Status prefilter = {};
  std::vector<std::string> passing = {};             // sorted; all where PreFilter skips
  std::map<std::string, std::int64_t> scores = {};   // normalised, of passing nodes
  std::map<std::string, std::string> rejected = {};  // "Code: reason", by node
  friend bool operator==(const Asked& a, const Asked& b) {
    return a.prefilter.code == b.prefilter.code && a.passing == b.passing && a.scores == b.scores &&
           a.rejected == b.rejected;
  }
};

class PluginAsker {
 public:
  PluginAsker(const framework::Plugin& plugin, cluster::Cluster& cluster)
      : plugin_(plugin), cluster_(cluster) {}

  Asked Ask(const api::Pod& pod);

 private:
  framework::PluginState& StateOf(const framework::PodContext& context);
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, Asked& asked);

  const framework::Plugin& plugin_;
  cluster::Cluster& cluster_;
  std::map<cluster::PodClassId, std::unique_ptr<framework::PluginState>> states_;
};

}  // namespace berth::remote
