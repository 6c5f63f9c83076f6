// The JSON of the input for extenders.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/extender/object_texts.h"

namespace berth::simulate {

// Carries objects.texts over, completed as the objects have been. Pods that were made from
// workloads have no text; extenders see what is known of them.
void KeepTexts(const api::ClusterObjects& objects, extender::ObjectTexts& texts);

}  // namespace berth::simulate
