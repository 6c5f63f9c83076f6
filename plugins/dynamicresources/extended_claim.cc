#include "plugins/dynamicresources/extended_claim.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace berth::plugins::dra {
namespace {

// What one container asks of one resource.
struct Need {
  std::size_t position;  // init containers first
  const api::Container* container;
  std::string request;
  std::int64_t amount;
};

struct Needs {
  std::vector<Need> lasting;  // of regular containers and sidecars
  std::vector<Need> passing;  // of init containers, which end before others start
};

void AddNeed(const api::Container& container, std::size_t position, const std::string& resource,
             std::vector<Need>& needs) {
  const auto& requests = container.resources.requests;
  const auto* quantity = requests.Find(resource);
  if (quantity == nullptr || quantity->Value() <= 0) return;
  const auto place = std::ranges::count_if(
      requests, [&](const auto& request) { return request.first < resource; });
  needs.push_back({position, &container,
                   "container-" + std::to_string(position) + "-request-" + std::to_string(place),
                   quantity->Value()});
}

Needs NeedsOf(const api::PodSpec& spec, const std::string& resource) {
  Needs needs;
  std::size_t position = 0;
  for (const auto& container : spec.init_containers) {
    AddNeed(container, position++, resource,
            container.restart_always ? needs.lasting : needs.passing);
  }
  for (const auto& container : spec.containers) {
    AddNeed(container, position++, resource, needs.lasting);
  }
  return needs;
}

// What those that start after an init container do not give it.
std::int64_t Lacks(const Need& passing, const std::vector<Need>& lasting) {
  std::int64_t lacks = passing.amount;
  for (const Need& need : lasting) {
    if (need.position > passing.position) lacks -= need.amount;
  }
  return lacks;
}

void AddRequest(std::string name, const std::string& class_name, std::int64_t count,
                ExtendedClaim& claim) {
  api::DeviceRequest request;
  request.class_name = class_name;
  request.count = count;
  claim.spec.requests.push_back({std::move(name), std::move(request), {}});
}

void AddPassing(const Need& passing, const std::vector<Need>& lasting, const Need* extra,
                const std::string& resource, ExtendedClaim& claim) {
  std::int64_t lacks = passing.amount;
  for (const Need& need : lasting) {
    if (need.position < passing.position) continue;
    if (lacks <= 0) return;
    claim.mappings.push_back({passing.container->name, resource, need.request});
    lacks -= need.amount;
  }
  if (lacks > 0 && extra != nullptr) {
    claim.mappings.push_back({passing.container->name, resource, extra->request});
  }
}

void AddResource(const api::PodSpec& spec, const std::string& resource,
                 const std::string& class_name, ExtendedClaim& claim) {
  const Needs needs = NeedsOf(spec, resource);
  for (const Need& need : needs.lasting) {
    AddRequest(need.request, class_name, need.amount, claim);
    claim.mappings.push_back({need.container->name, resource, need.request});
  }
  const Need* extra = nullptr;
  std::int64_t most = 0;
  for (const Need& need : needs.passing) {
    const std::int64_t lacks = Lacks(need, needs.lasting);
    if (lacks <= most) continue;
    most = lacks;
    extra = &need;
  }
  if (extra != nullptr) AddRequest(extra->request, class_name, most, claim);
  for (const Need& need : needs.passing) AddPassing(need, needs.lasting, extra, resource, claim);
}

}  // namespace

ExtendedClaim MakeExtendedClaim(const api::PodSpec& spec,
                                const std::map<std::string, std::string>& classes) {
  ExtendedClaim claim;
  for (const auto& [resource, class_name] : classes) AddResource(spec, resource, class_name, claim);
  std::ranges::sort(claim.spec.requests, {}, &api::ClaimRequest::name);
  return claim;
}

}  // namespace berth::plugins::dra
