// A small sweep in a folder that is gone after the test.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace berth::sweep {

class SweepFolder {
 public:
  SweepFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "berth_sweep_XXXXXX").string();
    path_ = mkdtemp(name.data());
    Write("nodes.yaml", NodesYaml());
    Write("few.yaml", PodsYaml(12));
    Write("many.yaml", PodsYaml(40));
    Write("spread.yaml",
          "apiVersion: kubescheduler.config.k8s.io/v1\n"
          "kind: KubeSchedulerConfiguration\n");
    Write("pack.yaml",
          "apiVersion: kubescheduler.config.k8s.io/v1\n"
          "kind: KubeSchedulerConfiguration\n"
          "profiles:\n"
          "- schedulerName: default-scheduler\n"
          "  pluginConfig:\n"
          "  - name: NodeResourcesFit\n"
          "    args: {scoringStrategy: {type: MostAllocated, resources: "
          "[{name: cpu, weight: 1}]}}\n");
    Write("sweep.yaml", SweepYaml());
  }
  ~SweepFolder() { std::filesystem::remove_all(path_); }
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  // Two workloads, two profiles, three seeds.
  static std::string SweepYaml() {
    return "apiVersion: berth/v1alpha1\n"
           "kind: Sweep\n"
           "nodes: [nodes.yaml]\n"
           "workloads: {few: few.yaml, many: [many.yaml]}\n"
           "profiles: {spread: spread.yaml, pack: pack.yaml}\n"
           "seeds: {from: 1, count: 3}\n"
           "arrivals: {order: shuffled, repeatUntil: {resource: cpu, ratio: 1.3}}\n"
           "output: results\n";
  }

  std::string Path(std::string_view name) const { return (path_ / name).string(); }
  void Write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string Read(std::string_view name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  static std::string NodesYaml() {
    std::string text;
    for (int i = 0; i < 5; ++i) {
      text += "---\napiVersion: v1\nkind: Node\nmetadata: {name: n" + std::to_string(i) +
              "}\nstatus: {allocatable: {cpu: \"4\", memory: 16Gi, pods: \"20\"}}\n";
    }
    return text;
  }
  static std::string PodsYaml(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p" + std::to_string(i) +
              "}\nspec: {containers: [{name: c, image: i, resources: {requests: {cpu: " +
              std::to_string(100 + i * 37 % 900) + "m, memory: 200Mi}}}]}\n";
    }
    return text;
  }

  std::filesystem::path path_;
};

}  // namespace berth::sweep
