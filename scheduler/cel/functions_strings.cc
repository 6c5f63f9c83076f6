// Functions of strings: CEL's own, the extension `strings`, Kubernetes' find and findAll.
#include <re2/re2.h>

#include <algorithm>
#include <limits>

#include "scheduler/cel/library.h"
#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

using base::Fail;

// ---- CEL's own ----

Outcome Contains(Args a) {
  return Value::Bool(a[0].as_string().find(a[1].as_string()) != std::string::npos);
}
Outcome StartsWith(Args a) { return Value::Bool(a[0].as_string().starts_with(a[1].as_string())); }
Outcome EndsWith(Args a) { return Value::Bool(a[0].as_string().ends_with(a[1].as_string())); }

// The program of an expression may not take more memory than this.
constexpr std::int64_t kRegexBytes = std::int64_t{1} << 20;

// In the words of Go's regexp, which has RE2's syntax.
std::string_view NameOf(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    default:
      return "expression too large";
  }
}

base::Result<std::unique_ptr<re2::RE2>> CompileRegex(const std::string& text) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kRegexBytes);
  auto regex = std::make_unique<re2::RE2>(text, options);
  if (regex->ok()) return regex;
  const std::string& part = regex->error_arg();
  return Fail("error parsing regexp: " + std::string(NameOf(regex->error_code())) +
              (part.empty() ? "" : ": `" + part + "`"));
}

Outcome Matches(Args a) {
  BERTH_ASSIGN(const auto regex, CompileRegex(a[1].as_string()));
  return Value::Bool(re2::RE2::PartialMatch(a[0].as_string(), *regex));
}

Outcome FindFirst(Args a) {
  BERTH_ASSIGN(const auto regex, CompileRegex(a[1].as_string()));
  re2::StringPiece found;
  const re2::StringPiece text(a[0].as_string());
  if (!regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
    return Value::String("");
  }
  return Value::String(std::string(found.data(), found.size()));
}

Outcome FindUpTo(Args a, std::int64_t limit) {
  BERTH_ASSIGN(const auto regex, CompileRegex(a[1].as_string()));
  const re2::StringPiece text(a[0].as_string());
  List matches;
  std::size_t at = 0;
  while (at <= text.size() && (limit < 0 || static_cast<std::int64_t>(matches.size()) < limit)) {
    re2::StringPiece found;
    if (!regex->Match(text, at, text.size(), re2::RE2::UNANCHORED, &found, 1)) break;
    matches.push_back(Value::String(std::string(found.data(), found.size())));
    at = static_cast<std::size_t>(found.data() - text.data()) +
         std::max<std::size_t>(found.size(), 1);
  }
  return Value::OfList(std::move(matches));
}
Outcome FindAll(Args a) { return FindUpTo(a, -1); }
Outcome FindAllLimited(Args a) { return FindUpTo(a, a[2].as_int()); }

// ---- The extension ----

std::unexpected<base::Error> OutOfRange(std::int64_t index) {
  return Fail("index out of range: " + std::to_string(index));
}

Outcome CharAt(Args a) {
  const std::string& text = a[0].as_string();
  const auto offsets = CodePointOffsets(text);
  const std::int64_t index = a[1].as_int();
  const auto count = static_cast<std::int64_t>(offsets.size()) - 1;
  if (index < 0 || index > count) return OutOfRange(index);
  if (index == count) return Value::String("");
  const auto at = static_cast<std::size_t>(index);
  return Value::String(text.substr(offsets[at], offsets[at + 1] - offsets[at]));
}

// The code point index of a byte offset.
std::int64_t PositionOf(const std::vector<std::size_t>& offsets, std::size_t byte) {
  return std::ranges::lower_bound(offsets, byte) - offsets.begin();
}

Outcome IndexFrom(const std::string& text, const std::string& part, std::int64_t from) {
  const auto offsets = CodePointOffsets(text);
  const auto count = static_cast<std::int64_t>(offsets.size()) - 1;
  if (from < 0) return OutOfRange(from);
  if (part.empty()) return Value::Int(from);
  if (from > count) return Value::Int(-1);
  const auto found = text.find(part, offsets[static_cast<std::size_t>(from)]);
  return Value::Int(found == std::string::npos ? -1 : PositionOf(offsets, found));
}
Outcome IndexOfString(Args a) { return IndexFrom(a[0].as_string(), a[1].as_string(), 0); }
Outcome IndexOfStringFrom(Args a) {
  return IndexFrom(a[0].as_string(), a[1].as_string(), a[2].as_int());
}

Outcome LastIndexOfString(Args a) {
  const std::string& text = a[0].as_string();
  const auto found = text.rfind(a[1].as_string());
  if (found == std::string::npos) return Value::Int(-1);
  return Value::Int(PositionOf(CodePointOffsets(text), found));
}
Outcome LastIndexOfStringFrom(Args a) {
  const std::string& text = a[0].as_string();
  const auto offsets = CodePointOffsets(text);
  const std::int64_t from = a[2].as_int();
  if (from < 0) return OutOfRange(from);
  if (from >= static_cast<std::int64_t>(offsets.size())) return Value::Int(-1);
  if (a[1].as_string().empty()) return Value::Int(from);
  const auto found = text.rfind(a[1].as_string(), offsets[static_cast<std::size_t>(from)]);
  return Value::Int(found == std::string::npos ? -1 : PositionOf(offsets, found));
}

Outcome LowerAscii(Args a) {
  std::string text = a[0].as_string();
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return Value::String(std::move(text));
}
Outcome UpperAscii(Args a) {
  std::string text = a[0].as_string();
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return Value::String(std::move(text));
}

// With an empty `old`, before every code point and at the end, as Go does.
base::Result<std::string> Replaced(const std::string& text, const std::string& old,
                                   const std::string& with, std::int64_t limit) {
  std::string result;
  std::size_t at = 0;
  for (std::int64_t count = 0; limit < 0 || count < limit; ++count) {
    std::size_t found = at;
    if (old.empty()) {
      std::string_view rest = std::string_view(text).substr(at);
      if (count > 0) {
        if (rest.empty()) break;
        TakeCodePoint(rest);
        found = text.size() - rest.size();
      }
    } else {
      found = text.find(old, at);
      if (found == std::string::npos) break;
    }
    result.append(text, at, found - at).append(with);
    if (result.size() > kMaxResultBytes) return Fail("the string is too long");
    at = found + old.size();
  }
  return result + text.substr(at);
}
Outcome ReplaceUpTo(Args a, std::int64_t limit) {
  BERTH_ASSIGN(std::string result,
               Replaced(a[0].as_string(), a[1].as_string(), a[2].as_string(), limit));
  return Value::String(std::move(result));
}
Outcome Replace(Args a) { return ReplaceUpTo(a, -1); }
Outcome ReplaceLimited(Args a) { return ReplaceUpTo(a, a[3].as_int()); }

Outcome SplitUpTo(Args a, std::int64_t limit) {
  const std::string& text = a[0].as_string();
  const std::string& separator = a[1].as_string();
  List parts;
  if (limit == 0) return Value::OfList({});
  std::size_t at = 0;
  const auto is_last = [&] {
    return limit > 0 && static_cast<std::int64_t>(parts.size()) + 1 >= limit;
  };
  if (separator.empty()) {
    const auto offsets = CodePointOffsets(text);
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
      const std::size_t end = is_last() ? text.size() : offsets[i + 1];
      parts.push_back(Value::String(text.substr(offsets[i], end - offsets[i])));
      if (end == text.size()) break;
    }
    return Value::OfList(std::move(parts));
  }
  while (!is_last()) {
    const auto found = text.find(separator, at);
    if (found == std::string::npos) break;
    parts.push_back(Value::String(text.substr(at, found - at)));
    at = found + separator.size();
  }
  parts.push_back(Value::String(text.substr(at)));
  return Value::OfList(std::move(parts));
}
Outcome Split(Args a) { return SplitUpTo(a, -1); }
Outcome SplitLimited(Args a) { return SplitUpTo(a, a[2].as_int()); }

Outcome SubstringFrom(Args a) {
  const auto offsets = CodePointOffsets(a[0].as_string());
  const std::int64_t from = a[1].as_int();
  if (from < 0 || from >= static_cast<std::int64_t>(offsets.size())) return OutOfRange(from);
  return Value::String(a[0].as_string().substr(offsets[static_cast<std::size_t>(from)]));
}
Outcome SubstringBetween(Args a) {
  const auto offsets = CodePointOffsets(a[0].as_string());
  const std::int64_t from = a[1].as_int();
  const std::int64_t to = a[2].as_int();
  if (from > to) {
    return Fail("invalid substring range. start: " + std::to_string(from) +
                ", end: " + std::to_string(to));
  }
  const auto count = static_cast<std::int64_t>(offsets.size()) - 1;
  if (from < 0 || from > count) return OutOfRange(from);
  if (to < 0 || to > count) return OutOfRange(to);
  const std::size_t start = offsets[static_cast<std::size_t>(from)];
  return Value::String(
      a[0].as_string().substr(start, offsets[static_cast<std::size_t>(to)] - start));
}

// Unicode's White_Space.
bool IsSpace(std::uint32_t code) {
  return (code >= 0x09 && code <= 0x0d) || code == 0x20 || code == 0x85 || code == 0xa0 ||
         code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
         code == 0x202f || code == 0x205f || code == 0x3000;
}

Outcome Trim(Args a) {
  const std::string_view text = a[0].as_string();
  std::size_t begin = text.size();
  std::size_t end = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    if (IsSpace(TakeCodePoint(rest))) continue;
    begin = std::min(begin, at);
    end = text.size() - rest.size();
  }
  return Value::String(begin < end ? std::string(text.substr(begin, end - begin)) : "");
}

Outcome JoinWith(const Value& list, const std::string& separator) {
  std::string joined;
  bool first = true;
  for (const Value& element : list.as_list()) {
    if (!element.is(TypeKind::kString)) return Fail("no such overload");
    if (!first) joined += separator;
    first = false;
    joined += element.as_string();
    if (joined.size() > kMaxResultBytes) return Fail("the string is too long");
  }
  return Value::String(std::move(joined));
}
Outcome Join(Args a) { return JoinWith(a[0], ""); }
Outcome JoinSeparated(Args a) { return JoinWith(a[0], a[1].as_string()); }

Outcome Quote(Args a) {
  static constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string quoted = "\"";
  for (std::string_view rest = a[0].as_string(); !rest.empty();) {
    const std::uint32_t code = TakeCodePoint(rest);
    const auto which = code < 128 ? kSpecial.find(static_cast<char>(code)) : std::string_view::npos;
    if (which == std::string_view::npos) {
      AppendCodePoint(code, quoted);
    } else {
      quoted += '\\';
      quoted += kLetters[which];
    }
  }
  return Value::String(quoted + "\"");
}

Outcome FormatString(Args a) { return Format(a[0].as_string(), a[1].as_list()); }

constexpr FunctionRow kRows[] = {
    {"contains", "string", "string", "bool", Contains},
    {"startsWith", "string", "string", "bool", StartsWith},
    {"endsWith", "string", "string", "bool", EndsWith},
    {"matches", "string", "string", "bool", Matches},
    {"matches", "", "string, string", "bool", Matches},
    {"find", "string", "string", "string", FindFirst},
    {"findAll", "string", "string", "list(string)", FindAll},
    {"findAll", "string", "string, int", "list(string)", FindAllLimited},
    {"charAt", "string", "int", "string", CharAt},
    {"indexOf", "string", "string", "int", IndexOfString},
    {"indexOf", "string", "string, int", "int", IndexOfStringFrom},
    {"lastIndexOf", "string", "string", "int", LastIndexOfString},
    {"lastIndexOf", "string", "string, int", "int", LastIndexOfStringFrom},
    {"lowerAscii", "string", "", "string", LowerAscii},
    {"upperAscii", "string", "", "string", UpperAscii},
    {"replace", "string", "string, string", "string", Replace},
    {"replace", "string", "string, string, int", "string", ReplaceLimited},
    {"split", "string", "string", "list(string)", Split},
    {"split", "string", "string, int", "list(string)", SplitLimited},
    {"substring", "string", "int", "string", SubstringFrom},
    {"substring", "string", "int, int", "string", SubstringBetween},
    {"trim", "string", "", "string", Trim},
    {"join", "list(string)", "", "string", Join},
    {"join", "list(string)", "string", "string", JoinSeparated},
    {"format", "string", "list(dyn)", "string", FormatString},
    {"strings.quote", "", "string", "string", Quote},
};

}  // namespace

std::span<const FunctionRow> StringFunctions() { return kRows; }

}  // namespace berth::cel
