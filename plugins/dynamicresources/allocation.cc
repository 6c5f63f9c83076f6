#include "plugins/dynamicresources/allocation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace berth::plugins::dra {
namespace {

std::string FullName(const CompiledRequest& request, const Pick& pick) {
  if (!request.prioritized) return request.name;
  return request.name + "/" + request.alternatives[pick.alternative].request->name;
}

api::AllocatedDevice Result(const CompiledRequest& request, const Pick& pick,
                            const std::string& share_id) {
  const api::DeviceRequest& wanted = *request.alternatives[pick.alternative].request;
  const api::Device& device = *pick.device->device;
  api::AllocatedDevice result;
  result.request = FullName(request, pick);
  result.driver = pick.pool->driver;
  result.pool = pick.pool->name;
  result.device = device.name;
  result.admin_access = wanted.admin_access;
  result.tolerations = wanted.tolerations;
  result.binding_conditions = device.binding_conditions;
  result.binding_failure_conditions = device.binding_failure_conditions;
  if (device.allow_multiple_allocations) {
    result.share_id = share_id;
    result.consumed_capacity = pick.consumed;
  }
  return result;
}

// Those of the classes, once each, and those of the claim that are about one of the requests.
std::vector<api::DeviceConfig> Configs(const CompiledClaim& claim, const std::vector<Pick>& picks,
                                       const cluster::Devices& devices) {
  std::vector<api::DeviceConfig> configs;
  std::set<std::string> classes;
  std::set<std::string> names;
  for (const Pick& pick : picks) {
    const CompiledRequest& request = claim.requests[pick.request];
    names.insert(request.name);
    names.insert(FullName(request, pick));
    const std::string& class_name = request.alternatives[pick.alternative].request->class_name;
    const api::DeviceClass* device_class = devices.FindClass(class_name);
    if (device_class == nullptr || !classes.insert(class_name).second) continue;
    for (const auto& config : device_class->config) configs.push_back({{}, config.opaque, true});
  }
  for (const auto& config : claim.spec->config) {
    const bool applies =
        config.requests.empty() || std::ranges::any_of(config.requests, [&](const auto& name) {
          return names.contains(name);
        });
    if (applies) configs.push_back(config);
  }
  return configs;
}

void AddAll(const std::vector<api::Requirement>& from, std::vector<api::Requirement>& to) {
  for (const auto& requirement : from) {
    if (std::ranges::find(to, requirement) == to.end()) to.push_back(requirement);
  }
}

// Where the devices can be used.
std::optional<api::NodeSelector> Selector(const std::vector<Pick>& picks, const std::string& node) {
  api::NodeSelectorTerm term;
  for (const Pick& pick : picks) {
    const api::ResourceSlice& slice = *pick.device->slice;
    const api::Device& device = *pick.device->device;
    const api::NodeReach& reach = slice.per_device_node_selection ? device.reach : slice.reach;
    if (!reach.node_name.empty() || device.binds_to_node) {
      api::NodeSelectorTerm one;
      one.match_fields.push_back({"metadata.name", api::SelectorOperator::kIn, {node}});
      return api::NodeSelector{{std::move(one)}};
    }
    if (!reach.node_selector || reach.node_selector->terms.empty()) continue;
    AddAll(reach.node_selector->terms.front().match_expressions, term.match_expressions);
    AddAll(reach.node_selector->terms.front().match_fields, term.match_fields);
  }
  if (term.match_expressions.empty() && term.match_fields.empty()) return std::nullopt;
  return api::NodeSelector{{std::move(term)}};
}

}  // namespace

api::ClaimAllocation MakeAllocation(const std::vector<CompiledClaim>& claims, std::size_t claim,
                                    const std::vector<Pick>& picks, const cluster::Devices& devices,
                                    const std::string& node, const std::string& share_prefix) {
  std::vector<Pick> own;
  std::ranges::copy_if(picks, std::back_inserter(own),
                       [&](const Pick& pick) { return pick.claim == claim; });
  api::ClaimAllocation allocation;
  for (const Pick& pick : own) {
    allocation.devices.push_back(Result(claims[claim].requests[pick.request], pick,
                                        share_prefix + std::to_string(allocation.devices.size())));
  }
  allocation.config = Configs(claims[claim], own, devices);
  allocation.node_selector = Selector(own, node);
  return allocation;
}

}  // namespace berth::plugins::dra
