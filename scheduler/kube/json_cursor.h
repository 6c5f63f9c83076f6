// A walk over JSON text that stops as soon as it has found what it came for: for the few fields of
// an answer that the client itself needs, while the objects in it go to somebody else as text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace berth::kube {

// Forward only. Brackets and quotes are checked on the way, the inside of numbers and words is not.
// After a failure every call fails. Not thread-safe.
class JsonCursor {
 public:
  static constexpr std::size_t kMaxDepth = 256;

  explicit JsonCursor(std::string_view text) : rest_(text) {}

  // Steps behind the '{' of an object, if that is what comes next.
  bool EnterObject();
  // The next key of the object that was entered last, as it stands in the text between its quotes;
  // nullopt at the end of the object, and after a failure. Its value has to be entered or skipped
  // before the next call.
  std::optional<std::string_view> NextKey();
  // The value that comes next, as it stands in the text; nullopt after a failure.
  std::optional<std::string_view> SkipValue();
  // True if nothing but white space is left.
  bool AtEnd();

  bool failed() const { return failed_; }

 private:
  char Peek();  // the next character that is not white space; 0 at the end
  bool SkipString();
  bool SkipNested();
  bool SkipScalar();
  std::nullopt_t Fail() {
    failed_ = true;
    return std::nullopt;
  }

  std::string_view rest_;
  bool failed_ = false;
  bool first_ = false;  // nothing of the current object has been read yet
};

// One value with balanced brackets, not deeper than JsonCursor::kMaxDepth, and nothing behind it.
bool IsJsonValue(std::string_view text);

// The string that a value stands for, escapes resolved; nullopt if it is not a string.
std::optional<std::string> JsonText(std::string_view value);

}  // namespace berth::kube
