// Storage objects of the input, into the cluster.
#pragma once

#include "scheduler/api/storage_objects.h"
#include "scheduler/cluster/storage.h"

namespace berth::simulate {

// Of two objects with the same name the last one counts.
void FillStorage(api::StorageObjects objects, cluster::Storage& storage);

}  // namespace berth::simulate
