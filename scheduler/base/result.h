// Failures as values. Exceptions of libraries are caught where they arise and become an Error; none
// crosses a folder. The verdict on a node or a pod is not an Error: see framework/status.h.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace berth::base {

// What went wrong, in one sentence for a person. Callers add where it happened with Within().
class Error {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  const std::string& message() const { return message_; }

  // "WHERE: message", read from the outside in: file, object, field.
  Error Within(std::string_view where) const { return Error(std::string(where) + ": " + message_); }

  friend bool operator==(const Error&, const Error&) = default;

 private:
  std::string message_;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(std::string message) {
  return std::unexpected(Error(std::move(message)));
}

}  // namespace berth::base

// Evaluates an expression of type Result<void> (or any Result) and hands a failure to the caller.
#define BERTH_TRY(expression)                                      \
  do {                                                             \
    if (auto berth_try_result = (expression); !berth_try_result)   \
      return std::unexpected(std::move(berth_try_result).error()); \
  } while (false)

#define BERTH_CONCAT_INNER(a, b) a##b
#define BERTH_CONCAT(a, b) BERTH_CONCAT_INNER(a, b)

// BERTH_ASSIGN(auto x, F()); declares x from the value of a Result or hands its failure on.
#define BERTH_ASSIGN_INNER(temporary, declaration, expression)          \
  auto temporary = (expression);                                        \
  if (!temporary) return std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define BERTH_ASSIGN(declaration, expression) \
  BERTH_ASSIGN_INNER(BERTH_CONCAT(berth_result_, __LINE__), declaration, expression)
