#include "scheduler/webhook/requests.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace berth::webhook {

using api::JsonType;
using api::JsonValue;
using api::JsonWalk;
using base::Result;

namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Is(std::string_view key, std::string_view field) {
  return std::ranges::equal(key, field, {}, Lower, Lower);
}

// Reads values and remembers the first thing that is wrong. Functions return whether to go on.
class Reader {
 public:
  using Fields = api::FunctionRef<bool(std::string_view key, JsonValue value)>;
  using Elements = api::FunctionRef<bool(std::size_t index, JsonValue value)>;

  // Of the whole text.
  Result<void> Read(std::string_view text, api::JsonParser& parser, Fields visit) {
    const JsonWalk walk =
        parser.Read(text, [&](JsonValue value) { return ReadFields(value, "the request", visit); });
    return Ended(walk, parser);
  }

  Result<void> Ended(JsonWalk walk, const api::JsonParser& parser) const {
    if (!problem_.empty()) return base::Fail(problem_);
    if (walk == JsonWalk::kDone) return {};
    const std::string_view words = parser.problem();
    return base::Fail("malformed JSON" + (words.empty() ? "" : ": " + std::string(words)));
  }

  bool ReadFields(JsonValue value, std::string_view path, Fields visit) {
    if (!Expect(value, JsonType::kObject, path)) return false;
    return value.ForEachField(visit) == JsonWalk::kDone;
  }
  bool ReadElements(JsonValue value, std::string_view path, Elements visit) {
    if (!Expect(value, JsonType::kArray, path)) return false;
    return value.ForEachElement(visit) == JsonWalk::kDone;
  }

  bool ReadRaw(JsonValue value, JsonType type, std::string_view path, std::string_view& out) {
    if (!Expect(value, type, path)) return false;
    out = value.Raw();
    return !out.empty() || Fail(path, "malformed JSON");
  }
  bool ReadString(JsonValue value, std::string_view path, std::string& out) {
    if (value.type() == JsonType::kNull) return true;
    if (!Expect(value, JsonType::kString, path)) return false;
    const auto text = value.String();
    if (!text) return Fail(path, "malformed JSON");
    out = *text;
    return true;
  }
  bool ReadInteger(JsonValue value, std::string_view path, std::int64_t& out) {
    if (value.type() == JsonType::kNull) return true;
    if (!Expect(value, JsonType::kNumber, path)) return false;
    const std::string_view token = value.Token();
    const char* end = token.data() + token.size();
    const auto [rest, error] = std::from_chars(token.data(), end, out);
    return (error == std::errc() && rest == end) || Fail(path, "must be an integer");
  }

  bool Fail(std::string_view path, std::string_view what) {
    if (problem_.empty()) problem_ = std::string(path) + ": " + std::string(what);
    return false;
  }

 private:
  bool Expect(JsonValue value, JsonType wanted, std::string_view path) {
    const JsonType type = value.type();
    if (type == wanted) return true;
    if (type == JsonType::kMalformed) return Fail(path, "malformed JSON");
    return Fail(path,
                "must be " + std::string(NameOf(wanted)) + ", not " + std::string(NameOf(type)));
  }

  std::string problem_;
};

bool IsNull(JsonValue value) { return value.type() == JsonType::kNull; }

std::string At(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

// The objects of a NodeList.
bool ReadItems(Reader& reader, JsonValue list, std::vector<std::string_view>& out) {
  return reader.ReadFields(list, "Nodes", [&](std::string_view key, JsonValue value) {
    if (!Is(key, "items")) return true;
    out.clear();
    if (IsNull(value)) return true;
    return reader.ReadElements(value, "Nodes.items", [&](std::size_t i, JsonValue item) {
      std::string_view node;
      // The path is put together only where it is needed.
      if (item.type() != JsonType::kObject) {
        return reader.ReadRaw(item, JsonType::kObject, At("Nodes.items", i), node);
      }
      node = item.Raw();
      if (node.empty()) return reader.Fail(At("Nodes.items", i), "malformed JSON");
      out.push_back(node);
      return true;
    });
  });
}

Result<void> WantPod(std::string_view pod) {
  if (pod.empty()) return base::Fail("Pod: required");
  return {};
}

// metadata.uid of a Pod.
bool ReadPodUid(Reader& reader, JsonValue pod, const std::string& path, std::string& out) {
  return reader.ReadFields(pod, path, [&](std::string_view key, JsonValue value) {
    if (!Is(key, "metadata") || IsNull(value)) return true;
    return reader.ReadFields(
        value, path + ".metadata", [&](std::string_view name, JsonValue member) {
          return !Is(name, "uid") || reader.ReadString(member, path + ".metadata.uid", out);
        });
  });
}

// UID of a MetaPod.
bool ReadMetaUid(Reader& reader, JsonValue pod, const std::string& path, std::string& out) {
  return reader.ReadFields(pod, path, [&](std::string_view key, JsonValue value) {
    return !Is(key, "uid") || reader.ReadString(value, path + ".UID", out);
  });
}

bool ReadVictims(Reader& reader, JsonValue value, const std::string& path, bool are_meta,
                 NodeVictims& out) {
  return reader.ReadFields(value, path, [&](std::string_view key, JsonValue member) {
    if (IsNull(member)) return true;
    if (Is(key, "NumPDBViolations")) {
      return reader.ReadInteger(member, path + ".NumPDBViolations", out.budget_violations);
    }
    if (!Is(key, "Pods")) return true;
    const std::string pods = path + ".Pods";
    out.uids.clear();
    return reader.ReadElements(member, pods, [&](std::size_t i, JsonValue pod) {
      // Go writes a pointer to nothing as null.
      if (IsNull(pod)) return true;
      std::string& uid = out.uids.emplace_back();
      return are_meta ? ReadMetaUid(reader, pod, At(pods, i), uid)
                      : ReadPodUid(reader, pod, At(pods, i), uid);
    });
  });
}

bool ReadVictimMap(Reader& reader, JsonValue map, const std::string& path, bool are_meta,
                   std::optional<std::vector<NodeVictims>>& out) {
  if (IsNull(map)) return true;
  out.emplace();
  return reader.ReadFields(map, path, [&](std::string_view key, JsonValue value) {
    NodeVictims& victims = out->emplace_back();
    victims.node = key;
    return IsNull(value) ||
           ReadVictims(reader, value, path + "[" + victims.node + "]", are_meta, victims);
  });
}

// Sorted; of entries for one node the last stays.
void SortByNode(std::vector<NodeVictims>& victims) {
  std::ranges::reverse(victims);
  std::ranges::stable_sort(victims, {}, &NodeVictims::node);
  const auto repeated = std::ranges::unique(victims, {}, &NodeVictims::node);
  victims.erase(repeated.begin(), repeated.end());
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Names as they nearly always are: without escapes. Nothing where one is of another kind.
std::optional<std::vector<std::string_view>> ReadPlainNames(std::string_view array) {
  std::vector<std::string_view> names;
  const char* at = array.data() + 1;
  const char* end = array.data() + array.size() - 1;  // the closing bracket
  const auto skip_space = [&] {
    while (at < end && IsSpace(*at)) ++at;
  };
  skip_space();
  while (at < end) {
    if (*at++ != '"') return std::nullopt;
    const char* start = at;
    while (at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
    if (at == end || *at != '"') return std::nullopt;
    names.emplace_back(start, at++);
    skip_space();
    if (at == end) return names;
    if (*at++ != ',') return std::nullopt;
    skip_space();
    if (at == end) return std::nullopt;
  }
  return names;
}

}  // namespace

Result<ExtenderArgs> ReadExtenderArgs(std::string_view text, api::JsonParser& parser) {
  ExtenderArgs args;
  Reader reader;
  BERTH_TRY(reader.Read(text, parser, [&](std::string_view key, JsonValue value) {
    if (IsNull(value)) return true;
    if (Is(key, "Pod")) return reader.ReadRaw(value, JsonType::kObject, "Pod", args.pod);
    if (Is(key, "NodeNames")) {
      return reader.ReadRaw(value, JsonType::kArray, "NodeNames", args.node_names.emplace());
    }
    return !Is(key, "Nodes") || ReadItems(reader, value, args.nodes.emplace());
  }));
  BERTH_TRY(WantPod(args.pod));
  return args;
}

Result<Names> ReadNames(std::string_view array, api::JsonParser& parser) {
  if (array.size() < 2) return base::Fail("NodeNames: malformed JSON");
  Names names;
  if (auto plain = ReadPlainNames(array)) {
    names.all = *std::move(plain);
    return names;
  }
  Reader reader;
  const JsonWalk walk = parser.Read(array, [&](JsonValue value) {
    return reader.ReadElements(value, "NodeNames", [&](std::size_t i, JsonValue name) {
      return reader.ReadString(name, At("NodeNames", i), names.unescaped.emplace_back());
    });
  });
  BERTH_TRY(reader.Ended(walk, parser));
  names.all.assign(names.unescaped.begin(), names.unescaped.end());
  return names;
}

Result<ExtenderPreemptionArgs> ReadPreemptionArgs(std::string_view text, api::JsonParser& parser) {
  ExtenderPreemptionArgs args;
  std::optional<std::vector<NodeVictims>> whole;
  Reader reader;
  BERTH_TRY(reader.Read(text, parser, [&](std::string_view key, JsonValue value) {
    if (IsNull(value)) return true;
    if (Is(key, "Pod")) return reader.ReadRaw(value, JsonType::kObject, "Pod", args.pod);
    if (Is(key, "NodeNameToMetaVictims")) {
      return ReadVictimMap(reader, value, "NodeNameToMetaVictims", true, args.victims);
    }
    return !Is(key, "NodeNameToVictims") ||
           ReadVictimMap(reader, value, "NodeNameToVictims", false, whole);
  }));
  BERTH_TRY(WantPod(args.pod));
  if (!args.victims) args.victims = std::move(whole);
  if (args.victims) SortByNode(*args.victims);
  return args;
}

Result<ExtenderBindingArgs> ReadBindingArgs(std::string_view text, api::JsonParser& parser) {
  ExtenderBindingArgs args;
  Reader reader;
  BERTH_TRY(reader.Read(text, parser, [&](std::string_view key, JsonValue value) {
    if (Is(key, "PodName")) return reader.ReadString(value, "PodName", args.pod_name);
    if (Is(key, "PodNamespace")) {
      return reader.ReadString(value, "PodNamespace", args.pod_namespace);
    }
    if (Is(key, "PodUID")) return reader.ReadString(value, "PodUID", args.pod_uid);
    return !Is(key, "Node") || reader.ReadString(value, "Node", args.node);
  }));
  return args;
}

}  // namespace berth::webhook
