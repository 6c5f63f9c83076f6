#include "scheduler/extender/known_json.h"

#include <nlohmann/json.hpp>

#include "scheduler/api/object_text.h"

namespace berth::extender {
namespace {

using nlohmann::json;

// Bytes that are not UTF-8 cannot be written otherwise.
std::string TextOf(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

json MapOf(const api::StringMap& map) {
  json object = json::object();
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

json AmountsOf(const api::ResourceList& list) {
  json object = json::object();
  for (const auto& [name, amount] : list) object[name] = amount.ToString();
  return object;
}

void SetUnlessEmpty(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

json MetaOf(const api::ObjectMeta& meta) {
  json object = json::object();
  SetUnlessEmpty(object, "name", meta.name);
  SetUnlessEmpty(object, "generateName", meta.generate_name);
  SetUnlessEmpty(object, "namespace", meta.namespace_name);
  SetUnlessEmpty(object, "uid", meta.uid);
  SetUnlessEmpty(object, "resourceVersion", meta.resource_version);
  if (!meta.labels.empty()) object["labels"] = MapOf(meta.labels);
  if (!meta.annotations.empty()) object["annotations"] = MapOf(meta.annotations);
  for (const api::OwnerReference& owner : meta.owner_references) {
    object["ownerReferences"].push_back({{"apiVersion", owner.api_version},
                                         {"kind", owner.kind},
                                         {"name", owner.name},
                                         {"uid", owner.uid},
                                         {"controller", owner.controller}});
  }
  return object;
}

json ResourcesOf(const api::ResourceRequirements& resources) {
  json object = json::object();
  if (!resources.requests.empty()) object["requests"] = AmountsOf(resources.requests);
  if (!resources.limits.empty()) object["limits"] = AmountsOf(resources.limits);
  return object;
}

json ContainersOf(const std::vector<api::Container>& containers) {
  json list = json::array();
  for (const api::Container& container : containers) {
    json object = {{"name", container.name}, {"resources", ResourcesOf(container.resources)}};
    SetUnlessEmpty(object, "image", container.image);
    if (container.restart_always) object["restartPolicy"] = "Always";
    for (const api::ContainerPort& port : container.ports) {
      json& shown = object["ports"].emplace_back();
      shown = {{"containerPort", port.container_port}};
      if (port.host_port != 0) shown["hostPort"] = port.host_port;
      SetUnlessEmpty(shown, "protocol", port.protocol);
      SetUnlessEmpty(shown, "hostIP", port.host_ip);
    }
    list.push_back(std::move(object));
  }
  return list;
}

std::string_view NameOf(api::TolerationOperator op) {
  switch (op) {
    case api::TolerationOperator::kEqual:
      return "Equal";
    case api::TolerationOperator::kExists:
      return "Exists";
    case api::TolerationOperator::kLt:
      return "Lt";
    case api::TolerationOperator::kGt:
      return "Gt";
  }
  return "";
}

json TolerationOf(const api::Toleration& toleration) {
  json object = {{"operator", NameOf(toleration.op)}};
  SetUnlessEmpty(object, "key", toleration.key);
  SetUnlessEmpty(object, "value", toleration.value);
  SetUnlessEmpty(object, "effect", std::string(api::NameOf(toleration.effect)));
  return object;
}

json SpecOf(const api::Pod& pod) {
  const api::PodSpec& spec = *pod.spec;
  json object = {{"containers", ContainersOf(spec.containers)},
                 {"schedulerName", spec.scheduler_name}};
  SetUnlessEmpty(object, "nodeName", pod.node_name);
  SetUnlessEmpty(object, "priorityClassName", spec.priority_class_name);
  SetUnlessEmpty(object, "runtimeClassName", spec.runtime_class_name);
  if (!spec.init_containers.empty()) object["initContainers"] = ContainersOf(spec.init_containers);
  if (spec.resources) object["resources"] = ResourcesOf(*spec.resources);
  if (!spec.overhead.empty()) object["overhead"] = AmountsOf(spec.overhead);
  if (spec.node_selector) object["nodeSelector"] = MapOf(*spec.node_selector);
  if (spec.priority) object["priority"] = *spec.priority;
  if (spec.host_network) object["hostNetwork"] = true;
  for (const api::Toleration& toleration : spec.tolerations) {
    object["tolerations"].push_back(TolerationOf(toleration));
  }
  return object;
}

json StatusOf(const api::PodStatus& status) {
  json object = {{"phase", status.phase.empty() ? "Pending" : status.phase}};
  SetUnlessEmpty(object, "nominatedNodeName", status.nominated_node_name);
  return object;
}

// Null unless it is an object.
json ObjectOf(std::string_view text) {
  json object = json::parse(text, nullptr, false);
  return object.is_object() ? object : json();
}

// The member as an object, made one if it is none.
json& Member(json& object, const char* key) {
  json& member = object[key];
  if (!member.is_object()) member = json::object();
  return member;
}

void CompleteMeta(const api::ObjectMeta& meta, json& object) {
  json& shown = Member(object, "metadata");
  shown.erase("managedFields");
  shown["name"] = meta.name;
  shown["uid"] = meta.uid;
  SetUnlessEmpty(shown, "namespace", meta.namespace_name);
}

}  // namespace

std::string KnownPodJson(const api::Pod& pod) {
  return TextOf({{"apiVersion", "v1"},
                 {"kind", "Pod"},
                 {"metadata", MetaOf(pod.meta)},
                 {"spec", SpecOf(pod)},
                 {"status", StatusOf(pod.status)}});
}

std::string KnownNodeJson(const api::Node& node) {
  json object = {
      {"apiVersion", "v1"},
      {"kind", "Node"},
      {"metadata", MetaOf(node.meta)},
      {"spec", json::object()},
      {"status",
       {{"capacity", AmountsOf(node.capacity)}, {"allocatable", AmountsOf(node.allocatable)}}}};
  if (node.unschedulable) object["spec"]["unschedulable"] = true;
  for (const api::Taint& taint : node.taints) {
    object["spec"]["taints"].push_back({{"key", taint.key},
                                        {"value", taint.value},
                                        {"effect", std::string(api::NameOf(taint.effect))}});
  }
  return TextOf(object);
}

std::string CompletedPodJson(std::string_view text, const api::Pod& pod) {
  json object = ObjectOf(text);
  if (object.is_null()) return KnownPodJson(pod);
  CompleteMeta(pod.meta, object);
  json& spec = Member(object, "spec");
  if (!spec.contains("schedulerName")) spec["schedulerName"] = pod.spec->scheduler_name;
  if (pod.spec->priority) spec["priority"] = *pod.spec->priority;
  return TextOf(object);
}

std::string CompletedNodeJson(std::string_view text, const api::Node& node) {
  json object = ObjectOf(text);
  if (object.is_null()) return KnownNodeJson(node);
  CompleteMeta(node.meta, object);
  return TextOf(object);
}

}  // namespace berth::extender
