// From a diagnosis to what a scheduling queue remembers of a pod.
#pragma once

#include "scheduler/cycle/diagnosis.h"
#include "scheduler/framework/event_registrations.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::cycle {

// Who turned the pod away: the plugins whose events may help it. Nobody where there were no nodes.
// The names live as long as the profile.
framework::Rejectors RejectorsOf(const Diagnosis& diagnosis,
                                 const framework::ProfileRuntime& profile);

}  // namespace berth::cycle
