#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Keeps pods to the GPUs that there are, one by one (cluster/gpu_devices.h): a share needs one GPU
// with that much left, whole GPUs so many that nobody has a part of. Reserve chooses them, PreBind
// writes the annotation gpu-index, by which the container runtime, and a scheduler that starts
// anew, know. Stands beside NodeResourcesFit, which counts the sums, and NodeAffinity, which keeps
// pods to the models they may have.
class GpuShare final : public framework::Plugin {
 public:
  explicit GpuShare(config::GpuShareArgs args) : args_(std::move(args)) {}

  std::string_view Name() const override { return "GpuShare"; }
  bool IsIdle(const framework::PodContext& context) const override;
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kGpuChange, {}}; }
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
  void Filter(const framework::PodContext& context, framework::PluginState& state,
              framework::NodeMask& nodes) const override;
  framework::NodeStatus Explain(const framework::PodContext& context,
                                const framework::PluginState& state,
                                framework::NodeIndex node) const override;
  framework::Status Reserve(const framework::PodContext& context, framework::PluginState& state,
                            const api::Pod& pod, framework::NodeIndex node) const override;
  void Unreserve(const framework::PodContext& context, framework::PluginState& state,
                 const api::Pod& pod, framework::NodeIndex node) const override;
  std::unique_ptr<framework::PreBinding> PreBind(const framework::PodContext& context,
                                                 const api::Pod& pod,
                                                 framework::NodeIndex node) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  cluster::GpuMask Choose(const framework::PodContext& context, const framework::PluginState& state,
                          framework::NodeIndex node) const;

  config::GpuShareArgs args_;
};

}  // namespace berth::plugins
