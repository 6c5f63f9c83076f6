// A plugin in a shared object as one of the framework's.
#pragma once

#include <memory>

#include "scheduler/base/result.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"
#include "scheduler/sharedobject/library.h"

namespace berth::sharedobject {

// One instance for one profile. Every call is guarded and its answer checked; a plugin that breaks
// the contract is refused for good (Library::Refuse). From then on, by `args.on_failure`, the pods
// of the profile end with an error that names it (seen at PreFilter, PreScore and Reserve), or it
// is idle. An error that the plugin reports itself ends one attempt and is forgotten.
//
// Fails with what the plugin says where it refuses its arguments.
base::Result<std::unique_ptr<framework::Plugin>> MakePlugin(std::shared_ptr<Library> library,
                                                            const config::SharedObjectArgs& args);

}  // namespace berth::sharedobject
