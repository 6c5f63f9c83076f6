// Events about pods, written to the API server.
#pragma once

#include "scheduler/kube/event_recorder.h"
#include "scheduler/live/pod_events.h"

namespace berth::live {

class RecordedEvents final : public PodEvents {
 public:
  // The recorder outlives this.
  explicit RecordedEvents(kube::EventRecorder& recorder) : recorder_(recorder) {}

  void Record(const api::Pod& pod, const PodEvent& event) override {
    recorder_.Record({.regarding = {.kind = "Pod",
                                    .namespace_name = pod.meta.namespace_name,
                                    .name = pod.meta.name,
                                    .uid = pod.meta.uid,
                                    .resource_version = pod.meta.resource_version},
                      .type = event.type,
                      .reason = std::string(event.reason),
                      .action = std::string(event.action),
                      .note = std::string(event.note),
                      .controller = pod.spec->scheduler_name});
  }

 private:
  kube::EventRecorder& recorder_;
};

}  // namespace berth::live
