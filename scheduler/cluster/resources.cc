#include "scheduler/cluster/resources.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace berth::cluster {
namespace {

constexpr std::string_view kKubernetesDomain = "kubernetes.io/";

bool IsAlphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The part of a qualified name behind the slash: 1..63 of [A-Za-z0-9._-], alphanumeric at the ends.
bool IsNamePart(std::string_view part) {
  if (part.empty() || part.size() > 63) return false;
  if (!IsAlphanumeric(part.front()) || !IsAlphanumeric(part.back())) return false;
  return std::ranges::all_of(
      part, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

// A DNS subdomain: labels of [a-z0-9-] that start and end alphanumeric, at most 253 in all.
bool IsDnsSubdomain(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool at_start = true;
  char previous = '.';
  for (const char c : name) {
    if (c == '.') {
      if (at_start || previous == '-') return false;
      at_start = true;
    } else {
      if (!plain(c) && (c != '-' || at_start)) return false;
      at_start = false;
    }
    previous = c;
  }
  return !at_start && previous != '-';
}

bool IsQualifiedName(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return IsNamePart(name);
  return name.find('/', slash + 1) == std::string_view::npos &&
         IsDnsSubdomain(name.substr(0, slash)) && IsNamePart(name.substr(slash + 1));
}

}  // namespace

bool IsExtendedResource(std::string_view name) {
  if (!name.contains('/') || name.contains(kKubernetesDomain) || name.starts_with("requests.")) {
    return false;
  }
  return IsQualifiedName("requests." + std::string(name));
}

bool IsScalarResource(std::string_view name) {
  return name.starts_with("hugepages-") || name.starts_with("attachable-volumes-") ||
         name.contains(kKubernetesDomain) || IsExtendedResource(name);
}

ResourceNames::ResourceNames() {
  names_.Intern("cpu");
  names_.Intern("memory");
  names_.Intern("ephemeral-storage");
}

ResourceId ResourceNames::Intern(std::string_view name) {
  if (const auto known = names_.Find(name); known != base::kNoSymbol) return known;
  return IsScalarResource(name) ? names_.Intern(name) : kNoResource;
}

void ResourceVector::Set(ResourceId id, std::int64_t amount) {
  const auto it = std::lower_bound(
      entries_.begin(), entries_.end(), id,
      [](const ResourceAmount& entry, ResourceId wanted) { return entry.resource < wanted; });
  if (it != entries_.end() && it->resource == id) {
    it->amount = amount;
  } else {
    entries_.insert(it, {id, amount});
  }
}

ResourceVector ToVector(const api::ResourceList& list, ResourceNames& names) {
  ResourceVector vector;
  for (const auto& [name, quantity] : list) {
    const ResourceId id = names.Intern(name);
    if (id == ResourceNames::kNoResource) continue;
    vector.Set(id, id == kCpu ? quantity.MilliValue() : quantity.Value());
  }
  return vector;
}

}  // namespace berth::cluster
