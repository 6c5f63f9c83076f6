// Which fields the pods of a workload may have. The decoder of Kubernetes objects passes over what
// it does not know, as Kubernetes does; in a workload a misspelt field would measure something
// else.
#pragma once

#include "scheduler/base/result.h"
#include "scheduler/config/reader.h"

namespace berth::bench {

// Fails on a field that is not part of a pod's specification (or not of those that scheduling looks
// at), and on a value of another type. What the values mean is left to the decoder.
base::Result<void> CheckPodSpec(const config::Field& spec);

// A list of taints, as in a node's spec.taints.
base::Result<void> CheckTaints(const config::Field& taints);

// A map of text to text.
base::Result<void> CheckTexts(const config::Field& map);

// A map of resource names to amounts: text or whole numbers.
base::Result<void> CheckAmounts(const config::Field& map);

}  // namespace berth::bench
