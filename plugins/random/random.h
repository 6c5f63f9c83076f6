#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Any feasible node: it gets 100, all others 0. Which one depends on the seed and on what has
// happened in the cluster so far, so that equal runs come out equal.
class Random final : public framework::Plugin {
 public:
  explicit Random(config::RandomArgs args) : args_(args) {}

  std::string_view Name() const override { return "Random"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {{}, cluster::kClusterWide}; }
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;

 private:
  config::RandomArgs args_;
};

}  // namespace berth::plugins
