// PreBind of GpuShare: the pod is told which GPUs it has got.
#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// The patch that sets the annotation gpu-index. It goes to the pod's status subresource, which a
// scheduler may write anyway and which takes annotations too; the uid in it keeps it from a pod
// that has come back under the same name.
framework::ApiWrite GpuIndexPatch(const api::Pod& pod, cluster::GpuMask devices);

class GpuIndexWriting final : public framework::PreBinding {
 public:
  explicit GpuIndexWriting(framework::ApiWrite write) : write_(std::move(write)) {}

  framework::PreBindStep Next(const framework::PodContext& context,
                              const framework::ApiAnswer* answer) override;

 private:
  framework::ApiWrite write_;
};

}  // namespace berth::plugins
