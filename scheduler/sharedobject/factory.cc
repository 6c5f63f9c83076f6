#include "scheduler/sharedobject/factory.h"

#include <utility>
#include <variant>

#include "scheduler/sharedobject/shared_object_plugin.h"

namespace berth::sharedobject {
namespace {

using base::Result;

Result<std::shared_ptr<Library>> Find(const Libraries& libraries,
                                      const config::SharedObjectArgs& args) {
  if (args.path.empty()) {
    const auto loaded = libraries.find(args.name);
    if (loaded == libraries.end()) {
      return base::Fail("plugin \"" + args.name + "\": no file has been loaded that has it");
    }
    return loaded->second;
  }
  BERTH_ASSIGN(auto library, Library::Open(args.path));
  if (library->name() == args.name) return library;
  return base::Fail(args.path + ": the plugin in it is \"" + library->name() + "\", not \"" +
                    args.name + "\"");
}

Result<std::unique_ptr<framework::Plugin>> Make(const Libraries& libraries,
                                                const config::PluginArgs& args) {
  const auto* own = std::get_if<config::SharedObjectArgs>(&args);
  if (own == nullptr) return base::Fail("not the arguments of a shared object");
  BERTH_ASSIGN(auto library, Find(libraries, *own));
  return MakePlugin(std::move(library), *own);
}

}  // namespace

Result<Libraries> OpenAll(std::span<const std::string> paths) {
  Libraries libraries;
  for (const std::string& path : paths) {
    BERTH_ASSIGN(auto library, Library::Open(path));
    const auto [same, is_new] = libraries.emplace(library->name(), library);
    if (!is_new) {
      return base::Fail(path + ": plugin \"" + library->name() + "\" is in " +
                        same->second->path() + " already");
    }
  }
  return libraries;
}

config::LoadedPlugins NamesOf(const Libraries& libraries) {
  config::LoadedPlugins names;
  for (const auto& [name, library] : libraries) names.insert(name);
  return names;
}

void AddFactory(Libraries libraries, framework::Registry& registry) {
  registry[std::string(config::kSharedObjectKind)] = [libraries = std::move(libraries)](
                                                         const config::PluginArgs& args,
                                                         const config::FeatureGates&) {
    return Make(libraries, args);
  };
}

}  // namespace berth::sharedobject
