// What a plugin in a shared object may ask of Berth: the functions of berth_host_v1.
#pragma once

#include <berth/plugin.h>

#include "scheduler/framework/plugin.h"

// What a plugin holds in its hand during a call. Behind the pointer it is ours.
struct berth_cycle {
  const berth::framework::PodContext& context;
  const berth::api::Pod* pod = nullptr;  // in reserve and unreserve
};

namespace berth::sharedobject {

// Every function may be called in a guarded call only, with whatever pointers: those that lead
// nowhere end the call. Lasts as long as the process.
const berth_host_v1& Host();

}  // namespace berth::sharedobject
