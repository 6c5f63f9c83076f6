#include "scheduler/kube/event_body.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/kube/event_time.h"

namespace berth::kube {
namespace {

using nlohmann::json;

// Bytes that are no UTF-8 are replaced, so that this cannot fail.
std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json Reference(const EventRegarding& object) {
  json reference = json::object();
  const auto set = [&](const char* field, const std::string& value) {
    if (!value.empty()) reference[field] = value;
  };
  set("kind", object.kind);
  set("namespace", object.namespace_name);
  set("name", object.name);
  set("uid", object.uid);
  set("apiVersion", object.api_version);
  set("resourceVersion", object.resource_version);
  return reference;
}

json Series(const EventState& state) {
  return {{"count", state.count}, {"lastObservedTime", MicroTime(state.last)}};
}

std::string PathOf(EventApi api, const Event& event) {
  const char* root =
      api == EventApi::kCore ? "/api/v1/namespaces/" : "/apis/events.k8s.io/v1/namespaces/";
  return std::string(root).append(NamespaceOf(event)).append("/events");
}

json EventsBody(const Event& event, const EventState& state, std::string_view instance) {
  json body{{"apiVersion", "events.k8s.io/v1"},
            {"eventTime", MicroTime(state.first)},
            {"reportingController", event.controller},
            {"reportingInstance", instance},
            {"action", event.action},
            {"regarding", Reference(event.regarding)},
            {"note", event.note}};
  if (event.related) body["related"] = Reference(*event.related);
  if (state.count > 1) body["series"] = Series(state);
  return body;
}

json CoreBody(const Event& event, const EventState& state) {
  json body{{"apiVersion", "v1"},
            {"involvedObject", Reference(event.regarding)},
            {"source", {{"component", event.controller}}},
            {"reportingComponent", event.controller},
            {"firstTimestamp", SecondTime(state.first)},
            {"lastTimestamp", SecondTime(state.last)},
            {"count", state.count},
            {"message", event.note}};
  if (event.related) body["related"] = Reference(*event.related);
  return body;
}

}  // namespace

Request CreateEvent(EventApi api, const Event& event, const EventState& state,
                    std::string_view instance) {
  json body = api == EventApi::kCore ? CoreBody(event, state) : EventsBody(event, state, instance);
  body["kind"] = "Event";
  body["metadata"] = {{"name", state.name}, {"namespace", NamespaceOf(event)}};
  body["type"] = event.type;
  body["reason"] = event.reason;
  return {.method = Method::kPost, .path = PathOf(api, event), .body = Text(body)};
}

Request UpdateEvent(EventApi api, const Event& event, const EventState& state) {
  json body = json::object();
  if (api == EventApi::kCore) {
    body["count"] = state.count;
    body["lastTimestamp"] = SecondTime(state.last);
  } else {
    body["series"] = Series(state);
  }
  return {.method = Method::kPatch,
          .path = PathOf(api, event) + "/" + state.name,
          .body = Text(body),
          .content_type = kStrategicMergePatch};
}

}  // namespace berth::kube
