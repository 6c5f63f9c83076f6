#include "scheduler/api/json_value.h"

#include <simdjson.h>

#include <cstring>
#include <vector>

namespace berth::api {

namespace ondemand = simdjson::ondemand;

static_assert(JsonParser::kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonParser::State {
  ondemand::parser parser;
  std::vector<std::uint8_t> unescaped;  // the last string that held escapes
  std::string_view problem;
  const char* end = nullptr;  // of the text being read
};

namespace {

ondemand::value& ValueOf(void* value) { return *static_cast<ondemand::value*>(value); }
JsonParser::State& StateOf(void* parser) { return *static_cast<JsonParser::State*>(parser); }

JsonWalk Malformed(JsonParser::State& state, simdjson::error_code error) {
  state.problem = simdjson::error_message(error);
  return JsonWalk::kMalformed;
}

// A token reaches to the start of the next one: cut the white space in between.
std::string_view Trim(std::string_view token) {
  const auto last = token.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : token.substr(0, last + 1);
}

// The text between the quotes when it holds no escapes, which is nearly always.
std::optional<std::string_view> Verbatim(const char* after_quote, const char* text_end) {
  const auto left = static_cast<std::size_t>(text_end - after_quote);
  const char* end = static_cast<const char*>(std::memchr(after_quote, '"', left));
  if (end == nullptr) return std::nullopt;
  const auto length = static_cast<std::size_t>(end - after_quote);
  if (std::memchr(after_quote, '\\', length) != nullptr) return std::nullopt;
  return std::string_view(after_quote, length);
}

}  // namespace

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string_view NameOf(JsonType type) {
  switch (type) {
    case JsonType::kObject:
      return "an object";
    case JsonType::kArray:
      return "an array";
    case JsonType::kString:
      return "a string";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kBool:
      return "a boolean";
    case JsonType::kNull:
      return "null";
    case JsonType::kMalformed:
      break;
  }
  return "no JSON value";
}

JsonType JsonValue::type() const {
  const std::string_view token = ValueOf(value_).raw_json_token();
  switch (token.empty() ? '\0' : token[0]) {
    case '{':
      return JsonType::kObject;
    case '[':
      return JsonType::kArray;
    case '"':
      return JsonType::kString;
    case 't':
      return Trim(token) == "true" ? JsonType::kBool : JsonType::kMalformed;
    case 'f':
      return Trim(token) == "false" ? JsonType::kBool : JsonType::kMalformed;
    case 'n':
      return Trim(token) == "null" ? JsonType::kNull : JsonType::kMalformed;
    default:
      break;
  }
  const bool number = !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
  return number ? JsonType::kNumber : JsonType::kMalformed;
}

std::string_view JsonValue::Token() const { return Trim(ValueOf(value_).raw_json_token()); }

std::string_view JsonValue::Raw() const {
  std::string_view raw;
  ondemand::object object;
  ondemand::array array;
  switch (type()) {
    case JsonType::kObject:
      if (ValueOf(value_).get_object().get(object) != simdjson::SUCCESS) return raw;
      if (object.raw_json().get(raw) != simdjson::SUCCESS) return {};
      return Trim(raw);
    case JsonType::kArray:
      if (ValueOf(value_).get_array().get(array) != simdjson::SUCCESS) return raw;
      if (array.raw_json().get(raw) != simdjson::SUCCESS) return {};
      return Trim(raw);
    default:
      return Token();
  }
}

std::optional<std::string_view> JsonValue::String() const {
  const std::string_view token = Token();
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (std::memchr(inside.data(), '\\', inside.size()) == nullptr) return inside;
  JsonParser::State& state = StateOf(parser_);
  state.unescaped.resize(token.size() + simdjson::SIMDJSON_PADDING);
  ondemand::raw_json_string raw;
  if (ValueOf(value_).get_raw_json_string().get(raw) != simdjson::SUCCESS) return std::nullopt;
  std::uint8_t* destination = state.unescaped.data();
  std::string_view result;
  if (state.parser.unescape(raw, destination).get(result) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return result;
}

JsonWalk JsonValue::ForEachField(
    FunctionRef<bool(std::string_view key, JsonValue value)> visit) const {
  JsonParser::State& state = StateOf(parser_);
  ondemand::object object;
  if (auto error = ValueOf(value_).get_object().get(object)) return Malformed(state, error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return Malformed(state, error);
    auto key = Verbatim(field.key().raw(), state.end);
    if (!key) {
      std::string_view unescaped;
      if (auto error = field.unescaped_key().get(unescaped)) return Malformed(state, error);
      key = unescaped;
    }
    ondemand::value value = field.value();
    if (!visit(*key, JsonValue(&value, parser_))) return JsonWalk::kStopped;
  }
  return JsonWalk::kDone;
}

JsonWalk JsonValue::ForEachElement(
    FunctionRef<bool(std::size_t index, JsonValue value)> visit) const {
  JsonParser::State& state = StateOf(parser_);
  ondemand::array array;
  if (auto error = ValueOf(value_).get_array().get(array)) return Malformed(state, error);
  std::size_t index = 0;
  for (auto result : array) {
    ondemand::value value;
    if (auto error = std::move(result).get(value)) return Malformed(state, error);
    if (!visit(index++, JsonValue(&value, parser_))) return JsonWalk::kStopped;
  }
  return JsonWalk::kDone;
}

JsonParser::JsonParser() : state_(std::make_unique<State>()) {}
JsonParser::~JsonParser() = default;

JsonWalk JsonParser::Read(std::string_view text, FunctionRef<bool(JsonValue)> visit) {
  State& state = *state_;
  state.problem = {};
  state.end = text.data() + text.size();
  ondemand::document document;
  if (auto error =
          state.parser.iterate(text.data(), text.size(), text.size() + kPadding).get(document)) {
    return Malformed(state, error);
  }
  ondemand::value value;
  if (auto error = document.get_value().get(value)) return Malformed(state, error);
  return visit(JsonValue(&value, state_.get())) ? JsonWalk::kDone : JsonWalk::kStopped;
}

std::string_view JsonParser::problem() const { return state_->problem; }

}  // namespace berth::api
