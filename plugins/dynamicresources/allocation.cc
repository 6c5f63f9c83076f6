#include "plugins/dynamicresources/allocation.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace berth::plugins::dra {
namespace {

using nlohmann::ordered_json;

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

// ---- JSON ----

std::string_view Name(api::SelectorOperator op) {
  static constexpr std::string_view kNames[] = {"In",           "NotIn", "Exists",
                                                "DoesNotExist", "Gt",    "Lt"};
  return kNames[static_cast<std::size_t>(op)];
}

ordered_json Requirements(const std::vector<api::Requirement>& requirements) {
  ordered_json list = ordered_json::array();
  for (const auto& requirement : requirements) {
    ordered_json one = {{"key", requirement.key}, {"operator", Name(requirement.op)}};
    if (!requirement.values.empty()) one["values"] = requirement.values;
    list.push_back(std::move(one));
  }
  return list;
}

ordered_json SelectorJson(const api::NodeSelector& selector) {
  ordered_json terms = ordered_json::array();
  for (const auto& term : selector.terms) {
    ordered_json one = ordered_json::object();
    if (!term.match_expressions.empty()) {
      one["matchExpressions"] = Requirements(term.match_expressions);
    }
    if (!term.match_fields.empty()) one["matchFields"] = Requirements(term.match_fields);
    terms.push_back(std::move(one));
  }
  return {{"nodeSelectorTerms", std::move(terms)}};
}

ordered_json TolerationJson(const api::Toleration& toleration) {
  ordered_json one = ordered_json::object();
  if (!toleration.key.empty()) one["key"] = toleration.key;
  one["operator"] = toleration.op == api::TolerationOperator::kExists ? "Exists" : "Equal";
  if (!toleration.value.empty()) one["value"] = toleration.value;
  if (toleration.effect == api::TaintEffect::kNoSchedule) one["effect"] = "NoSchedule";
  if (toleration.effect == api::TaintEffect::kNoExecute) one["effect"] = "NoExecute";
  return one;
}

ordered_json DeviceJson(const api::AllocatedDevice& device) {
  ordered_json one = {{"request", device.request},
                      {"driver", device.driver},
                      {"pool", device.pool},
                      {"device", device.device}};
  if (device.admin_access) one["adminAccess"] = true;
  for (const auto& toleration : device.tolerations) {
    one["tolerations"].push_back(TolerationJson(toleration));
  }
  if (!device.binding_conditions.empty()) one["bindingConditions"] = device.binding_conditions;
  if (!device.binding_failure_conditions.empty()) {
    one["bindingFailureConditions"] = device.binding_failure_conditions;
  }
  if (!device.share_id.empty()) one["shareID"] = device.share_id;
  for (const auto& [name, amount] : device.consumed_capacity) {
    one["consumedCapacity"][name] = amount.ToString();
  }
  return one;
}

ordered_json ConfigJson(const api::DeviceConfig& config) {
  ordered_json one = {{"source", config.from_class ? "FromClass" : "FromClaim"}};
  if (!config.requests.empty()) one["requests"] = config.requests;
  // Text that has been read as JSON before.
  if (!config.opaque.empty()) one["opaque"] = ordered_json::parse(config.opaque, nullptr, false);
  return one;
}

ordered_json AllocationJson(const api::ClaimAllocation& allocation) {
  ordered_json devices = ordered_json::object();
  for (const auto& device : allocation.devices) devices["results"].push_back(DeviceJson(device));
  for (const auto& config : allocation.config) devices["config"].push_back(ConfigJson(config));
  ordered_json json = {{"devices", std::move(devices)}};
  if (allocation.node_selector) json["nodeSelector"] = SelectorJson(*allocation.node_selector);
  return json;
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

std::string ClaimJson(const api::ResourceClaim& claim) {
  ordered_json status = ordered_json::object();
  if (claim.allocation) status["allocation"] = AllocationJson(*claim.allocation);
  for (const auto& consumer : claim.reserved_for) {
    ordered_json one = ordered_json::object();
    if (!consumer.api_group.empty()) one["apiGroup"] = consumer.api_group;
    one["resource"] = consumer.resource;
    one["name"] = consumer.name;
    one["uid"] = consumer.uid;
    status["reservedFor"].push_back(std::move(one));
  }
  const ordered_json json = {{"apiVersion", "resource.k8s.io/v1"},
                             {"kind", "ResourceClaim"},
                             {"metadata",
                              {{"name", claim.meta.name},
                               {"namespace", claim.meta.namespace_name},
                               {"uid", claim.meta.uid},
                               {"finalizers", {"resource.kubernetes.io/delete-protection"}}}},
                             {"status", std::move(status)}};
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace berth::plugins::dra
