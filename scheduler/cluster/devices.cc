#include "scheduler/cluster/devices.h"

#include <algorithm>
#include <set>
#include <utility>

#include "scheduler/base/check.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/cluster/device_keys.h"
#include "scheduler/cluster/node_selector.h"

namespace berth::cluster {
namespace {

std::string ClaimKey(std::string_view namespace_name, std::string_view name) {
  return std::string(namespace_name) + "/" + std::string(name);
}

bool HasBindingConditions(const NodeDevicePool& pool) {
  return std::ranges::any_of(pool.devices, [](const SliceDevice& device) {
    return !device.device->binding_conditions.empty();
  });
}

std::int64_t NewestGeneration(const std::vector<const DeviceSlice*>& slices) {
  std::int64_t newest = 0;
  for (const DeviceSlice* slice : slices) newest = std::max(newest, slice->object->generation);
  return newest;
}

void KeepGeneration(std::vector<const DeviceSlice*>& slices, std::int64_t generation) {
  std::erase_if(slices,
                [&](const DeviceSlice* slice) { return slice->object->generation != generation; });
}

const api::CounterSet* FindSet(const std::vector<const DeviceSlice*>& slices,
                               std::string_view name) {
  for (const DeviceSlice* slice : slices) {
    for (const auto& set : slice->object->shared_counters) {
      if (set.name == name) return &set;
    }
  }
  return nullptr;
}

bool CountersExist(const std::vector<const DeviceSlice*>& slices, const api::Device& device) {
  return std::ranges::all_of(device.consumes_counters, [&](const api::CounterSet& consumed) {
    const api::CounterSet* set = FindSet(slices, consumed.name);
    return set != nullptr && std::ranges::all_of(consumed.counters, [&](const auto& counter) {
             return set->counters.Contains(counter.first);
           });
  });
}

// Whether names are unique and every counter that is consumed is there.
bool IsValid(const std::vector<const DeviceSlice*>& slices) {
  std::set<std::string_view> names;
  std::set<std::string_view> sets;
  for (const DeviceSlice* slice : slices) {
    for (const auto& set : slice->object->shared_counters) {
      if (!sets.insert(set.name).second) return false;
    }
    for (const auto& device : slice->object->devices) {
      if (!names.insert(device.name).second || !CountersExist(slices, device)) return false;
    }
  }
  return true;
}

}  // namespace

std::string ExtendedClaimName(std::string_view pod) {
  return "<extended-resources>/" + std::string(pod);
}

// ---- Objects ----

DevicePoolId Devices::PoolOf(std::string_view driver, std::string_view name) {
  std::string key;
  base::AppendKey(key, driver);
  base::AppendKey(key, name);
  const auto id = pool_keys_.Intern(key);
  if (id == pools_.size()) pools_.push_back({std::string(driver), std::string(name), {}, {}});
  return id;
}

DeviceId Devices::DeviceOf(DevicePoolId pool, std::string_view name) {
  std::string key;
  base::AppendKey(key, pool);
  base::AppendKey(key, name);
  const auto id = device_keys_.Intern(key);
  if (id == uses_.size()) uses_.emplace_back();
  return id;
}

DeviceContentId Devices::ContentOf(const api::ResourceSlice& slice, const api::Device& device) {
  std::string key;
  base::AppendKey(key, slice.driver);
  AppendDeviceKey(key, device);
  return contents_.Intern(key);
}

void Devices::StructureChanged() {
  ++structure_version_;
  nodes_.alive().ForEach([&](NodeIndex row) { log_.Append(row, kDeviceChange); });
}

void Devices::SetSlice(api::ResourceSlice slice) {
  RemoveSlice(slice.meta.name);
  auto entry = std::make_unique<DeviceSlice>();
  entry->object = std::make_shared<const api::ResourceSlice>(std::move(slice));
  const api::ResourceSlice& object = *entry->object;
  entry->pool = PoolOf(object.driver, object.pool);
  for (const auto& device : object.devices) {
    entry->devices.push_back(
        {DeviceOf(entry->pool, device.name), ContentOf(object, device), &device, &object});
  }
  pools_[entry->pool].slices.push_back(entry.get());
  slices_[object.meta.name] = std::move(entry);
  StructureChanged();
}

void Devices::RemoveSlice(const std::string& name) {
  const auto it = slices_.find(name);
  if (it == slices_.end()) return;
  std::erase(pools_[it->second->pool].slices, it->second.get());
  slices_.erase(it);
  StructureChanged();
}

void Devices::SetClass(api::DeviceClass device_class) {
  std::string name = device_class.meta.name;
  extended_resources_.Set(device_class);
  classes_[std::move(name)] = std::move(device_class);
  ++class_version_;
}

void Devices::RemoveClass(const std::string& name) {
  if (classes_.erase(name) == 0) return;
  extended_resources_.Remove(name);
  ++class_version_;
}

std::shared_ptr<std::vector<SelectorAnswer>> Devices::AnswersOf(const std::string& expression) {
  constexpr std::size_t kMaxExpressions = 4096;
  if (answers_.size() >= kMaxExpressions) answers_.clear();
  auto& answers = answers_[expression];
  if (answers == nullptr) answers = std::make_shared<std::vector<SelectorAnswer>>();
  return answers;
}

const api::DeviceClass* Devices::FindClass(std::string_view name) const {
  const auto it = classes_.find(name);
  return it == classes_.end() ? nullptr : &it->second;
}

void Devices::SetClaim(api::ResourceClaim claim) {
  RemoveClaim(claim.meta.namespace_name, claim.meta.name);
  auto entry = std::make_unique<Claim>();
  std::string key;
  AppendClaimSpecKey(key, claim.spec);
  entry->spec = claim_specs_.Intern(key);
  entry->version = ++claim_version_;
  entry->object = std::move(claim);
  Count(entry->object, true);
  const std::string name = entry->object.Key();
  claims_[name] = std::move(entry);
}

void Devices::RemoveClaim(std::string_view namespace_name, std::string_view name) {
  const auto it = claims_.find(ClaimKey(namespace_name, name));
  if (it == claims_.end()) return;
  Count(it->second->object, false);
  std::erase(pending_, it->second.get());
  claims_.erase(it);
  ++claim_version_;
}

const Claim* Devices::FindClaim(std::string_view namespace_name, std::string_view name) const {
  const auto it = claims_.find(ClaimKey(namespace_name, name));
  return it == claims_.end() ? nullptr : it->second.get();
}

Claim* Devices::Find(std::string_view namespace_name, std::string_view name) {
  const auto it = claims_.find(ClaimKey(namespace_name, name));
  BERTH_CHECK(it != claims_.end());
  return it->second.get();
}

// ---- Allocations ----

void Devices::Assume(std::string_view namespace_name, std::string_view name,
                     api::ClaimAllocation allocation) {
  Claim& claim = *Find(namespace_name, name);
  BERTH_CHECK(!claim.object.allocation);
  claim.object.allocation = std::move(allocation);
  claim.pending = true;
  claim.version = ++claim_version_;
  pending_.push_back(&claim);
  Count(claim.object, true);
}

void Devices::AddConsumer(std::string_view namespace_name, std::string_view name,
                          api::ClaimConsumer consumer) {
  auto& consumers = Find(namespace_name, name)->object.reserved_for;
  if (std::ranges::find(consumers, consumer.uid, &api::ClaimConsumer::uid) == consumers.end()) {
    consumers.push_back(std::move(consumer));
  }
}

void Devices::Forget(std::string_view namespace_name, std::string_view name,
                     std::string_view consumer) {
  Claim& claim = *Find(namespace_name, name);
  std::erase_if(claim.object.reserved_for,
                [&](const api::ClaimConsumer& other) { return other.uid == consumer; });
  if (claim.pending) DropAllocation(claim);
}

void Devices::Deallocate(std::string_view namespace_name, std::string_view name) {
  Claim& claim = *Find(namespace_name, name);
  claim.object.reserved_for.clear();
  DropAllocation(claim);
}

void Devices::Release(std::string_view namespace_name, std::string_view name,
                      std::string_view consumer) {
  if (FindClaim(namespace_name, name) == nullptr) return;
  Claim& claim = *Find(namespace_name, name);
  std::erase_if(claim.object.reserved_for,
                [&](const api::ClaimConsumer& other) { return other.uid == consumer; });
  if (claim.object.reserved_for.empty()) DropAllocation(claim);
}

void Devices::DropAllocation(Claim& claim) {
  Count(claim.object, false);
  claim.object.allocation.reset();
  claim.pending = false;
  claim.version = ++claim_version_;
  std::erase(pending_, &claim);
}

void Devices::Commit() {
  for (Claim* claim : pending_) claim->pending = false;
  pending_.clear();
}

void Devices::Count(const api::ResourceClaim& claim, bool add) {
  if (!claim.allocation) return;
  for (const auto& device : claim.allocation->devices) {
    // Administrators look at devices that others use.
    if (!device.admin_access) CountDevice(device, add);
  }
}

void Devices::CountDevice(const api::AllocatedDevice& device, bool add) {
  const DevicePoolId pool = PoolOf(device.driver, device.pool);
  DeviceUse& use = uses_[DeviceOf(pool, device.device)];
  const std::uint32_t one = add ? 1u : ~0u;  // added in unsigned arithmetic
  if (device.share_id.empty()) {
    use.whole += one;
  } else {
    use.shares += one;
    for (const auto& [name, amount] : device.consumed_capacity) {
      use.consumed[name] += add ? amount : api::Quantity::FromNanos(-amount.nanos());
    }
  }
  LogPool(pool);
}

void Devices::LogPool(DevicePoolId pool) {
  SeeAgain();
  for (const NodeIndex row : pools_[pool].seen_by) log_.Append(row, kDeviceChange);
}

// ---- What nodes see ----

bool Devices::IsReached(const api::NodeReach& reach, NodeIndex row) {
  if (reach.all_nodes) return true;
  if (!reach.node_name.empty()) return reach.node_name == nodes_.Name(row);
  if (!reach.node_selector) return false;
  return CompiledNodeSelector::Compile(*reach.node_selector, nodes_, symbols_)
      .Matches(nodes_, symbols_, row);
}

bool Devices::IsRelevant(const DeviceSlice& slice, NodeIndex row) {
  const api::ResourceSlice& object = *slice.object;
  if (!object.shared_counters.empty()) return true;
  if (!object.per_device_node_selection) return IsReached(object.reach, row);
  return std::ranges::any_of(
      object.devices, [&](const api::Device& device) { return IsReached(device.reach, row); });
}

bool Devices::View(DevicePoolId pool, std::vector<const DeviceSlice*> relevant, NodeIndex row,
                   NodeDevicePool& view) {
  const std::int64_t generation = NewestGeneration(relevant);
  KeepGeneration(relevant, generation);
  const std::int64_t wanted = relevant.front()->object->slice_count;
  std::vector<const DeviceSlice*> all = pools_[pool].slices;
  if (std::cmp_less(relevant.size(), wanted)) {
    // Other nodes may have the rest of the pool, or know that it has changed.
    if (NewestGeneration(all) > generation) return false;
    KeepGeneration(all, generation);
    view.incomplete = std::cmp_less(all.size(), wanted);
  }
  view.pool = pool;
  view.driver = pools_[pool].driver;
  view.name = pools_[pool].name;
  view.invalid = !view.incomplete && !IsValid(relevant);
  std::ranges::sort(relevant, {}, [](const DeviceSlice* slice) -> const std::string& {
    return slice->object->meta.name;
  });
  for (const DeviceSlice* slice : relevant) {
    view.has_counters |= !slice->object->shared_counters.empty();
    // A slice has either counters or devices.
    if (!slice->object->shared_counters.empty()) continue;
    for (const SliceDevice& device : slice->devices) {
      const bool own = slice->object->per_device_node_selection;
      view.devices.push_back(device);
      view.devices.back().reached = !own || IsReached(device.device->reach, row);
    }
  }
  // Of a pool that is in order but has nothing for this node there is nothing to know.
  return !view.devices.empty() || view.incomplete || view.invalid;
}

std::vector<NodeDevicePool> Devices::Gather(NodeIndex row) {
  std::map<DevicePoolId, std::vector<const DeviceSlice*>> relevant;
  if (const auto own = by_node_.find(nodes_.Name(row)); own != by_node_.end()) {
    for (const DeviceSlice* slice : own->second) relevant[slice->pool].push_back(slice);
  }
  for (const DeviceSlice* slice : for_many_) {
    if (IsRelevant(*slice, row)) relevant[slice->pool].push_back(slice);
  }
  std::vector<NodeDevicePool> pools;
  for (auto& [pool, slices] : relevant) {
    NodeDevicePool view;
    if (View(pool, std::move(slices), row, view)) pools.push_back(std::move(view));
  }
  std::ranges::sort(pools, [](const NodeDevicePool& a, const NodeDevicePool& b) {
    const bool a_binds = HasBindingConditions(a);
    const bool b_binds = HasBindingConditions(b);
    if (a_binds != b_binds) return b_binds;
    return std::tie(a.driver, a.name) < std::tie(b.driver, b.name);
  });
  return pools;
}

// Everything at once: slices come and go far more seldom than pods are placed.
void Devices::SeeAgain() {
  if (seen_structure_ == structure_version_ && seen_topology_ == nodes_.topology_version()) return;
  seen_structure_ = structure_version_;
  seen_topology_ = nodes_.topology_version();
  by_node_.clear();
  for_many_.clear();
  for (const auto& [name, slice] : slices_) {
    const api::ResourceSlice& object = *slice->object;
    if (!object.reach.node_name.empty() && object.shared_counters.empty()) {
      by_node_[object.reach.node_name].push_back(slice.get());
    } else {
      for_many_.push_back(slice.get());
    }
  }
  for (Pool& pool : pools_) pool.seen_by.clear();
  views_.assign(nodes_.rows(), {});
  nodes_.alive().ForEach([&](NodeIndex row) {
    views_[row] = Gather(row);
    for (const NodeDevicePool& view : views_[row]) pools_[view.pool].seen_by.push_back(row);
  });
}

const std::vector<NodeDevicePool>& Devices::OfNode(NodeIndex row) {
  SeeAgain();
  return views_[row];
}

std::vector<const DeviceSlice*> Devices::NewestSlices(DevicePoolId pool) const {
  std::vector<const DeviceSlice*> slices = pools_[pool].slices;
  KeepGeneration(slices, NewestGeneration(slices));
  return slices;
}

}  // namespace berth::cluster
