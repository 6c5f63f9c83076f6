#include "tests/support/fake_cluster_client.h"

#include <utility>

#include "scheduler/base/check.h"

namespace berth::support {

using kube::Request;
using kube::Response;
using kube::WatchEventType;
using Json = FakeClusterClient::Json;

namespace {

constexpr const char* kDeletionTime = "2024-01-01T00:00:00Z";

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  }
  return parts;
}

std::string_view MethodName(kube::Method method) {
  switch (method) {
    case kube::Method::kGet:
      return "GET";
    case kube::Method::kPost:
      return "POST";
    case kube::Method::kPut:
      return "PUT";
    case kube::Method::kPatch:
      return "PATCH";
    case kube::Method::kDelete:
      return "DELETE";
  }
  return "";
}

Response StatusOf(int status, const std::string& message) {
  return {.status = status,
          .body = Json{{"kind", "Status"}, {"status", "Failure"}, {"message", message}}.dump()};
}

Response Lost() { return {.status = 0, .error = "no answer came"}; }

std::string UidOf(const Json& object) { return object.at("metadata").at("uid"); }

bool IsLeaving(const Json& object) { return object["metadata"].contains("deletionTimestamp"); }

std::string NodeNameOf(const Json& pod) {
  const auto spec = pod.find("spec");
  return spec == pod.end() ? "" : spec->value("nodeName", "");
}

// The lists of a pod's status that are merged by a key.
void MergeConditions(Json& conditions, const Json& patch) {
  for (const Json& one : patch) {
    bool known = false;
    for (Json& other : conditions) {
      if (other["type"] != one["type"]) continue;
      other.merge_patch(one);
      known = true;
    }
    if (!known) conditions.push_back(one);
  }
}

std::string ListText(const std::vector<const Json*>& items) {
  Json list = {{"kind", "List"}, {"metadata", Json::object()}, {"items", Json::array()}};
  for (const Json* item : items) list["items"].push_back(*item);
  return list.dump();
}

}  // namespace

ObjectPath ParseObjectPath(std::string_view path) {
  std::vector<std::string> parts = Split(path.substr(0, path.find('?')));
  const std::size_t prefix = parts.at(0) == "api" ? 2 : 3;
  ObjectPath parsed;
  for (std::size_t i = 0; i < prefix; ++i) parsed.collection += "/" + parts.at(i);
  std::size_t next = prefix;
  if (parts.size() > prefix + 2 && parts[prefix] == "namespaces") {
    parsed.namespace_name = parts[prefix + 1];
    next += 2;
  }
  parsed.collection += "/" + parts.at(next++);
  if (next < parts.size()) parsed.name = parts[next++];
  if (next < parts.size()) parsed.subresource = parts[next++];
  return parsed;
}

// ---- As a client ----

void FakeClusterClient::Send(Request request, Done done) {
  requests_.push_back(std::move(request));
  dones_.push_back(std::move(done));
}

std::shared_ptr<kube::Stream> FakeClusterClient::Open(Request, kube::StreamCalls) {
  BERTH_CHECK(false);
  return nullptr;
}

void FakeClusterClient::Serve(std::size_t index) {
  const auto at = static_cast<std::ptrdiff_t>(index);
  const Request request = std::move(requests_.at(index));
  Done done = std::move(dones_.at(index));
  requests_.erase(requests_.begin() + at);
  dones_.erase(dones_.begin() + at);
  served_.push_back(std::string(MethodName(request.method)) + " " + request.path);
  Response response;
  if (faults_.empty() || served_.back().find(only_for_) == std::string::npos) {
    response = Handle(request);
  } else {
    const Fault fault = faults_.front();
    faults_.pop_front();
    if (fault.is_done) Handle(request);
    response = fault.status == 0 ? Lost() : StatusOf(fault.status, "refused by the test");
  }
  answers_.push_back({std::move(done), std::move(response)});
}

void FakeClusterClient::Answer(std::size_t index) {
  HeldAnswer answer = std::move(answers_.at(index));
  answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(index));
  answer.done(std::move(answer.response));
}

void FakeClusterClient::ServeAll() {
  while (!requests_.empty() || !answers_.empty()) {
    while (!requests_.empty()) Serve();
    while (!answers_.empty()) Answer();
  }
}

void FakeClusterClient::Refuse(int status, std::size_t times) {
  faults_.insert(faults_.end(), times, {.status = status, .is_done = false});
}
void FakeClusterClient::LoseAnswers(std::size_t times) {
  faults_.insert(faults_.end(), times, {.status = 0, .is_done = true});
}
void FakeClusterClient::LoseRequests(std::size_t times) {
  faults_.insert(faults_.end(), times, {.status = 0, .is_done = false});
}

// ---- Requests ----

Response FakeClusterClient::Handle(const Request& request) {
  const ObjectPath path = ParseObjectPath(request.path);
  const Json body = request.body.empty() ? Json::object() : Json::parse(request.body);
  if (path.name.empty()) return Create(path, body);
  if (Find(path.collection, path.Key()) == nullptr) {
    return StatusOf(404, "\"" + path.name + "\" not found");
  }
  switch (request.method) {
    case kube::Method::kGet:
      return Get(path);
    case kube::Method::kPatch:
      return Patch(path, body, request.content_type == kube::kStrategicMergePatch);
    case kube::Method::kDelete:
      return Delete(path, body);
    default:
      return path.subresource == "binding" ? Bind(path, body) : StatusOf(405, "not allowed");
  }
}

Response FakeClusterClient::Create(const ObjectPath& path, const Json& body) {
  Json object = body;
  object["metadata"]["namespace"] = path.namespace_name;
  return {.status = 201, .body = Put(path.collection, std::move(object)).dump()};
}

Response FakeClusterClient::Bind(const ObjectPath& path, const Json& binding) {
  Json& pod = objects_[path.collection].at(path.Key());
  const Json& meta = binding.at("metadata");
  if (meta.contains("uid") && meta["uid"] != UidOf(pod)) {
    return StatusOf(409, "the UID in the precondition does not match");
  }
  if (IsLeaving(pod)) return StatusOf(409, "pod " + path.name + " is being deleted");
  if (!NodeNameOf(pod).empty()) {
    return StatusOf(
        409, "pod " + path.name + " is already assigned to node \"" + NodeNameOf(pod) + "\"");
  }
  pod["spec"]["nodeName"] = binding.at("target").at("name");
  Json& status = pod["status"];
  MergeConditions(status["conditions"], {{{"type", "PodScheduled"}, {"status", "True"}}});
  status.erase("nominatedNodeName");
  Changed(path.collection, pod, WatchEventType::kModified);
  on_bound(pod);
  return {.status = 201, .body = R"({"kind":"Status","status":"Success"})"};
}

Response FakeClusterClient::Patch(const ObjectPath& path, const Json& patch, bool strategic) {
  Json& object = objects_[path.collection].at(path.Key());
  Json rest = patch;
  for (const char* field : {"uid", "resourceVersion"}) {
    if (!rest.contains("metadata") || !rest["metadata"].contains(field)) continue;
    if (rest["metadata"][field] != object["metadata"][field]) {
      return StatusOf(409, std::string("Precondition failed: ") + field);
    }
    rest["metadata"].erase(field);
  }
  if (strategic && rest.contains("status") && rest["status"].contains("conditions")) {
    MergeConditions(object["status"]["conditions"], rest["status"]["conditions"]);
    rest["status"].erase("conditions");
  }
  object.merge_patch(rest);
  Changed(path.collection, object, WatchEventType::kModified);
  return {.status = 200, .body = object.dump()};
}

Response FakeClusterClient::Delete(const ObjectPath& path, const Json& options) {
  Json& object = objects_[path.collection].at(path.Key());
  const Json preconditions = options.value("preconditions", Json::object());
  if (preconditions.contains("uid") && preconditions["uid"] != UidOf(object)) {
    return StatusOf(409, "Precondition failed: UID");
  }
  const std::string text = object.dump();
  if (path.collection == kPods && !NodeNameOf(object).empty()) {
    // The node has to stop it first.
    if (!IsLeaving(object)) {
      object["metadata"]["deletionTimestamp"] = kDeletionTime;
      Changed(path.collection, object, WatchEventType::kModified);
    }
  } else {
    Remove(path.collection, path.Key());
  }
  return {.status = 200, .body = text};
}

Response FakeClusterClient::Get(const ObjectPath& path) const {
  return {.status = 200, .body = Find(path.collection, path.Key())->dump()};
}

// ---- Objects ----

bool FakeClusterClient::IsSelected(const std::string& collection, const Json& object) {
  if (collection != kPods || !object.contains("status")) return true;
  const std::string phase = object["status"].value("phase", "");
  return phase != "Succeeded" && phase != "Failed";
}

void FakeClusterClient::Changed(const std::string& collection, Json& object, WatchEventType type) {
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  if (!IsSelected(collection, object)) type = WatchEventType::kDeleted;
  changes_[collection].push_back({type, object.dump()});
}

const Json& FakeClusterClient::Put(const std::string& collection, Json object) {
  Json& meta = object["metadata"];
  if (!meta.contains("name")) {
    meta["name"] = meta.value("generateName", "object-") + std::to_string(next_uid_);
  }
  if (meta.value("namespace", "").empty()) meta.erase("namespace");
  const std::string key = ObjectPath{.collection = collection,
                                     .namespace_name = meta.value("namespace", ""),
                                     .name = meta["name"],
                                     .subresource = ""}
                              .Key();
  auto& objects = objects_[collection];
  const auto known = objects.find(key);
  const bool is_new = known == objects.end();
  meta["uid"] = is_new ? "uid-" + std::to_string(next_uid_++) : UidOf(known->second);
  Json& stored = objects[key] = std::move(object);
  Changed(collection, stored, is_new ? WatchEventType::kAdded : WatchEventType::kModified);
  return stored;
}

void FakeClusterClient::Merge(const std::string& collection, const std::string& key,
                              const Json& patch) {
  Json& object = objects_[collection].at(key);
  object.merge_patch(patch);
  Changed(collection, object, WatchEventType::kModified);
}

void FakeClusterClient::Remove(const std::string& collection, const std::string& key) {
  auto& objects = objects_[collection];
  const auto it = objects.find(key);
  if (it == objects.end()) return;
  if (IsSelected(collection, it->second)) {
    Changed(collection, it->second, WatchEventType::kDeleted);
  }
  objects.erase(it);
}

const Json* FakeClusterClient::Find(const std::string& collection, const std::string& key) const {
  const auto& objects = All(collection);
  const auto it = objects.find(key);
  return it == objects.end() ? nullptr : &it->second;
}

const std::map<std::string, Json>& FakeClusterClient::All(const std::string& collection) const {
  static const std::map<std::string, Json> none;
  const auto it = objects_.find(collection);
  return it == objects_.end() ? none : it->second;
}

std::string FakeClusterClient::NodeOf(const std::string& pod_key) const {
  const Json* pod = Find(kPods, pod_key);
  return pod == nullptr ? "" : NodeNameOf(*pod);
}

// ---- The watch ----

std::size_t FakeClusterClient::changes(const std::string& collection) const {
  const auto it = changes_.find(collection);
  return it == changes_.end() ? 0 : it->second.size();
}

bool FakeClusterClient::Show(const std::string& collection, kube::WatchSink& sink) {
  auto& changes = changes_[collection];
  if (changes.empty()) return false;
  const Change change = std::move(changes.front());
  changes.pop_front();
  sink.OnEvent(change.type, change.object);
  return true;
}

void FakeClusterClient::List(const std::string& collection, kube::WatchSink& sink,
                             std::size_t page) {
  changes_[collection].clear();
  sink.OnListBegin();
  std::vector<const Json*> items;
  for (const auto& [key, object] : All(collection)) {
    if (!IsSelected(collection, object)) continue;
    items.push_back(&object);
    if (items.size() < page) continue;
    sink.OnListPage(ListText(items));
    items.clear();
  }
  sink.OnListPage(ListText(items));
  sink.OnListEnd(std::to_string(version_));
}

}  // namespace berth::support
