#include "scheduler/config/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scheduler/config/yaml_scalar.h"

namespace berth::config {
namespace {

using base::Error;
using base::Result;

constexpr std::string_view kTooDeep = "nested too deeply";
constexpr std::string_view kTooLarge = "has too many values (or aliases that multiply)";

std::size_t CountValues(const Value& value) {
  std::size_t count = 1;
  if (const auto* list = value.As<Value::List>()) {
    for (const Value& item : *list) count += CountValues(item);
  } else if (const auto* map = value.As<Value::Map>()) {
    for (const auto& [key, item] : *map) count += 1 + CountValues(item);
  }
  return count;
}

// Puts a document together from begin, end and scalar events; both parsers feed it.
class Builder {
 public:
  // nullptr when all is well, else what is wrong.
  const char* Begin(Value container) {
    if (stack_.size() >= kMaxDocumentDepth) return kTooDeep.data();
    stack_.push_back({std::move(container), {}, false});
    return Count(1);
  }

  // The finished container; whoever keeps a copy of it reports that with Count().
  const Value& End() {
    Value done = std::move(stack_.back().value);
    stack_.pop_back();
    return Attach(std::move(done));
  }

  const char* Add(Value value, std::size_t values) {
    Attach(std::move(value));
    return Count(values);
  }

  void Key(std::string key) {
    stack_.back().key = std::move(key);
    stack_.back().has_key = true;
  }

  // Inside a map and the next scalar is a key.
  bool WantsKey() const {
    return !stack_.empty() && stack_.back().value.As<Value::Map>() != nullptr &&
           !stack_.back().has_key;
  }

  const char* Count(std::size_t values) {
    values_ += values;
    return values_ > kMaxDocumentValues ? kTooLarge.data() : nullptr;
  }

  Value& root() { return root_; }

 private:
  struct Open {
    Value value;
    std::string key;
    bool has_key = false;
  };

  const Value& Attach(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return root_;
    }
    Open& open = stack_.back();
    if (auto* list = std::get_if<Value::List>(&open.value.data)) {
      return list->emplace_back(std::move(value));
    }
    auto& map = std::get<Value::Map>(open.value.data);
    open.has_key = false;
    return map.emplace_back(std::move(open.key), std::move(value)).value;
  }

  std::vector<Open> stack_;
  Value root_;
  std::size_t values_ = 0;
};

// ---- YAML ----

class YamlEvents : public YAML::EventHandler {
 public:
  explicit YamlEvents(Builder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Scalar(mark, anchor, Value(), "null");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Scalar(mark, anchor, tag == "?" ? ResolvePlainScalar(text) : Value{text}, text);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) Refuse(mark, "an alias within the value that it names");
    if (builder_.WantsKey()) Refuse(mark, "an alias as a key");
    Check(mark, builder_.Add(it->second, CountValues(it->second)));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, anchor, Value{Value::List()});
  }
  void OnSequenceEnd() override { End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, anchor, Value{Value::Map()});
  }
  void OnMapEnd() override { End(); }

 private:
  [[noreturn]] static void Refuse(const YAML::Mark& mark, const char* what) {
    throw YAML::ParserException(mark, what);
  }
  static void Check(const YAML::Mark& mark, const char* what) {
    if (what != nullptr) Refuse(mark, what);
  }

  void Scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Value value, const std::string& text) {
    if (builder_.WantsKey()) {
      builder_.Key(text);
      return;
    }
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    Check(mark, builder_.Add(std::move(value), 1));
  }

  void Begin(const YAML::Mark& mark, YAML::anchor_t anchor, Value container) {
    if (builder_.WantsKey()) Refuse(mark, "a list or a map as a key");
    open_.push_back({anchor, mark});
    Check(mark, builder_.Begin(std::move(container)));
  }

  void End() {
    const Value& done = builder_.End();
    const Open open = open_.back();
    open_.pop_back();
    if (open.anchor == YAML::NullAnchor) return;
    anchors_[open.anchor] = done;
    Check(open.mark, builder_.Count(CountValues(done)));
  }

  struct Open {
    YAML::anchor_t anchor;
    YAML::Mark mark;
  };

  Builder& builder_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;  // finished values only: an alias cannot make a cycle
};

std::string At(int line, int column) {
  return "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1);
}

Result<Value> ParseYaml(std::string_view text) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    YamlEvents events(builder);
    if (!parser.HandleNextDocument(events)) return base::Fail("the document is empty");
    Builder rest;
    YamlEvents rest_events(rest);
    if (parser.HandleNextDocument(rest_events) && !rest.root().IsNull()) {
      return base::Fail("holds more than one document");
    }
    return std::move(builder.root());
  } catch (const YAML::Exception& e) {
    return std::unexpected(Error(At(e.mark.line, e.mark.column) + ": " + e.msg));
  }
}

// ---- JSON ----

class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonEvents(Builder& builder) : builder_(builder) {}

  bool null() override { return Add(Value()); }
  bool boolean(bool value) override { return Add(Value{value}); }
  bool number_integer(number_integer_t value) override { return Add(Value{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Add(Value{static_cast<std::int64_t>(value)});
    }
    return Add(Value{static_cast<double>(value)});
  }
  bool number_float(number_float_t value, const string_t&) override { return Add(Value{value}); }
  bool string(string_t& value) override { return Add(Value{std::move(value)}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Check(builder_.Begin(Value{Value::Map()})); }
  bool key(string_t& value) override {
    builder_.Key(std::move(value));
    return true;
  }
  bool end_object() override {
    builder_.End();
    return true;
  }
  bool start_array(std::size_t) override { return Check(builder_.Begin(Value{Value::List()})); }
  bool end_array() override { return end_object(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& e) override {
    error_position_ = position;
    error_ = e.what();
    return false;
  }

  const std::string& error() const { return error_; }
  std::size_t error_position() const { return error_position_; }

 private:
  bool Add(Value value) { return Check(builder_.Add(std::move(value), 1)); }
  bool Check(const char* what) {
    if (what == nullptr) return true;
    error_ = what;
    return false;
  }

  Builder& builder_;
  std::string error_;
  std::size_t error_position_ = 0;
};

// The library's text without its "[json.exception...] parse error at line 1, column 2: " head.
std::string JsonReason(const std::string& what) {
  const auto colon = what.find(": ");
  return what.starts_with('[') && colon != std::string::npos ? what.substr(colon + 2) : what;
}

std::string PlaceOf(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position > 0 ? position - 1 : 0);
  int line = 0;
  std::size_t line_begin = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != '\n') continue;
    ++line;
    line_begin = i + 1;
  }
  return At(line, static_cast<int>(before.size() - line_begin));
}

Result<Value> ParseJson(std::string_view text) {
  Builder builder;
  JsonEvents events(builder);
  if (nlohmann::json::sax_parse(text, &events)) return std::move(builder.root());
  const Error error(JsonReason(events.error()));
  if (events.error_position() == 0) return std::unexpected(error);
  return std::unexpected(error.Within(PlaceOf(text, events.error_position())));
}

}  // namespace

Result<Value> ParseDocument(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) return base::Fail("larger than 4 MiB");
  if (text.find('\0') != std::string_view::npos) return base::Fail("not text: holds a zero byte");
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return base::Fail("the document is empty");
  return text[first] == '{' ? ParseJson(text) : ParseYaml(text);
}

}  // namespace berth::config
