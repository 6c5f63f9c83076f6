// Resources as dense numbers, and what a pod asks of each.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string_view>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"

namespace berth::cluster {

// cpu, memory and ephemeral-storage have fixed numbers; every scalar resource (extended,
// hugepages-*, kubernetes.io/*, attachable-volumes-*) gets the next one when it is first seen.
using ResourceId = std::uint32_t;
inline constexpr ResourceId kCpu = 0;  // milli-cores; all others in their own unit
inline constexpr ResourceId kMemory = 1;
inline constexpr ResourceId kEphemeralStorage = 2;
inline constexpr ResourceId kFirstScalar = 3;

// True for the names that are tracked beyond the fixed three; any other name (such as `storage`)
// is ignored by scheduling.
bool IsScalarResource(std::string_view name);

// An extended resource: has a '/', is not of kubernetes.io and not a quota name.
bool IsExtendedResource(std::string_view name);

// Names and numbers of resources. Not thread-safe for writing.
class ResourceNames {
 public:
  ResourceNames();

  // The number of a tracked resource; kNoResource for a name that scheduling ignores.
  ResourceId Intern(std::string_view name);
  std::string_view Name(ResourceId id) const { return names_.Text(id); }
  std::size_t size() const { return names_.size(); }

  static constexpr ResourceId kNoResource = base::kNoSymbol;

 private:
  base::Interner names_;
};

// Amounts of the resources that are named, in no particular order but without repetition.
struct ResourceAmount {
  ResourceId resource;
  std::int64_t amount;
  friend bool operator==(const ResourceAmount&, const ResourceAmount&) = default;
};

class ResourceVector {
 public:
  // 0 for a resource that is not there.
  std::int64_t operator[](ResourceId id) const {
    for (const auto& entry : entries_) {
      if (entry.resource == id) return entry.amount;
    }
    return 0;
  }
  void Set(ResourceId id, std::int64_t amount);

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }
  friend bool operator==(const ResourceVector&, const ResourceVector&) = default;

 private:
  boost::container::small_vector<ResourceAmount, 4> entries_;  // ascending by resource
};

// cpu in milli-units, everything else in units, both rounded up; names that scheduling ignores are
// left out.
ResourceVector ToVector(const api::ResourceList& list, ResourceNames& names);

}  // namespace berth::cluster
