#include "tests/support/yaml_cluster.h"

#include <cstdio>
#include <utility>

#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/base/check.h"
#include "scheduler/base/executor.h"

namespace berth::support {
namespace {

api::ClusterObjects Read(const std::string& yaml) {
  const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  auto read = reader.ReadYaml(yaml, "yaml");
  api::ClusterObjects objects = reader.Take();
  if (read) read = api::ApplyDefaults(objects, reader.specs());
  if (!read) std::fprintf(stderr, "%s\n", read.error().message().c_str());
  BERTH_CHECK(read.has_value());
  return objects;
}

}  // namespace

PendingPods FillFromYaml(const std::string& yaml, cluster::Cluster& cluster) {
  api::ClusterObjects objects = Read(yaml);
  for (auto& node : objects.nodes) {
    cluster.AddNode(std::make_shared<const api::Node>(std::move(node)));
  }
  cluster.storage.Set(std::move(objects.storage));
  PendingPods pending;
  for (auto& object : objects.pods) {
    auto pod = std::make_shared<const api::Pod>(std::move(object));
    if (pod->node_name.empty()) {
      pending.emplace(pod->meta.name, pod);
    } else {
      cluster.AddPod(pod, *cluster.nodes.Find(pod->node_name));
    }
  }
  return pending;
}

}  // namespace berth::support
