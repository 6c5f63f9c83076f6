// The kinds of resource.k8s.io. Internal to the reader.
#pragma once

#include "scheduler/api/decode_objects.h"

namespace berth::api {

// v1 and the older v1beta2 and v1beta1, which differ in how deep a request and a device are nested.
bool DecodeResourceSlice(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                         ClusterObjects& out);
bool DecodeDeviceClass(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                       ClusterObjects& out);
bool DecodeResourceClaim(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                         ClusterObjects& out);
bool DecodeResourceClaimTemplate(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                                 ClusterObjects& out);

}  // namespace berth::api
