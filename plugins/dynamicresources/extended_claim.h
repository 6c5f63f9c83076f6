// The claim that a scheduler makes for the extended resources of a pod which stand for devices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/api/device_objects.h"

namespace berth::plugins::dra {

// Which request of the claim a container gets a resource from: status.extendedResourceClaimStatus.
struct ExtendedMapping {
  std::string container;
  std::string resource;
  std::string request;
  friend bool operator==(const ExtendedMapping&, const ExtendedMapping&) = default;
};

struct ExtendedClaim {
  api::ResourceClaimSpec spec;  // requests by name
  std::vector<ExtendedMapping> mappings;
};

// `classes` has the resources that are to come from devices, with their device classes.
//
// A container that keeps running (regular or sidecar) has a request of its own for each resource,
// "container-I-request-J": its number, init containers first, and the resource's place among the
// sorted names that it requests. An init container takes what those that start after it will get,
// in their order, until it has enough. One more request, in the name of the one that lacks the most
// (the first of those), is for what init containers lack. Pure.
ExtendedClaim MakeExtendedClaim(const api::PodSpec& spec,
                                const std::map<std::string, std::string>& classes);

}  // namespace berth::plugins::dra
