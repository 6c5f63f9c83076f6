#include "plugins/gpushare/gpu_index_writing.h"

#include <nlohmann/json.hpp>
#include <string>

#include "scheduler/api/gpu_names.h"

namespace berth::plugins {

framework::ApiWrite GpuIndexPatch(const api::Pod& pod, cluster::GpuMask devices) {
  nlohmann::json metadata = {
      {"annotations", {{std::string(api::kGpuIndexAnnotation), cluster::FormatGpuIndex(devices)}}}};
  if (!pod.meta.uid.empty()) metadata["uid"] = pod.meta.uid;
  return {framework::WriteKind::kMergePatch,
          "/api/v1/namespaces/" + pod.meta.namespace_name + "/pods/" + pod.meta.name + "/status",
          nlohmann::json{{"metadata", std::move(metadata)}}.dump(
              -1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

framework::PreBindStep GpuIndexWriting::Next(const framework::PodContext&,
                                             const framework::ApiAnswer* answer) {
  if (answer == nullptr) return write_;
  if (!answer->ok()) return framework::Status{framework::Code::kError, {answer->error}};
  return framework::Status{};
}

}  // namespace berth::plugins
