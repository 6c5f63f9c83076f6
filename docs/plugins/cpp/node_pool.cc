// Keeps pools of nodes for the pods that belong there.
//
// A node with the label pool.example.com/name=X takes only pods with the same label; such a pod
// goes nowhere else. Pods and nodes without the label belong together. Within a pool, nodes with
// more free CPU score higher.
#include <berth/plugin.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace {

constexpr std::string_view kPoolLabel = "pool.example.com/name";

berth_string Text(std::string_view text) { return {text.data(), text.size()}; }

class NodePool {
 public:
  explicit NodePool(const berth_host_v1& host) : host_(host) {}

  // Everything that this plugin looks at in a pod.
  std::size_t PodKey(const berth_cycle* cycle, char* out, std::size_t capacity) const {
    const berth_string pool = host_.pod_label(cycle, Text(kPoolLabel));
    // No pool and a pool without a name are two things.
    const std::size_t size = pool.data == nullptr ? 0 : pool.size + 1;
    if (size != 0 && size <= capacity) {
      out[0] = '=';
      std::memcpy(out + 1, pool.data, pool.size);
    }
    return size;
  }

  void Filter(const berth_cycle* cycle, std::uint64_t* mask, std::size_t words) const {
    const berth_label_column pools = host_.label_column(cycle, Text(kPoolLabel));
    const std::uint32_t wanted = IdOf(cycle, pools);
    for (std::size_t word = 0; word < words; ++word) {
      if (mask[word] == 0) continue;
      std::uint64_t fits = 0;
      for (std::size_t bit = 0; bit < 64; ++bit) {
        fits |= std::uint64_t{pools.ids[word * 64 + bit] == wanted} << bit;
      }
      mask[word] &= fits;
    }
  }

  berth_code Explain(const berth_cycle* cycle, std::uint32_t row, berth_string& reason) const {
    const berth_string own = host_.pod_label(cycle, Text(kPoolLabel));
    const berth_string pool = host_.node_label(cycle, row, Text(kPoolLabel));
    const bool same =
        (own.data == nullptr) == (pool.data == nullptr) &&
        std::string_view(own.data, own.size) == std::string_view(pool.data, pool.size);
    if (same) return BERTH_OK;
    reason = Text(own.data == nullptr ? "node(s) kept for the pods of a pool"
                                      : "node(s) not of the pod's pool");
    return BERTH_UNRESOLVABLE;
  }

  void Score(const berth_cycle* cycle, const std::uint64_t* mask, std::size_t words,
             std::int64_t* scores) const {
    const Cpu cpu = CpuOf(cycle);
    for (std::size_t word = 0; word < words; ++word) {
      if (mask[word] == 0) continue;
      for (std::size_t row = word * 64; row < word * 64 + 64; ++row) scores[row] = cpu.Score(row);
    }
  }

  void ScoreRows(const berth_cycle* cycle, const std::uint32_t* rows, std::size_t count,
                 std::int64_t* scores) const {
    const Cpu cpu = CpuOf(cycle);
    for (std::size_t i = 0; i < count; ++i) scores[i] = cpu.Score(rows[i]);
  }

 private:
  struct Cpu {
    const std::int64_t* allocatable;
    const std::int64_t* requested;

    // The free share in percent.
    std::int64_t Score(std::size_t row) const {
      if (allocatable[row] <= 0) return 0;
      const std::int64_t free = std::max<std::int64_t>(allocatable[row] - requested[row], 0);
      return 100 * free / allocatable[row];
    }
  };

  Cpu CpuOf(const berth_cycle* cycle) const {
    return {host_.column(cycle, BERTH_ALLOCATABLE, Text("cpu")),
            host_.column(cycle, BERTH_REQUESTED, Text("cpu"))};
  }

  // The number that the pod's pool has among the nodes' pools: 0 without one, and one that no node
  // has for a pool that nobody is in.
  std::uint32_t IdOf(const berth_cycle* cycle, const berth_label_column& pools) const {
    const berth_string own = host_.pod_label(cycle, Text(kPoolLabel));
    if (own.data == nullptr) return 0;
    for (std::uint32_t id = 1; id < pools.value_count; ++id) {
      const berth_string pool = host_.label_value(cycle, pools.column, id);
      if (std::string_view(pool.data, pool.size) == std::string_view(own.data, own.size)) return id;
    }
    return pools.value_count;
  }

  const berth_host_v1& host_;
};

const NodePool& Self(void* plugin) { return *static_cast<NodePool*>(plugin); }

// A node that comes, or changes its labels, may be of the pool.
constexpr berth_event kEvents[] = {{BERTH_NODES, BERTH_ADDED | BERTH_NODE_LABELS_UPDATED},
                                   {BERTH_PODS, BERTH_POD_LABELS_UPDATED}};

constexpr berth_plugin_v1 Describe() {
  berth_plugin_v1 plugin = {};
  plugin.abi_version = BERTH_PLUGIN_ABI_VERSION;
  plugin.struct_size = sizeof(berth_plugin_v1);
  plugin.name = "NodePool";
  plugin.filter_depends_on = BERTH_ON_LABELS;
  plugin.score_depends_on = BERTH_ON_ALLOCATABLE | BERTH_ON_PODS;
  plugin.event_count = 2;
  plugin.events = kEvents;
  plugin.create = [](const berth_host_v1* host, berth_string, void** out,
                     berth_string*) -> std::int32_t {
    *out = new NodePool(*host);
    return BERTH_OK;
  };
  plugin.destroy = [](void* self) { delete static_cast<NodePool*>(self); };
  plugin.pod_key = [](void* self, const berth_cycle* cycle, char* out, std::size_t capacity) {
    return Self(self).PodKey(cycle, out, capacity);
  };
  plugin.filter = [](void* self, const berth_cycle* cycle, void*, std::uint64_t* mask,
                     std::size_t words) -> std::int32_t {
    Self(self).Filter(cycle, mask, words);
    return BERTH_OK;
  };
  plugin.explain = [](void* self, const berth_cycle* cycle, void*, std::uint32_t row,
                      berth_string* reason) -> std::int32_t {
    return Self(self).Explain(cycle, row, *reason);
  };
  plugin.score = [](void* self, const berth_cycle* cycle, void*, const std::uint64_t* mask,
                    std::size_t words, std::int64_t* scores) -> std::int32_t {
    Self(self).Score(cycle, mask, words, scores);
    return BERTH_OK;
  };
  plugin.score_rows = [](void* self, const berth_cycle* cycle, void*, const std::uint32_t* rows,
                         std::size_t count, std::int64_t* scores) -> std::int32_t {
    Self(self).ScoreRows(cycle, rows, count, scores);
    return BERTH_OK;
  };
  return plugin;
}

constexpr berth_plugin_v1 kPlugin = Describe();

}  // namespace

const berth_plugin_v1* berth_plugin(std::uint32_t abi_version) {
  return abi_version == BERTH_PLUGIN_ABI_VERSION ? &kPlugin : nullptr;
}
