#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dynamicresources/constraint_tracker.h"
#include "plugins/dynamicresources/selector_matcher.h"
#include "scheduler/cluster/devices.h"

namespace berth::plugins::dra {

// A claim may hold no more devices.
inline constexpr std::size_t kMaxDevicesOfClaim = 32;

// One way to fulfil a request.
struct Alternative {
  const api::DeviceRequest* request;
  SelectorMatcher matcher;
};

struct CompiledRequest {
  std::string name;
  bool prioritized;  // firstAvailable
  std::vector<Alternative> alternatives;
};

// A claim that waits for devices.
struct CompiledClaim {
  const api::ResourceClaimSpec* spec;
  std::vector<CompiledRequest> requests;
};

// A device for a request.
struct Pick {
  std::size_t claim;
  std::size_t request;
  std::size_t alternative;
  const cluster::NodeDevicePool* pool;
  const cluster::SliceDevice* device;
  api::SmallMap<api::Quantity> consumed;  // of a device that can be allocated more than once
  bool counted;                           // it takes counters of its pool
};

enum class Allocated : std::uint8_t {
  kYes,
  kNo,
  kInvalidPools,  // no, and some pools could not be looked at
  kError,
};

// Finds devices on one node for all claims of a pod, or finds that there are none.
//
// Depth first with backtracking, and the first complete solution wins: claims in the order of the
// pod, requests and alternatives in theirs, devices by pool, slice and place in the slice; within a
// request a device only after the ones before it. What a device must be: not taken (an
// administrator may look at taken ones, a device that allows several allocations must have capacity
// left), selected, within the counters of its pool, without taints that are not tolerated, in
// agreement with the constraints of the claim.
//
// The search gives up after `max_steps` steps, where kube-scheduler gives up after a time. Not
// thread-safe: the matchers remember.
class Allocator {
 public:
  Allocator(std::vector<CompiledClaim>& claims, const cluster::Devices& devices,
            const std::vector<cluster::NodeDevicePool>& pools, std::size_t max_steps)
      : claims_(claims), devices_(devices), pools_(pools), max_steps_(max_steps) {}

  Allocated Run();

  // After kYes, in the order of the requests.
  const std::vector<Pick>& picks() const { return picks_; }
  // After kError: of which claim it is, if of one, and what it says behind the claim's name.
  std::optional<std::size_t> error_claim() const { return error_claim_; }
  const std::string& error() const { return error_; }
  bool timed_out() const { return steps_ > max_steps_; }

 private:
  struct Candidate {
    const cluster::NodeDevicePool* pool;
    const cluster::SliceDevice* device;
  };

  // False after an error.
  bool Prepare();
  bool PrepareAlternative(std::size_t claim, CompiledRequest& request, std::size_t alternative,
                          std::size_t& count);
  bool CollectAll(std::size_t claim, const CompiledRequest& request, Alternative& alternative,
                  std::vector<Candidate>& all);
  bool Fail(std::optional<std::size_t> claim, std::string text);
  bool FailSelector(std::size_t claim, const CompiledRequest& request,
                    const SelectorMatcher::Failure& failure, const Alternative& alternative);

  bool SearchRequest(std::size_t claim, std::size_t request);
  bool SearchDevices(std::size_t claim, std::size_t request, std::size_t alternative,
                     std::size_t taken, std::size_t from);
  bool SearchAll(std::size_t claim, std::size_t request, std::size_t alternative,
                 std::size_t taken);
  enum class Tried : std::uint8_t { kPicked, kUnfit, kAgainstConstraint };
  Tried Try(std::size_t claim, std::size_t request, std::size_t alternative, Candidate candidate);
  bool FailConstraint(std::size_t claim, std::size_t request, std::size_t alternative,
                      const Candidate& candidate);
  std::size_t CountOfClaim(std::size_t claim) const;

  bool IsFree(std::size_t claim, const api::DeviceRequest& request,
              const Candidate& candidate) const;
  bool FitsCapacity(const api::DeviceRequest& request, const Candidate& candidate,
                    api::SmallMap<api::Quantity>& consumed) const;
  bool FitsCounters(Pick& pick);
  bool AddToConstraints(const Pick& pick);
  // The last pick.
  void GiveBack();

  std::vector<CompiledClaim>& claims_;
  const cluster::Devices& devices_;
  const std::vector<cluster::NodeDevicePool>& pools_;

  std::vector<Candidate> candidates_;  // of the pools that can be used
  bool has_invalid_ = false;
  // By claim, request and alternative: the devices of mode All.
  std::vector<std::vector<std::vector<std::vector<Candidate>>>> all_;
  std::vector<std::vector<ConstraintTracker>> trackers_;                // by claim
  std::map<std::string_view, const cluster::NodeDevicePool*> lenders_;  // of counters, by pool name
  std::vector<Pick> picks_;
  std::size_t max_steps_;
  std::size_t steps_ = 0;
  bool failed_ = false;
  std::optional<std::size_t> error_claim_;
  std::string error_;
};

}  // namespace berth::plugins::dra
