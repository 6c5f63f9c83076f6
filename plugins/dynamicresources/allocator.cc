#include "plugins/dynamicresources/allocator.h"

#include <algorithm>
#include <utility>

#include "plugins/dynamicresources/device_rules.h"

namespace berth::plugins::dra {
namespace {

using Verdict = SelectorMatcher::Verdict;

const api::DeviceRequest& RequestOf(const std::vector<CompiledClaim>& claims, const Pick& pick) {
  return *claims[pick.claim].requests[pick.request].alternatives[pick.alternative].request;
}

std::string FullNameOf(const std::vector<CompiledClaim>& claims, const Pick& pick) {
  const CompiledRequest& request = claims[pick.claim].requests[pick.request];
  return request.prioritized ? request.name + "/" + RequestOf(claims, pick).name : request.name;
}

// Errors name alternatives without their request.
const std::string& NameIn(const CompiledRequest& request, const Alternative& alternative) {
  return request.prioritized ? alternative.request->name : request.name;
}

}  // namespace

bool Allocator::Fail(std::optional<std::size_t> claim, std::string text) {
  failed_ = true;
  error_claim_ = claim;
  error_ = std::move(text);
  return false;
}

bool Allocator::FailSelector(std::size_t claim, const CompiledRequest&,
                             const SelectorMatcher::Failure& failure,
                             const Alternative& alternative) {
  if (!failure.of_class) return Fail(claim, ": " + failure.text);
  return Fail(std::nullopt, "class " + alternative.request->class_name + ": " + failure.text);
}

// ---- Before the search ----

bool Allocator::CollectAll(std::size_t claim, const CompiledRequest& request,
                           Alternative& alternative, std::vector<Candidate>& all) {
  const std::string asks =
      ", request " + NameIn(request, alternative) + ": asks for all devices, but resource pool ";
  for (const auto& pool : pools_) {
    const std::string id = std::string(pool.driver) + "/" + std::string(pool.name);
    if (pool.incomplete) return Fail(claim, asks + id + " is currently being updated");
    if (pool.invalid) return Fail(claim, asks + id + " is currently invalid");
    const std::string driver(pool.driver);
    for (const auto& device : pool.devices) {
      switch (alternative.matcher.Match(driver, device)) {
        case Verdict::kFailed:
          return FailSelector(claim, request, alternative.matcher.failure(), alternative);
        case Verdict::kYes:
          // A device that cannot hold the request beside what others have of it is none of all.
          if (api::SmallMap<api::Quantity> consumed;
              FitsCapacity(*alternative.request, {&pool, &device}, consumed)) {
            all.push_back({&pool, &device});
          }
          break;
        default:
          break;
      }
    }
  }
  return true;
}

bool Allocator::PrepareAlternative(std::size_t claim, CompiledRequest& request,
                                   std::size_t alternative, std::size_t& count) {
  Alternative& wanted = request.alternatives[alternative];
  auto& all = all_[claim].back().emplace_back();
  switch (wanted.request->mode) {
    case api::DeviceAllocationMode::kExactCount:
      count = static_cast<std::size_t>(std::max<std::int64_t>(wanted.request->count, 0));
      return true;
    case api::DeviceAllocationMode::kAll:
      if (!CollectAll(claim, request, wanted, all)) return false;
      count = all.size();
      return true;
    case api::DeviceAllocationMode::kUnknown:
      break;
  }
  return Fail(
      claim, ", request " + request.name + ": unsupported count mode " + wanted.request->mode_text);
}

bool Allocator::Prepare() {
  for (const auto& pool : pools_) {
    has_invalid_ |= pool.invalid;
    if (pool.incomplete || pool.invalid) continue;
    for (const auto& device : pool.devices) candidates_.push_back({&pool, &device});
  }
  for (std::size_t claim = 0; claim < claims_.size(); ++claim) {
    all_.emplace_back();
    auto& trackers = trackers_.emplace_back();
    for (const auto& constraint : claims_[claim].spec->constraints) {
      trackers.emplace_back(constraint);
    }
    std::size_t total = 0;
    for (auto& request : claims_[claim].requests) {
      all_.back().emplace_back();
      std::size_t least = ~std::size_t{0};
      for (std::size_t i = 0; i < request.alternatives.size(); ++i) {
        std::size_t count = 0;
        if (!PrepareAlternative(claim, request, i, count)) return false;
        least = std::min(least, count);
      }
      total += request.alternatives.empty() ? 0 : least;
    }
    if (total > kMaxDevicesOfClaim) {
      return Fail(claim, ": number of requested devices " + std::to_string(total) +
                             " exceeds the claim limit of " + std::to_string(kMaxDevicesOfClaim));
    }
  }
  return true;
}

Allocated Allocator::Run() {
  if (!Prepare()) return Allocated::kError;
  if (SearchRequest(0, 0)) return Allocated::kYes;
  if (failed_ || timed_out()) return Allocated::kError;
  return has_invalid_ ? Allocated::kInvalidPools : Allocated::kNo;
}

// ---- The search ----

std::size_t Allocator::CountOfClaim(std::size_t claim) const {
  return static_cast<std::size_t>(std::ranges::count(picks_, claim, &Pick::claim));
}

bool Allocator::SearchRequest(std::size_t claim, std::size_t request) {
  if (claim == claims_.size()) return true;
  auto& requests = claims_[claim].requests;
  if (request == requests.size()) return SearchRequest(claim + 1, 0);
  for (std::size_t i = 0; i < requests[request].alternatives.size(); ++i) {
    const bool all =
        requests[request].alternatives[i].request->mode == api::DeviceAllocationMode::kAll;
    const bool found = all ? !all_[claim][request][i].empty() && SearchAll(claim, request, i, 0)
                           : SearchDevices(claim, request, i, 0, 0);
    if (found) return true;
    if (failed_ || timed_out()) return false;
  }
  return false;
}

bool Allocator::SearchAll(std::size_t claim, std::size_t request, std::size_t alternative,
                          std::size_t taken) {
  const auto& all = all_[claim][request][alternative];
  if (taken == all.size()) return SearchRequest(claim, request + 1);
  if (++steps_ > max_steps_) return false;
  const api::DeviceRequest& wanted =
      *claims_[claim].requests[request].alternatives[alternative].request;
  if (!IsFree(claim, wanted, all[taken])) return false;
  switch (Try(claim, request, alternative, all[taken])) {
    case Tried::kPicked:
      break;
    case Tried::kUnfit:
      return false;
    case Tried::kAgainstConstraint:
      // All means all: kube-scheduler takes this for a mistake in the claim.
      return FailConstraint(claim, request, alternative, all[taken]);
  }
  if (SearchAll(claim, request, alternative, taken + 1)) return true;
  GiveBack();
  return false;
}

bool Allocator::SearchDevices(std::size_t claim, std::size_t request, std::size_t alternative,
                              std::size_t taken, std::size_t from) {
  Alternative& wanted = claims_[claim].requests[request].alternatives[alternative];
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(wanted.request->count, 0));
  if (taken == count) return SearchRequest(claim, request + 1);
  for (std::size_t i = from; i < candidates_.size(); ++i) {
    if (++steps_ > max_steps_) return false;
    const Candidate candidate = candidates_[i];
    // Whether it is free is cheap to see, and comes before the selectors may fail.
    if (!IsFree(claim, *wanted.request, candidate)) continue;
    const Verdict verdict =
        wanted.matcher.Match(std::string(candidate.pool->driver), *candidate.device);
    if (verdict == Verdict::kFailed) {
      return FailSelector(claim, claims_[claim].requests[request], wanted.matcher.failure(),
                          wanted);
    }
    if (verdict != Verdict::kYes) continue;
    if (Try(claim, request, alternative, candidate) != Tried::kPicked) continue;
    if (SearchDevices(claim, request, alternative, taken + 1, i + 1)) return true;
    GiveBack();
    if (failed_ || timed_out()) return false;
  }
  return false;
}

bool Allocator::FailConstraint(std::size_t claim, std::size_t request, std::size_t alternative,
                               const Candidate& candidate) {
  const CompiledRequest& wanted = claims_[claim].requests[request];
  return Fail(claim, ", request " + NameIn(wanted, wanted.alternatives[alternative]) +
                         ": cannot add device " + std::string(candidate.pool->driver) + "/" +
                         std::string(candidate.pool->name) + "/" + candidate.device->device->name +
                         " because a claim constraint would not be satisfied");
}

// Picks the device if it may be picked.
Allocator::Tried Allocator::Try(std::size_t claim, std::size_t request, std::size_t alternative,
                                Candidate candidate) {
  const CompiledRequest& wanted = claims_[claim].requests[request];
  const api::DeviceRequest& spec = *wanted.alternatives[alternative].request;
  if (CountOfClaim(claim) >= kMaxDevicesOfClaim) return Tried::kUnfit;
  Pick pick{claim, request, alternative, candidate.pool, candidate.device, {}, false};
  if (!FitsCapacity(spec, candidate, pick.consumed)) return Tried::kUnfit;
  if (candidate.pool->has_counters && !FitsCounters(pick)) return Tried::kUnfit;
  if (!ToleratesDevice(spec.tolerations, candidate.device->device->taints)) return Tried::kUnfit;
  if (!AddToConstraints(pick)) return Tried::kAgainstConstraint;
  picks_.push_back(std::move(pick));
  return Tried::kPicked;
}

// ---- What a device must be ----

bool Allocator::IsFree(std::size_t claim, const api::DeviceRequest& request,
                       const Candidate& candidate) const {
  // Of what may be allocated more than once the capacity decides.
  if (candidate.device->device->allow_multiple_allocations) return true;
  const cluster::DeviceId id = candidate.device->id;
  const bool admin = request.admin_access;
  const bool picked = std::ranges::any_of(picks_, [&](const Pick& pick) {
    // An administrator looks at what other claims have, but not twice for one claim.
    return pick.device->id == id && (!admin || pick.claim == claim);
  });
  return !picked && (admin || devices_.UseOf(id).whole == 0);
}

bool Allocator::FitsCapacity(const api::DeviceRequest& request, const Candidate& candidate,
                             api::SmallMap<api::Quantity>& consumed) const {
  const api::Device& device = *candidate.device->device;
  if (!HoldsRequest(device, request.capacity)) return false;
  if (!device.allow_multiple_allocations) return true;
  const api::SmallMap<api::Quantity>& taken = devices_.UseOf(candidate.device->id).consumed;
  for (const auto& [name, capacity] : device.capacity) {
    const auto amount = Consumption(capacity, request.capacity.Find(name));
    if (!amount) return false;
    api::Quantity sum = *amount;
    if (const auto* used = taken.Find(name)) sum += *used;
    for (const Pick& pick : picks_) {
      if (pick.device->id != candidate.device->id) continue;
      if (const auto* used = pick.consumed.Find(name)) sum += *used;
    }
    if (sum > capacity.value) return false;
    consumed[name] = *amount;
  }
  return true;
}

// kube-scheduler tells pools apart by their name alone here: of pools of several drivers with one
// name the first that is asked about lends its counters to all.
bool Allocator::FitsCounters(Pick& pick) {
  const api::Device& device = *pick.device->device;
  if (device.consumes_counters.empty()) return true;
  // A share of a device that is shared already takes no more counters; that it is shared shows in
  // the capacity that has been consumed of it.
  const bool again = !devices_.UseOf(pick.device->id).consumed.empty() ||
                     std::ranges::any_of(picks_, [&](const Pick& other) {
                       return other.device->id == pick.device->id && !other.consumed.empty();
                     });
  if (device.allow_multiple_allocations && again) return true;
  const auto* lender = lenders_.try_emplace(pick.pool->name, pick.pool).first->second;
  const auto slices = devices_.NewestSlices(lender->pool);
  CounterSheet sheet(slices);
  for (const auto* slice : slices) {
    for (const auto& other : slice->devices) {
      if (devices_.UseOf(other.id).taken()) sheet.Take(*other.device);
    }
  }
  for (const Pick& other : picks_) {
    if (other.counted && other.pool->name == pick.pool->name) sheet.Take(*other.device->device);
  }
  sheet.Take(device);
  pick.counted = sheet.IsWithin();
  return pick.counted;
}

bool Allocator::AddToConstraints(const Pick& pick) {
  auto& trackers = trackers_[pick.claim];
  const CompiledRequest& request = claims_[pick.claim].requests[pick.request];
  const std::string full_name = FullNameOf(claims_, pick);
  for (std::size_t i = 0; i < trackers.size(); ++i) {
    if (trackers[i].Add(request.name, full_name, pick.pool->driver, *pick.device->device)) continue;
    while (i-- > 0) trackers[i].Remove(request.name, full_name);
    return false;
  }
  return true;
}

void Allocator::GiveBack() {
  const Pick& pick = picks_.back();
  const std::string& name = claims_[pick.claim].requests[pick.request].name;
  const std::string full_name = FullNameOf(claims_, pick);
  for (auto& tracker : trackers_[pick.claim]) tracker.Remove(name, full_name);
  picks_.pop_back();
}

}  // namespace berth::plugins::dra
