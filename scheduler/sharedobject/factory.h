// Plugins in shared objects, for a registry.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/config/supported.h"
#include "scheduler/framework/registry.h"
#include "scheduler/sharedobject/library.h"

namespace berth::sharedobject {

// Files that were opened before any configuration was read, by the name of the plugin in each.
using Libraries = std::map<std::string, std::shared_ptr<Library>, std::less<>>;

// Opens all files. Fails like Library::Open, and where two have plugins of one name.
base::Result<Libraries> OpenAll(std::span<const std::string> paths);

// For config::LoadFile.
config::LoadedPlugins NamesOf(const Libraries& libraries);

// Makes every plugin whose arguments are config::SharedObjectArgs: from `libraries` where they name
// no path, else from the file, which is opened then.
void AddFactory(Libraries libraries, framework::Registry& registry);

}  // namespace berth::sharedobject
