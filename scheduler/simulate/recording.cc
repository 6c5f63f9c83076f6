#include "scheduler/simulate/recording.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scheduler/api/identify.h"
#include "scheduler/api/json_split.h"
#include "scheduler/api/json_value.h"

namespace berth::simulate {
namespace {

using api::JsonType;
using api::JsonValue;
using api::JsonWalk;
using api::PaddedText;
using base::Fail;
using base::Result;

struct Event {
  std::string type;
  std::string_view object;
};

std::string_view StringOr(JsonValue value, std::string_view otherwise) {
  return value.String().value_or(otherwise);
}

Result<Event> ReadEvent(api::JsonParser& parser, std::string_view text) {
  Event event;
  const JsonWalk walk = parser.Read(text, [&](JsonValue value) {
    if (value.type() != JsonType::kObject) return true;
    return value.ForEachField([&](std::string_view key, JsonValue field) {
      if (key == "type") event.type = StringOr(field, "");
      if (key == "object" && field.type() == JsonType::kObject) event.object = field.Raw();
      return true;
    }) == JsonWalk::kDone;
  });
  if (walk != JsonWalk::kDone) return Fail("is not JSON: " + std::string(parser.problem()));
  const bool known = event.type == "ADDED" || event.type == "MODIFIED" || event.type == "DELETED";
  if (!known) return Fail("type: must be ADDED, MODIFIED or DELETED");
  if (event.object.empty()) return Fail("object: is missing");
  return event;
}

// spec.nodeName of a pod; "" without one.
std::string NodeNameOf(api::JsonParser& parser, std::string_view pod) {
  std::string name;
  parser.Read(pod, [&](JsonValue value) {
    return value.ForEachField([&](std::string_view key, JsonValue field) {
      if (key != "spec" || field.type() != JsonType::kObject) return true;
      return field.ForEachField([&](std::string_view inner, JsonValue member) {
        if (inner == "nodeName") name = StringOr(member, "");
        return true;
      }) == JsonWalk::kDone;
    }) == JsonWalk::kDone;
  });
  return name;
}

// The objects that there are, in order. Texts are parts of the recording.
class State {
 public:
  void Set(const api::JsonSpan& object) {
    const std::string key = api::Identify(object.text, object.kind);
    const auto [place, is_new] = places_.emplace(key, objects_.size());
    if (is_new) {
      objects_.push_back(object);
    } else {
      objects_[place->second] = object;
    }
  }

  void Remove(const api::JsonSpan& object) {
    const auto place = places_.find(api::Identify(object.text, object.kind));
    if (place == places_.end()) return;
    objects_[place->second].text = {};
    places_.erase(place);
  }

  Result<void> Apply(const Event& event) {
    BERTH_ASSIGN(const auto documents, api::SplitJson(event.object));
    const api::JsonSpan& object = documents.front().object;
    if (object.kind.empty()) return Fail("object.kind: is missing");
    if (event.type == "DELETED") {
      Remove(object);
    } else {
      Set(object);
    }
    return {};
  }

  std::string Join() const {
    const auto nodes = NodeKeys();
    api::JsonParser parser;
    std::string text;
    for (const api::JsonSpan& object : objects_) {
      if (object.text.empty()) continue;
      if (object.kind == "Pod") {
        const std::string node = NodeNameOf(parser, object.text);
        if (!node.empty() && !nodes.contains("Node " + node)) continue;
      }
      text.append(object.text).append("\n");
    }
    return text;
  }

 private:
  std::unordered_set<std::string> NodeKeys() const {
    std::unordered_set<std::string> keys;
    for (const auto& [key, place] : places_) {
      if (objects_[place].kind == "Node") keys.insert(key);
    }
    return keys;
  }

  std::vector<api::JsonSpan> objects_;
  std::unordered_map<std::string, std::size_t> places_;
};

Result<PaddedText> Replay(const PaddedText& recording) {
  BERTH_ASSIGN(const auto documents, api::SplitJson(recording.view()));
  State state;
  for (const api::JsonSpan& item : documents.front().items) state.Set(item);
  api::JsonParser parser;
  for (std::size_t i = 1; i < documents.size(); ++i) {
    const std::string where = "event " + std::to_string(i);
    const auto event = ReadEvent(parser, documents[i].object.text);
    if (!event) return std::unexpected(event.error().Within(where));
    if (const auto applied = state.Apply(*event); !applied) {
      return std::unexpected(applied.error().Within(where));
    }
  }
  return PaddedText(state.Join());
}

}  // namespace

bool IsRecording(std::string_view text) { return text.starts_with(kRecordingStart); }

base::Error CutRecording(std::string_view text) {
  const auto end = text.find(kSnapshotEnd);
  if (end == std::string_view::npos) {
    return base::Error("the recording is cut off in its snapshot, before any event");
  }
  const std::string_view events = text.substr(end + kSnapshotEnd.size());
  const auto whole = std::ranges::count(events, '\n');
  return base::Error(
      "the recording is cut off: " + std::to_string(whole) +
      (whole == 1 ? " event after its snapshot is whole" : " events after its snapshot are whole"));
}

Result<PaddedText> StateOf(PaddedText recording) {
  const std::string_view text = recording.view();
  const auto end = text.find(kSnapshotEnd);
  if (end == std::string_view::npos || !text.ends_with('\n')) {
    return std::unexpected(CutRecording(text));
  }
  if (end + kSnapshotEnd.size() == text.size()) return recording;
  return Replay(recording);
}

}  // namespace berth::simulate
