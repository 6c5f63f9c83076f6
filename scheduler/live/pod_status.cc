#include "scheduler/live/pod_status.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/api/rfc3339.h"

namespace berth::live {

using framework::ApiWrite;
using framework::WriteKind;
using nlohmann::ordered_json;

namespace {

// What stands in messages comes from users and may be no UTF-8.
std::string Dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// With a version, the patch holds for that version only.
ApiWrite StatusPatch(const api::Pod& pod, ordered_json status, std::string_view version = "") {
  // A pod that was deleted and made again under its name is another one.
  ordered_json patch = {{"metadata", {{"uid", pod.meta.uid}}}, {"status", std::move(status)}};
  if (!version.empty()) patch["metadata"]["resourceVersion"] = version;
  return {WriteKind::kStrategicPatch, PathOf(pod) + "/status", Dump(patch)};
}

bool SaysSo(const api::UnscheduledCondition* condition, std::string_view reason,
            std::string_view message) {
  return condition != nullptr && condition->status == "False" && condition->reason == reason &&
         condition->message == message;
}

ordered_json Condition(std::string_view type, std::string_view status, std::string_view reason,
                       std::string_view message, const api::Pod& pod) {
  ordered_json condition = {
      {"type", type}, {"status", status}, {"reason", reason}, {"message", message}};
  if (pod.meta.generation > 0) condition["observedGeneration"] = pod.meta.generation;
  return condition;
}

// json[first][second], where that is text.
std::string_view TextAt(const nlohmann::json& json, const char* first, const char* second) {
  if (!json.is_object()) return "";
  const auto outer = json.find(first);
  if (outer == json.end() || !outer->is_object()) return "";
  const auto inner = outer->find(second);
  if (inner == outer->end() || !inner->is_string()) return "";
  return inner->get_ref<const std::string&>();
}

}  // namespace

std::string PathOf(const api::Pod& pod) {
  return "/api/v1/namespaces/" + pod.meta.namespace_name + "/pods/" + pod.meta.name;
}

bool IsBoundAsPlanned(std::string_view body, const api::Pod& placed) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  return TextAt(json, "metadata", "uid") == placed.meta.uid &&
         TextAt(json, "spec", "nodeName") == placed.node_name;
}

std::optional<ApiWrite> UnscheduledPatch(const api::Pod& pod, std::string_view reason,
                                         std::string_view message, const Nomination& nomination,
                                         api::Time now) {
  ordered_json status = ordered_json::object();
  const api::UnscheduledCondition* known = pod.status.unscheduled.get();
  if (!SaysSo(known, reason, message)) {
    ordered_json condition = Condition("PodScheduled", "False", reason, message, pod);
    // The time of the transition is that of the status, not of the words.
    const bool was_false = known != nullptr && known->status == "False";
    condition["lastTransitionTime"] = was_false && !known->last_transition_time.empty()
                                          ? known->last_transition_time
                                          : api::FormatRfc3339(now);
    status["conditions"] = ordered_json::array({std::move(condition)});
  }
  if (nomination.override_it && nomination.node != pod.status.nominated_node_name) {
    status["nominatedNodeName"] =
        nomination.node.empty() ? ordered_json(nullptr) : ordered_json(nomination.node);
  }
  if (status.empty()) return std::nullopt;
  return StatusPatch(pod, std::move(status), pod.meta.resource_version);
}

ApiWrite NominationPatch(const api::Pod& pod, std::string_view node) {
  return StatusPatch(
      pod, {{"nominatedNodeName", node.empty() ? ordered_json(nullptr) : ordered_json(node)}});
}

ApiWrite DisruptionPatch(const api::Pod& victim, std::string_view scheduler, api::Time now) {
  ordered_json condition = Condition(
      "DisruptionTarget", "True", "PreemptionByScheduler",
      std::string(scheduler) + ": preempting to accommodate a higher priority pod", victim);
  condition["lastTransitionTime"] = api::FormatRfc3339(now);
  return StatusPatch(victim, {{"conditions", ordered_json::array({std::move(condition)})}});
}

ApiWrite BindingOf(const api::Pod& pod, std::string_view node) {
  const ordered_json binding = {
      {"apiVersion", "v1"},
      {"kind", "Binding"},
      {"metadata",
       {{"name", pod.meta.name}, {"namespace", pod.meta.namespace_name}, {"uid", pod.meta.uid}}},
      {"target", {{"kind", "Node"}, {"name", node}}}};
  return {WriteKind::kCreate, PathOf(pod) + "/binding", Dump(binding)};
}

ApiWrite DeletionOf(const api::Pod& pod) {
  const ordered_json options = {
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", pod.meta.uid}}}};
  return {WriteKind::kRemove, PathOf(pod), Dump(options)};
}

}  // namespace berth::live
