// What Kubernetes fills in where a configuration says nothing.
#pragma once

#include "scheduler/config/configuration.h"

namespace berth::config {

// Fills what is unset or, where Kubernetes takes zero for unset, zero: durations and names of the
// leader election, the client's rate, the single profile and its name. Then gives each profile the
// default plugins (merged with its own lists) and the default arguments of those it enables.
// Doing it twice changes nothing.
void ApplyDefaults(Configuration& configuration);

// The default plugin set of multiPoint: every plugin that Berth has and Kubernetes enables with
// these gates, in Kubernetes' order, with its weight.
PluginSet DefaultMultiPoint(const FeatureGates& gates = {});

// A profile's set over the default one: defaults that are not disabled keep their place, with the
// weight of the profile where it names them; what else the profile enables follows.
PluginSet MergePluginSet(const PluginSet& defaults, const PluginSet& custom);

}  // namespace berth::config
