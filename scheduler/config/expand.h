// From the lists of a profile to the plugins that run: multiPoint is spread over the extension
// points that each of its plugins implements.
#pragma once

#include <string>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"

namespace berth::config {

// The effective profile of a spec that has its defaults and passed validation. At an extension
// point come first the plugins of multiPoint that the point's own list names (in the order of that
// list), then the other multiPoint plugins in their order, then what the list adds. Fails, naming
// `path`
// ("profiles[0].plugins"), unless exactly one queue sort and at least one bind plugin are left.
base::Result<Profile> Expand(const std::string& path, const ProfileSpec& spec);

// Fills configuration.profiles from profile_specs; resources that an extender manages with
// ignoredByScheduler join every profile's NodeResourcesFit.ignoredResources.
base::Result<void> ExpandProfiles(Configuration& configuration);

}  // namespace berth::config
