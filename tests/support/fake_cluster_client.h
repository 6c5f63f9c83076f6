// A small API server in memory, behind the interface of a client: deterministic, without a thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/kube/client.h"
#include "scheduler/kube/reflector.h"

namespace berth::support {

// Where an object is: of "/api/v1/namespaces/x/pods/y/status" the collection is "/api/v1/pods", the
// key "x/y" and the subresource "status". An object without a namespace has its name as key.
struct ObjectPath {
  std::string collection;
  std::string namespace_name;
  std::string name;  // empty: of the collection itself
  std::string subresource;

  std::string Key() const { return namespace_name.empty() ? name : namespace_name + "/" + name; }
};
ObjectPath ParseObjectPath(std::string_view path);

inline constexpr const char* kPods = "/api/v1/pods";
inline constexpr const char* kNodes = "/api/v1/nodes";

// Objects are JSON and have a uid, a generation and a version, which grows with every change of any
// object. Requests wait until the test serves them, in whatever order; their answers wait until the
// test hands them on. Changes are kept, a collection at a time in their order, until the test shows
// them. Streams are not served: who watches is shown things directly.
class FakeClusterClient final : public kube::Client {
 public:
  using Json = nlohmann::json;
  using Done = std::function<void(kube::Response)>;

  // ---- As a client ----
  void Send(kube::Request request, Done done) override;
  std::shared_ptr<kube::Stream> Open(kube::Request request, kube::StreamCalls calls) override;

  // ---- Requests ----
  // Those that wait to be served.
  const std::deque<kube::Request>& requests() const { return requests_; }
  // Everything that was served, as "POST /api/v1/namespaces/default/pods/p/binding".
  const std::vector<std::string>& served() const { return served_; }
  // Does what the request asks for; its answer waits.
  void Serve(std::size_t index = 0);
  std::size_t answers() const { return answers_.size(); }
  void Answer(std::size_t index = 0);
  // Serves and answers everything, also what comes of the answers, in order.
  void ServeAll();

  // ---- What goes wrong; each is used up by one request that is served ----
  // It is refused with the status, and nothing is done.
  void Refuse(int status, std::size_t times = 1);
  // It is done, and the answer never comes: status 0.
  void LoseAnswers(std::size_t times = 1);
  // It never arrives: nothing is done, status 0.
  void LoseRequests(std::size_t times = 1);
  void ClearFaults() { faults_.clear(); }
  // Only requests whose line, as in served(), holds the text are concerned. Empty: all.
  void OnlyFor(std::string text) { only_for_ = std::move(text); }

  // ---- Objects, as others change them ----
  // Creates the object or replaces it (then its uid stays). Returns it.
  const Json& Put(const std::string& collection, Json object);
  // As with a merge patch.
  void Merge(const std::string& collection, const std::string& key, const Json& patch);
  // At once, for good; nothing where there is no such object.
  void Remove(const std::string& collection, const std::string& key);
  // Null where there is none.
  const Json* Find(const std::string& collection, const std::string& key) const;
  const std::map<std::string, Json>& All(const std::string& collection) const;
  // "" where the pod has none, or there is no such pod.
  std::string NodeOf(const std::string& pod_key) const;

  // Called right after a pod has been bound.
  std::function<void(const Json& pod)> on_bound = [](const Json&) {};

  // ---- The watch ----
  std::size_t changes(const std::string& collection) const;
  // Hands the oldest change on that has not been shown; false if there is none.
  bool Show(const std::string& collection, kube::WatchSink& sink);
  // A new list, page by page; what was not shown yet is part of it, or gone.
  void List(const std::string& collection, kube::WatchSink& sink, std::size_t page = 2);

 private:
  struct Change {
    kube::WatchEventType type;
    std::string object;
  };
  struct HeldAnswer {
    Done done;
    kube::Response response;
  };
  struct Fault {
    int status = 0;
    bool is_done = false;  // the request takes effect
  };

  kube::Response Handle(const kube::Request& request);
  kube::Response Create(const ObjectPath& path, const Json& body);
  kube::Response Bind(const ObjectPath& path, const Json& binding);
  kube::Response Patch(const ObjectPath& path, const Json& patch, bool strategic);
  kube::Response Delete(const ObjectPath& path, const Json& options);
  kube::Response Get(const ObjectPath& path) const;

  // The object has changed: gives it a new version and keeps the change.
  void Changed(const std::string& collection, Json& object, kube::WatchEventType type);
  static bool IsSelected(const std::string& collection, const Json& object);

  std::map<std::string, std::map<std::string, Json>> objects_;  // by collection and key
  std::map<std::string, std::deque<Change>> changes_;           // by collection
  std::deque<kube::Request> requests_;
  std::deque<Done> dones_;  // parallel to requests_
  std::deque<HeldAnswer> answers_;
  std::deque<Fault> faults_;
  std::string only_for_;
  std::vector<std::string> served_;
  std::uint64_t version_ = 0;
  std::uint64_t next_uid_ = 1;
};

}  // namespace berth::support
