// The decoders of storage kinds, for the table of kinds. Internal to the reader.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/decode.h"
#include "scheduler/api/pod_spec_table.h"

namespace berth::api {

bool DecodePersistentVolumeClaim(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                                 ClusterObjects& out);
bool DecodePersistentVolume(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                            ClusterObjects& out);
bool DecodeStorageClass(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                        ClusterObjects& out);
bool DecodeCsiNode(DecodeErrors& errors, JsonValue value, PodSpecTable& specs, ClusterObjects& out);
bool DecodeCsiDriver(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                     ClusterObjects& out);
bool DecodeCsiStorageCapacity(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                              ClusterObjects& out);
bool DecodeVolumeAttachment(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                            ClusterObjects& out);

}  // namespace berth::api
