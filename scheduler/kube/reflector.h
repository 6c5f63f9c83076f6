// Keeps somebody in step with one kind of object in the API server: a list, and then all changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"

namespace berth::kube {

struct WatchedResource {
  std::string name;  // "nodes", for messages
  std::string path;  // "/api/v1/nodes"
  std::string label_selector = {};
  std::string field_selector = {};
  // What was listed already, by its version: the watch begins there. Empty: a list comes first.
  std::string known_version = {};
};

enum class WatchEventType : std::uint8_t { kAdded, kModified, kDeleted };

// Who is kept in step. Called on the client's thread, one call at a time; must not stop the
// reflector from there. Texts last as long as the call.
class WatchSink {
 public:
  virtual ~WatchSink() = default;

  // A whole list follows, which replaces all there was: pages, and then its end. Comes again in
  // between where the list has to begin anew.
  virtual void OnListBegin() = 0;
  // A List in JSON as the API server has sent it. Its items are not looked at here.
  virtual void OnListPage(std::string_view body) = 0;
  virtual void OnListEnd(std::string_view resource_version) = 0;
  // A change after the list. Of a deleted object, its last state.
  virtual void OnEvent(WatchEventType type, std::string_view object_json) = 0;
  // Something goes wrong and is tried again: `list nodes: nodes is forbidden: User "x" cannot ...`.
  virtual void OnFailure(std::string_view text) = 0;
};

// Nothing is lost and nothing comes twice. A watch that ends, however it ends, is taken up from the
// version of the last event that was handed on as a whole line, or of the last bookmark; a watch
// from a version begins with the first change after it, versions grow with each change of a
// resource, and a deletion has a version of its own, so that an event which has been seen is not
// sent again. Where the API server no longer knows the version (410), there is a new list.
//
// Thread-safe. The client, the clock and the sink outlive it.
class Reflector {
 public:
  // `seed` spreads tries and the ends of watches, so that reflectors do not march in step.
  Reflector(Client& client, const base::Clock& clock, std::uint64_t seed, WatchedResource resource,
            WatchSink& sink);
  ~Reflector();  // stops
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void Start();  // once
  // Waits for a call to the sink that is being made; then there are no more.
  void Stop();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace berth::kube
