// What is written to the API server for claims, as values; nothing here sends anything.
//
//   PreBind     CreateClaim for extended resources; then for each claim that is being allocated
//               AddFinalizer; then WriteStatus for all of them. After a conflict (409) with
//               WriteStatus the claim is read again: where somebody else has allocated it
//               meanwhile, or another object has its name, the attempt has failed; else the write
//               is repeated. Then the wait of binding_conditions.h.
//   Unreserve   RemoveConsumer; DeleteClaim of one that was created.
//   PostFilter  Deallocate, or DeleteClaim.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dynamicresources/extended_claim.h"
#include "scheduler/api/device_objects.h"
#include "scheduler/framework/api_write.h"

namespace berth::plugins::dra {

using framework::ApiWrite;
using framework::WriteKind;

// The claim for the extended resources of the pod, which the API server is to name.
ApiWrite CreateClaim(const api::ResourceClaim& claim, const api::Pod& pod);
ApiWrite DeleteClaim(const api::ResourceClaim& claim);

// So that nobody deletes a claim whose devices are in use.
ApiWrite AddFinalizer(const api::ResourceClaim& claim);
// The consumer, and the allocation if it `is_new`, decided at `now` (nanoseconds since the epoch).
// Refused where the object is another one by now; an allocation, where there is one already.
ApiWrite WriteStatus(const api::ResourceClaim& claim, bool is_new,
                     const api::ClaimConsumer& consumer, api::Time now);
ApiWrite RemoveConsumer(const api::ResourceClaim& claim, std::string_view consumer_uid);
// Refused where anybody has changed the claim since.
ApiWrite Deallocate(const api::ResourceClaim& claim);

// The patch of the status of a pod: which claim it has for its extended resources.
std::string ExtendedStatusPatch(std::string_view claim_name,
                                const std::vector<ExtendedMapping>& mappings);

}  // namespace berth::plugins::dra
