#include "scheduler/kube/json_cursor.h"

#include <bitset>
#include <nlohmann/json.hpp>

namespace berth::kube {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool EndsScalar(char c) {
  return IsSpace(c) || c == ',' || c == '}' || c == ']' || c == ':' || c == '"' || c == '{' ||
         c == '[';
}

}  // namespace

char JsonCursor::Peek() {
  std::size_t i = 0;
  while (i < rest_.size() && IsSpace(rest_[i])) ++i;
  rest_.remove_prefix(i);
  return rest_.empty() ? '\0' : rest_.front();
}

bool JsonCursor::EnterObject() {
  if (failed_ || Peek() != '{') {
    failed_ = true;
    return false;
  }
  rest_.remove_prefix(1);
  first_ = true;
  return true;
}

std::optional<std::string_view> JsonCursor::NextKey() {
  if (failed_) return std::nullopt;
  char next = Peek();
  if (next == '}') {
    rest_.remove_prefix(1);
    first_ = false;  // back in the object around it, of which a value has just ended
    return std::nullopt;
  }
  if (!first_) {
    if (next != ',') return Fail();
    rest_.remove_prefix(1);
    next = Peek();
  }
  first_ = false;
  const std::string_view start = rest_;
  if (next != '"' || !SkipString()) return Fail();
  const std::string_view key = start.substr(1, start.size() - rest_.size() - 2);
  if (Peek() != ':') return Fail();
  rest_.remove_prefix(1);
  return key;
}

std::optional<std::string_view> JsonCursor::SkipValue() {
  if (failed_) return std::nullopt;
  const char next = Peek();
  const std::string_view start = rest_;
  const bool skipped = next == '"'                  ? SkipString()
                       : next == '{' || next == '[' ? SkipNested()
                                                    : SkipScalar();
  if (!skipped) return Fail();
  return start.substr(0, start.size() - rest_.size());
}

bool JsonCursor::AtEnd() { return !failed_ && Peek() == '\0' && rest_.empty(); }

bool JsonCursor::SkipString() {
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      rest_.remove_prefix(i + 1);
      return true;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return false;
    }
  }
  return false;
}

// Only brackets and strings are looked at.
bool JsonCursor::SkipNested() {
  std::bitset<kMaxDepth> is_object;
  std::size_t depth = 0;
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (c == '"') {
      if (!SkipString()) return false;
      continue;
    }
    rest_.remove_prefix(1);
    if (c == '{' || c == '[') {
      if (depth == kMaxDepth) return false;
      is_object[depth++] = c == '{';
    } else if (c == '}' || c == ']') {
      if (is_object[--depth] != (c == '}')) return false;
      if (depth == 0) return true;
    }
  }
  return false;
}

bool JsonCursor::SkipScalar() {
  std::size_t i = 0;
  while (i < rest_.size() && !EndsScalar(rest_[i])) ++i;
  rest_.remove_prefix(i);
  return i > 0;
}

bool IsJsonValue(std::string_view text) {
  JsonCursor cursor(text);
  return cursor.SkipValue() && cursor.AtEnd();
}

std::optional<std::string> JsonText(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  if (value.find('\\') == std::string_view::npos) {
    return std::string(value.substr(1, value.size() - 2));
  }
  const auto parsed = nlohmann::json::parse(value, nullptr, false);
  if (!parsed.is_string()) return std::nullopt;
  return parsed.get<std::string>();
}

}  // namespace berth::kube
