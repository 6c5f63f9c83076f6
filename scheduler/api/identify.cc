#include "scheduler/api/identify.h"

#include <algorithm>

#include "scheduler/api/decode.h"

namespace berth::api {

std::string Identify(std::string_view text, std::string_view kind) {
  JsonParser parser;
  ObjectMeta meta;
  DecodeErrors ignored;
  const Path root;
  parser.Read(text, [&](JsonValue value) {
    return DecodeFields(ignored, value, root, [&](std::string_view key, JsonValue field) {
      if (key != "metadata") return true;
      return DecodeFields(ignored, field, root, [&](std::string_view name, JsonValue member) {
        if (name == "name") Decode(ignored, member, root, meta.name);
        if (name == "generateName") Decode(ignored, member, root, meta.generate_name);
        if (name == "namespace") Decode(ignored, member, root, meta.namespace_name);
        return true;
      });
    });
  });
  constexpr std::size_t kMaxNameBytes = 256;
  std::string name = meta.name.empty() ? meta.generate_name : meta.name;
  name.resize(std::min(name.size(), kMaxNameBytes));
  if (name.empty()) return std::string(kind);
  meta.namespace_name.resize(std::min(meta.namespace_name.size(), kMaxNameBytes));
  if (!meta.namespace_name.empty()) name = meta.namespace_name + "/" + name;
  return std::string(kind) + " " + name;
}

}  // namespace berth::api
