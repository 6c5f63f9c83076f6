// Objects as JSON for an extender, where there is no text of an API server that could be handed on
// as it is. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/api/objects.h"

namespace berth::extender {

// What is known of the object: for pods that were made from a workload or read from a table.
std::string KnownPodJson(const api::Pod& pod);
std::string KnownNodeJson(const api::Node& node);

// The text of a manifest with what an API server would have filled in and extenders look at: name,
// namespace and uid; of a pod scheduler and priority too. Managed fields are left out. A text that
// is no object is replaced by what is known.
std::string CompletedPodJson(std::string_view text, const api::Pod& pod);
std::string CompletedNodeJson(std::string_view text, const api::Node& node);

}  // namespace berth::extender
