// PreBind of VolumeBinding: what Reserve has assumed is written, then waited for.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plugins/volumebinding/binding_plan.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

class VolumePreBinding final : public framework::PreBinding {
 public:
  // `plan` is not empty. Gives up `timeout` after the last write.
  VolumePreBinding(BindingPlan plan, framework::NodeIndex node, std::string node_name,
                   std::chrono::nanoseconds timeout);

  framework::PreBindStep Next(const framework::PodContext& context,
                              const framework::ApiAnswer* answer) override;

 private:
  framework::PreBindStep Check(const framework::PodContext& context);
  void RememberVersion(const std::string& path, const std::string& object);
  // Whether the cluster has every object that was written as it was written, or later.
  bool HasSeenWrites(const cluster::Storage& storage) const;

  BindingPlan plan_;
  framework::NodeIndex node_;
  std::string node_name_;
  std::chrono::nanoseconds left_;
  bool started_ = false;
  std::vector<framework::ApiWrite> writes_;
  std::size_t next_ = 0;
  std::map<std::string, std::uint64_t> versions_;  // by path
};

}  // namespace berth::plugins
