#include "plugins/dynamicresources/claim_writes.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/api/rfc3339.h"

namespace berth::plugins::dra {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFinalizer = "resource.kubernetes.io/delete-protection";

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

std::string PathOf(const std::string& namespace_name) {
  return "/apis/resource.k8s.io/v1/namespaces/" + namespace_name + "/resourceclaims";
}

std::string PathOf(const api::ResourceClaim& claim) {
  return PathOf(claim.meta.namespace_name) + "/" + claim.meta.name;
}

std::string Dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// Of a claim for extended resources: devices of a class, and how many.
ordered_json RequestJson(const api::ClaimRequest& request) {
  return {{"name", request.name},
          {"exactly",
           {{"deviceClassName", request.exactly->class_name},
            {"allocationMode", "ExactCount"},
            {"count", request.exactly->count}}}};
}

}  // namespace

ApiWrite CreateClaim(const api::ResourceClaim& claim, const api::Pod& pod) {
  ordered_json requests = ordered_json::array();
  for (const auto& request : claim.spec.requests) requests.push_back(RequestJson(request));
  const ordered_json owner = {{"apiVersion", "v1"},
                              {"kind", "Pod"},
                              {"name", pod.meta.name},
                              {"uid", pod.meta.uid},
                              {"controller", true}};
  const ordered_json json = {{"apiVersion", "resource.k8s.io/v1"},
                             {"kind", "ResourceClaim"},
                             {"metadata",
                              {{"generateName", pod.meta.name + "-extended-resources-"},
                               {"namespace", pod.meta.namespace_name},
                               {"annotations", {{api::kExtendedResourceClaim, "true"}}},
                               {"ownerReferences", ordered_json::array({owner})}}},
                             {"spec", {{"devices", {{"requests", std::move(requests)}}}}}};
  return {WriteKind::kCreate, PathOf(pod.meta.namespace_name), Dump(json)};
}

ApiWrite DeleteClaim(const api::ResourceClaim& claim) {
  return {WriteKind::kRemove, PathOf(claim), ""};
}

ApiWrite AddFinalizer(const api::ResourceClaim& claim) {
  const ordered_json json = {
      {"metadata", {{"uid", claim.meta.uid}, {"finalizers", ordered_json::array({kFinalizer})}}}};
  return {WriteKind::kStrategicPatch, PathOf(claim), Dump(json)};
}

ApiWrite WriteStatus(const api::ResourceClaim& claim, bool is_new,
                     const api::ClaimConsumer& consumer, api::Time now) {
  ordered_json status = ordered_json::object();
  if (is_new && claim.allocation) {
    status["allocation"] = AllocationJson(*claim.allocation);
    status["allocation"]["allocationTimestamp"] = api::FormatRfc3339(now);
  }
  status["reservedFor"].push_back(
      {{"resource", consumer.resource}, {"name", consumer.name}, {"uid", consumer.uid}});
  const ordered_json json = {{"metadata", {{"uid", claim.meta.uid}}},
                             {"status", std::move(status)}};
  return {WriteKind::kStrategicPatch, PathOf(claim) + "/status", Dump(json)};
}

ApiWrite RemoveConsumer(const api::ResourceClaim& claim, std::string_view consumer_uid) {
  const ordered_json gone = {{"$patch", "delete"}, {"uid", consumer_uid}};
  const ordered_json json = {{"metadata", {{"uid", claim.meta.uid}}},
                             {"status", {{"reservedFor", ordered_json::array({gone})}}}};
  return {WriteKind::kStrategicPatch, PathOf(claim) + "/status", Dump(json)};
}

ApiWrite Deallocate(const api::ResourceClaim& claim) {
  const ordered_json json = {
      {"metadata", {{"resourceVersion", claim.meta.resource_version}}},
      {"status", {{"allocation", nullptr}, {"reservedFor", nullptr}, {"devices", nullptr}}}};
  return {WriteKind::kMergePatch, PathOf(claim) + "/status", Dump(json)};
}

std::string ExtendedStatusPatch(std::string_view claim_name,
                                const std::vector<ExtendedMapping>& mappings) {
  ordered_json list = ordered_json::array();
  for (const auto& mapping : mappings) {
    list.push_back({{"containerName", mapping.container},
                    {"requestName", mapping.request},
                    {"resourceName", mapping.resource}});
  }
  return Dump({{"status",
                {{"extendedResourceClaimStatus",
                  {{"requestMappings", std::move(list)}, {"resourceClaimName", claim_name}}}}}});
}

}  // namespace berth::plugins::dra
