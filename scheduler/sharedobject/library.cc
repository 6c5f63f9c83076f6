#include "scheduler/sharedobject/library.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "scheduler/base/log.h"
#include "scheduler/base/text.h"
#include "scheduler/config/names.h"
#include "scheduler/config/supported.h"

namespace berth::sharedobject {
namespace {

using base::Result;
using Entry = const berth_plugin_v1* (*)(std::uint32_t);

constexpr std::chrono::seconds kDescribeTimeout{5};
constexpr std::uint32_t kMaxEvents = 64;
// Up to here a plugin of the first version of the header went.
constexpr std::size_t kLeastSize = offsetof(berth_plugin_v1, unreserve) + sizeof(void*);

// dlerror names the file itself at times.
std::string LoadError(const std::string& path) {
  const char* text = dlerror();
  std::string message = text == nullptr ? "cannot be loaded" : base::Printable(text);
  if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
  return message;
}

}  // namespace

Result<std::shared_ptr<Library>> Library::Open(const std::string& path) {
  std::shared_ptr<Library> library(new Library(path));
  if (auto loaded = library->Load(); !loaded) {
    return std::unexpected(loaded.error().Within(base::Printable(path)));
  }
  return library;
}

Result<void> Library::Load() {
  // Without a slash the dynamic linker would look elsewhere.
  std::error_code error;
  const std::string file = std::filesystem::absolute(path_, error).string();
  if (error) return base::Fail(error.message());
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return base::Fail(LoadError(file));
  void* symbol = dlsym(handle, "berth_plugin");
  if (symbol == nullptr) {
    return base::Fail("exports no function berth_plugin: not a plugin of Berth");
  }
  code_ = CodeRanges::Around(symbol);
  BERTH_TRY(Describe(reinterpret_cast<Entry>(symbol)));
  return CheckDescription();
}

Result<void> Library::Describe(Entry entry) {
  bool found = false;
  std::uint32_t version = 0;
  std::uint32_t size = 0;
  char name[BERTH_MAX_NAME + 2] = {};
  berth_plugin_v1 description = {};
  const CallEnd end = RunGuarded({code_, kDescribeTimeout}, [&] {
    const berth_plugin_v1* plugin = entry(BERTH_PLUGIN_ABI_VERSION);
    found = plugin != nullptr;
    if (!found) return;
    version = plugin->abi_version;
    size = plugin->struct_size;
    if (version != BERTH_PLUGIN_ABI_VERSION || size < kLeastSize) return;
    std::memcpy(&description, plugin, std::min<std::size_t>(size, sizeof description));
    if (description.name != nullptr) std::strncpy(name, description.name, BERTH_MAX_NAME + 1);
  });
  if (!end.ok()) return base::Fail("berth_plugin " + end.Text());
  const std::string ours = std::to_string(BERTH_PLUGIN_ABI_VERSION);
  if (!found) return base::Fail("does not speak version " + ours + " of the plugin interface");
  if (version != BERTH_PLUGIN_ABI_VERSION) {
    return base::Fail("speaks version " + std::to_string(version) +
                      " of the plugin interface, this Berth version " + ours);
  }
  if (size < kLeastSize) {
    return base::Fail("struct_size is " + std::to_string(size) + ", less than the " +
                      std::to_string(kLeastSize) + " of version " + ours);
  }
  plugin_ = description;
  name_ = name;
  return {};
}

Result<void> Library::CheckDescription() const {
  if (!config::IsPluginName(name_)) {
    return base::Fail(
        "the plugin's name is \"" + base::Printable(name_) +
        "\", but must be a letter and then letters, digits, '-', '_' or '.', at most " +
        std::to_string(BERTH_MAX_NAME));
  }
  const std::string who = "plugin \"" + name_ + "\" ";
  if (config::FindPlugin(name_) != nullptr) {
    return base::Fail(who + "has the name of one of Berth's own");
  }
  if (plugin_.filter == nullptr && plugin_.score == nullptr && plugin_.pre_filter == nullptr &&
      plugin_.reserve == nullptr) {
    return base::Fail(who + "has none of pre_filter, filter, score and reserve");
  }
  if (plugin_.explain != nullptr && plugin_.filter == nullptr) {
    return base::Fail(who + "has explain without filter");
  }
  if (plugin_.score_rows != nullptr && plugin_.score == nullptr) {
    return base::Fail(who + "has score_rows without score");
  }
  if (plugin_.pod_open != nullptr && plugin_.pod_close == nullptr) {
    return base::Fail(who + "has pod_open without pod_close");
  }
  if (plugin_.normalization > BERTH_NORMALIZE_OWN) {
    return base::Fail(who + "has the unknown normalization " +
                      std::to_string(plugin_.normalization));
  }
  if (plugin_.normalization == BERTH_NORMALIZE_OWN && plugin_.normalize == nullptr) {
    return base::Fail(who + "has BERTH_NORMALIZE_OWN without normalize");
  }
  constexpr std::uint32_t kKnown = BERTH_ON_ALLOCATABLE | BERTH_ON_LABELS | BERTH_ON_TAINTS |
                                   BERTH_ON_PODS | BERTH_ON_EVERYTHING;
  if (((plugin_.filter_depends_on | plugin_.score_depends_on) & ~kKnown) != 0) {
    return base::Fail(who + "depends on changes that there are not");
  }
  if (plugin_.event_count > kMaxEvents || (plugin_.event_count > 0 && plugin_.events == nullptr)) {
    return base::Fail(who + "has a list of events that cannot be");
  }
  return {};
}

void Library::Refuse(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (IsRefused()) return;
  why_refused_ =
      "plugin \"" + name_ + "\" (" + base::Printable(path_) + ") is switched off: " + reason;
  base::log::Error(reason, "Plugin switched off until Berth is started anew",
                   {{"plugin", name_}, {"file", path_}});
  refused_.store(true, std::memory_order_release);
  Void();
}

std::string Library::WhyRefused() const {
  const std::lock_guard lock(mutex_);
  return why_refused_;
}

}  // namespace berth::sharedobject
