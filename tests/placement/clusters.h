// Small clusters as text.
#pragma once

#include <string>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/placement/engine.h"

namespace berth::placement {

inline std::string NodeText(const std::string& name, const std::string& cpu) {
  return "apiVersion: v1\nkind: Node\nmetadata: {name: " + name +
         "}\nstatus: {allocatable: {cpu: \"" + cpu + "\", memory: 8Gi, pods: \"10\"}}\n---\n";
}

// With node: it runs there.
inline std::string PodText(const std::string& name, const std::string& cpu,
                           const std::string& node = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n" +
         (node.empty() ? "" : "  nodeName: " + node + "\n") +
         "  containers: [{name: c, resources: {requests: {cpu: \"" + cpu + "\"}}}]\n---\n";
}

// Ends the process if the default configuration cannot be used.
inline Engine MakeEngine() {
  return Engine::Make(config::LoadFileOrDefault("", {}).value(), plugins::MakeRegistry()).value();
}

}  // namespace berth::placement
