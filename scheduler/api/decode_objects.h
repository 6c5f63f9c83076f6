// The table of kinds that are read. Internal to the reader.
#pragma once

#include <string_view>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/decode.h"
#include "scheduler/api/pod_spec_table.h"

namespace berth::api {

// Appends the object to the list of its kind in `out`. Thread-safe for different `out`.
using ObjectDecoder = bool (*)(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                               ClusterObjects& out);

// nullptr for kinds that are not read. The group is what stands before the slash of apiVersion,
// empty for "v1"; an object without apiVersion is taken for the kind of that name.
ObjectDecoder FindDecoder(std::string_view api_version, std::string_view kind);

}  // namespace berth::api
