// A Lease of coordination.k8s.io/v1 as the lock of a leader: what stands in it, and how it is
// changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::kube {

// spec of a Lease, without what leader election does not use. Times are text as the server has it,
// since they are only compared: other clocks may go wrong.
struct LeaseRecord {
  std::string holder = {};  // empty: nobody
  std::int64_t duration_seconds = 0;
  std::string acquire_time = {};
  std::string renew_time = {};
  std::int64_t transitions = 0;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

// Fails, naming the field, on a text that is no Lease. What is absent is empty or 0.
base::Result<LeaseRecord> ReadLease(std::string_view lease);

// A Lease that is not there yet.
std::string NewLease(std::string_view namespace_name, std::string_view name,
                     const LeaseRecord& record);

// The Lease, one that ReadLease takes, with another record. All else stays: fields that are not
// known here, and the resourceVersion, so that the server refuses it if it was changed meanwhile.
std::string ChangedLease(std::string_view lease, const LeaseRecord& record);

}  // namespace berth::kube
