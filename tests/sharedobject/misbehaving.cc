// A plugin that does what its arguments say, {"do": "HOW WHERE"}: HOW is crash, divide, abort,
// hang, sleep, throw, fail, code, range or bits, WHERE a function of the interface.
#include <berth/plugin.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace {

struct Plugin {
  const berth_host_v1* host;
  std::string args;
  std::string endless = std::string(5000, 'x');
};

Plugin& Self(void* plugin) { return *static_cast<Plugin*>(plugin); }

volatile int g_zero = 0;
volatile int g_dividend = 7;
int* volatile g_nowhere = nullptr;
// Where nothing is mapped; not null, which a sanitizer would see before the processor does.
const auto* g_no_cycle = reinterpret_cast<const berth_cycle*>(0x40);
volatile bool g_forever = true;

bool Does(const Plugin& self, const char* how, const char* where) {
  return self.args.find(std::string(how) + " " + where + "\"") != std::string::npos;
}

std::int32_t Trouble(const Plugin& self, const char* where) {
  if (Does(self, "crash", where)) *g_nowhere = 1;
  if (Does(self, "divide", where)) return g_dividend / g_zero;
  if (Does(self, "abort", where)) std::abort();
  if (Does(self, "throw", where)) throw std::runtime_error("thrown");
  if (Does(self, "hang", where)) {
    while (g_forever) {
    }
  }
  if (Does(self, "sleep", where)) {
    while (true) pause();
  }
  if (Does(self, "pointer", where)) (void)self.host->node_label(g_no_cycle, 0, {nullptr, 8});
  if (Does(self, "fail", where)) return BERTH_ERROR;
  return Does(self, "code", where) ? 77 : BERTH_OK;
}

constexpr berth_plugin_v1 Describe() {
  berth_plugin_v1 plugin = {};
  plugin.abi_version = BERTH_PLUGIN_ABI_VERSION;
  plugin.struct_size = sizeof(berth_plugin_v1);
  plugin.name = "Misbehaving";
  plugin.filter_depends_on = plugin.score_depends_on = BERTH_ON_PODS;
  plugin.create = [](const berth_host_v1* host, berth_string args, void** out,
                     berth_string* error) -> std::int32_t {
    auto* self = new Plugin{host, std::string(args.data, args.size)};
    const std::int32_t code = Trouble(*self, "create");
    *out = self;
    if (code != BERTH_OK) *error = {"no such arguments", 17};
    return code;
  };
  plugin.destroy = [](void* self) { delete static_cast<Plugin*>(self); };
  plugin.pod_key = [](void* self, const berth_cycle*, char*, std::size_t) -> std::size_t {
    Trouble(Self(self), "pod_key");
    return Does(Self(self), "range", "pod_key") ? std::size_t{1} << 40 : 0;
  };
  plugin.pod_open = [](void* self, const berth_cycle*, void**) {
    return Trouble(Self(self), "pod_open");
  };
  plugin.pod_close = [](void*, void*) {};
  plugin.pre_filter = [](void* self, const berth_cycle*, void*, berth_pre_filter_result* out) {
    if (Does(Self(self), "bits", "pre_filter")) {
      out->narrowed = 1;
      out->rows[0] = ~std::uint64_t{0};
    }
    return Trouble(Self(self), "pre_filter");
  };
  plugin.filter = [](void* self, const berth_cycle*, void*, std::uint64_t* mask, std::size_t) {
    if (Does(Self(self), "bits", "filter")) mask[0] = ~std::uint64_t{0};
    if (Self(self).args.find("explain") != std::string::npos) mask[0] = 0;
    return Trouble(Self(self), "filter");
  };
  plugin.explain = [](void* self, const berth_cycle*, void*, std::uint32_t, berth_string* reason) {
    if (Self(self).args.find("explain") == std::string::npos) return std::int32_t{BERTH_OK};
    const std::int32_t code = Trouble(Self(self), "explain");
    if (Does(Self(self), "range", "explain")) *reason = {Self(self).endless.data(), 5000};
    return Does(Self(self), "range", "explain") ? std::int32_t{BERTH_UNSCHEDULABLE} : code;
  };
  plugin.score = [](void* self, const berth_cycle*, void*, const std::uint64_t*, std::size_t words,
                    std::int64_t* scores) {
    std::memset(scores, 0, words * 64 * sizeof *scores);
    if (Does(Self(self), "range", "score")) scores[1] = 101;
    return Trouble(Self(self), "score");
  };
  plugin.reserve = [](void* self, const berth_cycle*, void*, std::uint32_t, berth_string*) {
    return Trouble(Self(self), "reserve");
  };
  return plugin;
}

constexpr berth_plugin_v1 kPlugin = Describe();

}  // namespace

const berth_plugin_v1* berth_plugin(std::uint32_t) { return &kPlugin; }
