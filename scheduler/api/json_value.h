// A forward-only view of JSON text, over simdjson On-Demand, whose headers stay in json_value.cc.
//
// Values are looked at in the order of the text and at most once; what is not looked at is skipped.
// Nothing is copied: strings are views of the text unless they hold escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

namespace berth::api {

// A reference to a callable that outlives the call it is passed to; never null.
template <typename Signature>
class FunctionRef;

template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
  FunctionRef(F&& callable)  // NOLINT(google-explicit-constructor): made to be passed a lambda
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::add_pointer_t<F>>(object))(static_cast<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(object_, static_cast<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

// JSON text has to be; a parser says so of its text only in general words.
bool IsUtf8(std::string_view text);

enum class JsonType : std::uint8_t { kObject, kArray, kString, kNumber, kBool, kNull, kMalformed };

// "an object", "a string" ... for messages.
std::string_view NameOf(JsonType type);

// How a walk over fields or elements ended: kStopped when a visitor returned false.
enum class JsonWalk : std::uint8_t { kDone, kStopped, kMalformed };

// One value while its parent is being walked. Valid only inside the visitor that received it.
class JsonValue {
 public:
  JsonType type() const;

  // nullopt: not a (well-formed) string. The view lasts until the next String() of this parser.
  std::optional<std::string_view> String() const;
  // The token of a scalar as it stands in the text; empty for objects and arrays.
  std::string_view Token() const;

  // An object or array as it stands in the text; the token of a scalar. Nothing else can be asked
  // of the value afterwards.
  std::string_view Raw() const;

  // For objects (ForEachField) and arrays (ForEachElement) only. Visitors get what they were asked
  // for in the order of the text; a key lasts as long as its visit.
  JsonWalk ForEachField(FunctionRef<bool(std::string_view key, JsonValue value)> visit) const;
  JsonWalk ForEachElement(FunctionRef<bool(std::size_t index, JsonValue value)> visit) const;

 private:
  friend class JsonParser;
  JsonValue(void* value, void* parser) : value_(value), parser_(parser) {}

  void* value_;   // a simdjson::ondemand::value on the stack of the walk
  void* parser_;  // JsonParser::State
};

// Reads one value after another with the same buffers. One thread at a time.
class JsonParser {
 public:
  // So many bytes behind the text must be readable (their content does not matter).
  static constexpr std::size_t kPadding = 64;

  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // Hands the one object or array in `text` to the visitor. What the visitor does not look at is
  // not checked beyond what finding its end takes.
  JsonWalk Read(std::string_view text, FunctionRef<bool(JsonValue)> visit);

  // After kMalformed: what is wrong, in a few words.
  std::string_view problem() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace berth::api
