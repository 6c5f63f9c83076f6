// What a scheduler says of a pod to the API server, as requests, and reads of it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/api/objects.h"
#include "scheduler/framework/api_write.h"

namespace berth::live {

// Of the pod at the API server.
std::string PathOf(const api::Pod& pod);

// Whether a Pod in JSON is this very one and on its node_name. False where it cannot be read.
bool IsBoundAsPlanned(std::string_view body, const api::Pod& placed);

// status.nominatedNodeName as it is to be; empty: none.
struct Nomination {
  bool override_it = false;  // else it stays as it is
  std::string node;
};

// The condition PodScheduled=False and the nomination of a pod that was not scheduled; nullopt
// where the API server has both already. Refused with 409 where the pod has changed since. `now`:
// nanoseconds since the epoch.
std::optional<framework::ApiWrite> UnscheduledPatch(const api::Pod& pod, std::string_view reason,
                                                    std::string_view message,
                                                    const Nomination& nomination, api::Time now);

// The nomination alone.
framework::ApiWrite NominationPatch(const api::Pod& pod, std::string_view node);

// The condition DisruptionTarget of a pod that is to leave for another one.
framework::ApiWrite DisruptionPatch(const api::Pod& victim, std::string_view scheduler,
                                    api::Time now);

// POST of a Binding, and DELETE of a pod.
framework::ApiWrite BindingOf(const api::Pod& pod, std::string_view node);
framework::ApiWrite DeletionOf(const api::Pod& pod);

}  // namespace berth::live
