// The building blocks of the decoder: scalars, maps, walks and errors.
#include <charconv>
#include <limits>

#include "scheduler/api/decode.h"
#include "scheduler/api/rfc3339.h"

namespace berth::api {
namespace {

constexpr std::size_t kMaxQuotedBytes = 80;

// Maps are sorted vectors: a bound on their size bounds the time that building one can take. etcd
// holds no object with nearly so many entries.
constexpr std::size_t kMaxMapEntries = 10'000;

// No whole object may be much longer: etcd takes 1.5 MiB by default.
constexpr std::size_t kMaxStringBytes = std::size_t{1} << 20;

template <typename Int>
bool DecodeInteger(DecodeErrors& errors, JsonValue value, const Path& path, Int& out) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kNumber) return errors.WrongType(path, "an integer", value);
  const std::string_view token = value.Token();
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), out);
  if (error == std::errc() && end == token.data() + token.size()) return true;
  return errors.Fail(path, "expected an integer of " + std::to_string(8 * sizeof(Int)) +
                               " bits, got " + Quoted(token));
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  const bool cut = text.size() > kMaxQuotedBytes;
  std::size_t length = cut ? kMaxQuotedBytes : text.size();
  // Not within a UTF-8 sequence.
  while (cut && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  for (const char c : text.substr(0, length)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    quoted += control ? '?' : c;
  }
  quoted += '"';
  if (cut) quoted += "... (" + std::to_string(text.size()) + " bytes)";
  return quoted;
}

std::string Path::ToString() const {
  if (parent_ == nullptr) return std::string();
  std::string text = parent_->ToString();
  constexpr std::size_t kMaxNameBytes = 80;
  const std::string name(name_.substr(0, kMaxNameBytes));
  switch (step_) {
    case Step::kField:
      return text.empty() ? name : text + "." + name;
    case Step::kIndex:
      return text + "[" + std::to_string(index_) + "]";
    case Step::kEntry:
      return text + "[" + name + "]";
  }
  return text;
}

bool DecodeErrors::Fail(const Path& path, std::string message) {
  const std::string where = path.ToString();
  message_ = where.empty() ? std::move(message) : where + ": " + message;
  return false;
}

bool DecodeErrors::Malformed(const Path& path) {
  malformed_ = true;
  return Fail(path, "malformed JSON");
}

bool DecodeErrors::WrongType(const Path& path, std::string_view expected, const JsonValue& got) {
  const JsonType type = got.type();
  if (type == JsonType::kMalformed) return Malformed(path);
  return Fail(path, "expected " + std::string(expected) + ", got " + std::string(NameOf(type)));
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::string& out) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kString) return errors.WrongType(path, "a string", value);
  const auto text = value.String();
  if (!text) return errors.Malformed(path);
  if (text->size() > kMaxStringBytes) {
    return errors.Fail(path, "a string of " + std::to_string(text->size()) +
                                 " bytes is longer than an API server takes");
  }
  out.assign(*text);
  return true;
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, bool& out) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kBool) return errors.WrongType(path, "true or false", value);
  out = value.Token() == "true";
  return true;
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::int32_t& out) {
  return DecodeInteger(errors, value, path, out);
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, std::int64_t& out) {
  return DecodeInteger(errors, value, path, out);
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Quantity& out) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kString && type != JsonType::kNumber) {
    return errors.WrongType(path, "a quantity", value);
  }
  const auto text = type == JsonType::kString ? value.String() : value.Token();
  if (!text) return errors.Malformed(path);
  const auto quantity = Quantity::Parse(*text);
  if (!quantity) return errors.Fail(path, "invalid quantity " + Quoted(*text));
  out = *quantity;
  return true;
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, StringMap& out) {
  out = StringMap();
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue entry) {
    if (out.size() >= kMaxMapEntries) return errors.Fail(path, "a map has too many entries");
    std::string& text = out[key];
    text.clear();
    return Decode(errors, entry, Path::Entry(path, key), text);
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ResourceList& out) {
  out = ResourceList();
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue entry) {
    if (out.size() >= kMaxMapEntries) return errors.Fail(path, "a map has too many entries");
    Quantity quantity;
    const Path entry_path = Path::Entry(path, key);
    if (!Decode(errors, entry, entry_path, quantity)) return false;
    if (quantity.IsNegative()) {
      return errors.Fail(entry_path, "must not be negative, is " + quantity.ToString());
    }
    out[key] = quantity;
    return true;
  });
}

bool DecodeTime(DecodeErrors& errors, JsonValue value, const Path& path, std::optional<Time>& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text.empty()) return true;
  out = ParseRfc3339(text);
  return out || errors.Fail(path, "invalid time " + Quoted(text));
}

bool DecodeFields(DecodeErrors& errors, JsonValue value, const Path& path, FieldVisitor visit) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kObject) return errors.WrongType(path, "an object", value);
  const JsonWalk walk = value.ForEachField(visit);
  return walk == JsonWalk::kMalformed ? errors.Malformed(path) : walk == JsonWalk::kDone;
}

bool DecodeElements(DecodeErrors& errors, JsonValue value, const Path& path, ElementVisitor visit) {
  const JsonType type = value.type();
  if (type == JsonType::kNull) return true;
  if (type != JsonType::kArray) return errors.WrongType(path, "an array", value);
  const JsonWalk walk = value.ForEachElement(visit);
  return walk == JsonWalk::kMalformed ? errors.Malformed(path) : walk == JsonWalk::kDone;
}

}  // namespace berth::api
