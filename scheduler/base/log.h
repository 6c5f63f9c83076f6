// Structured logs on standard error, as Kubernetes' components write them: a message that is always
// the same words, and fields that say what it is about.
//
//   base::log::Info(2, "Attempting to bind pod to node", {{"pod", pod.Key()}, {"node", node}});
//
//   I1121 18:24:16.123456    4711 binding.cc:42] "Attempting to bind pod to node" pod="a/b"
//   node="n"
//   {"ts":1795285456123.456,"caller":"binding.cc:42","msg":"Attempting ...","v":2,"pod":"a/b",...}
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

namespace berth::base::log {

enum class Format : std::uint8_t { kText, kJson };

struct Options {
  Format format = Format::kText;
  int verbosity = 0;  // -v
};

// Before the first thread that logs is started; without it, the defaults hold.
void Configure(const Options& options);
// At any time, from any thread.
void SetVerbosity(int verbosity);
int Verbosity();
// For what is costly to put into words.
inline bool Enabled(int verbosity) { return verbosity <= Verbosity(); }

// A name and what it stands for. Lives as long as the call.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(value) {}
  Field(std::string_view key, bool value)
      : key_(key), value_(value ? "true" : "false"), quoted_(false) {}
  template <std::integral T>
  Field(std::string_view key, T value) : key_(key), value_(std::to_string(value)), quoted_(false) {}
  Field(std::string_view key, double value);

  std::string_view key() const { return key_; }
  const std::string& value() const { return value_; }
  bool quoted() const { return quoted_; }  // text, rather than a number or a truth value

 private:
  std::string_view key_;
  std::string value_;
  bool quoted_ = true;
};
using Fields = std::initializer_list<Field>;

// Thread-safe. Nothing is written above the verbosity: 0 is for everybody, 2 for what operators
// want to know, 4 and more for developers.
void Info(int verbosity, std::string_view message, Fields fields = {},
          std::source_location where = std::source_location::current());
void Warning(std::string_view message, Fields fields = {},
             std::source_location where = std::source_location::current());
// `error` may be empty.
void Error(std::string_view error, std::string_view message, Fields fields = {},
           std::source_location where = std::source_location::current());

}  // namespace berth::base::log
