#include "scheduler/main/plugin_flags.h"

#include <utility>

#include "plugins/registry.h"
#include "scheduler/sharedobject/factory.h"

namespace berth::main {

void AddPluginFlag(CLI::App& command, std::vector<std::string>& paths) {
  command
      .add_option("--plugin", paths,
                  "Load a plugin that is not built in; profiles enable it by its name")
      ->type_name("FILE.so")
      ->expected(1)
      ->take_all();
}

base::Result<AllPlugins> LoadPlugins(const std::vector<std::string>& paths) {
  BERTH_ASSIGN(sharedobject::Libraries libraries, sharedobject::OpenAll(paths));
  AllPlugins all{plugins::MakeRegistry(), sharedobject::NamesOf(libraries)};
  sharedobject::AddFactory(std::move(libraries), all.registry);
  return all;
}

}  // namespace berth::main
