#include "scheduler/cel/lexer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr std::array<std::string_view, 27> kPunctuation = {
    "==", "!=", "<=", ">=", "&&", "||", ".?", "[?", "<", ">", "!", "+", "-", "*",
    "/",  "%",  "?",  ":",  ".",  ",",  "(",  ")",  "[", "]", "{", "}", "@"};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Tokens Run() {
    while (true) {
      SkipBlanks();
      Token token;
      token.offset = at_;
      if (at_ == source_.size()) {
        out_.tokens.push_back(token);
        return std::move(out_);
      }
      if (!Read(token)) {
        const std::size_t end = std::min(at_ + 1, source_.size());
        const std::string_view bad = source_.substr(token.offset, end - token.offset);
        out_.issues.push_back(
            {token.offset, "Syntax error: token recognition error at: '" + std::string(bad) + "'"});
        return std::move(out_);
      }
      token.text = source_.substr(token.offset, at_ - token.offset);
      out_.tokens.push_back(std::move(token));
    }
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  std::string_view Rest() const { return source_.substr(at_); }

  void SkipBlanks() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (Rest().starts_with("//")) {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else {
        return;
      }
    }
  }

  bool Read(Token& token) {
    if (const auto prefix = StringPrefix()) return ReadString(*prefix, token);
    if (IsLetter(Peek())) return ReadIdentifier(token);
    if (IsDigit(Peek()) || (Peek() == '.' && IsDigit(Peek(1)))) return ReadNumber(token);
    if (Peek() == '`') return ReadQuotedIdentifier(token);
    for (const std::string_view mark : kPunctuation) {
      if (mark == "@" || !Rest().starts_with(mark)) continue;
      token.kind = TokenKind::kPunctuation;
      at_ += mark.size();
      return true;
    }
    return false;
  }

  bool ReadIdentifier(Token& token) {
    token.kind = TokenKind::kIdentifier;
    while (IsLetter(Peek()) || IsDigit(Peek())) ++at_;
    return true;
  }

  bool ReadQuotedIdentifier(Token& token) {
    token.kind = TokenKind::kQuotedIdentifier;
    const std::size_t start = ++at_;
    while (IsLetter(Peek()) || IsDigit(Peek()) || Peek() == '.' || Peek() == '-' || Peek() == '/' ||
           Peek() == ' ') {
      ++at_;
    }
    if (Peek() != '`' || at_ == start) return false;
    token.value = Value::String(std::string(source_.substr(start, at_ - start)));
    ++at_;
    return true;
  }

  // ---- Numbers ----

  bool ReadNumber(Token& token) {
    token.kind = TokenKind::kLiteral;
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X') && IsHexDigit(Peek(2))) {
      at_ += 2;
      const std::size_t start = at_;
      while (IsHexDigit(Peek())) ++at_;
      return TakeInteger(source_.substr(start, at_ - start), 16, token);
    }
    const std::size_t start = at_;
    while (IsDigit(Peek())) ++at_;
    bool is_double = false;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      is_double = true;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    if (const std::size_t exponent = ExponentLength(); exponent > 0) {
      is_double = true;
      at_ += exponent;
    }
    const std::string_view digits = source_.substr(start, at_ - start);
    return is_double ? TakeDouble(digits, token) : TakeInteger(digits, 10, token);
  }

  std::size_t ExponentLength() const {
    if (Peek() != 'e' && Peek() != 'E') return 0;
    std::size_t length = Peek(1) == '+' || Peek(1) == '-' ? 2 : 1;
    if (!IsDigit(Peek(length))) return 0;
    while (IsDigit(Peek(length))) ++length;
    return length;
  }

  bool TakeInteger(std::string_view digits, int base, Token& token) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    token.too_large = read.ec != std::errc();
    if (Peek() == 'u' || Peek() == 'U') {
      ++at_;
      token.value = Value::Uint(value);
      return true;
    }
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
    token.value = Value::Int(static_cast<std::int64_t>(value));
    token.too_large |= value >= kLimit;
    // Left as -2^63, which is what it is behind a minus sign.
    if (value > kLimit) token.value = Value::Int(0);
    return true;
  }

  static bool TakeDouble(std::string_view digits, Token& token) {
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec == std::errc::result_out_of_range) {
      // Too small is 0, as in Go; too large is refused.
      const bool small = digits.find("e-") != std::string_view::npos ||
                         digits.find("E-") != std::string_view::npos;
      token.too_large = !small;
      value = 0;
    }
    token.value = Value::Double(value);
    return true;
  }

  // ---- Strings ----

  struct Prefix {
    std::size_t length;
    bool raw;
    bool bytes;
  };

  // Letters r and b (either case, any order, each once) right before a quotation mark.
  std::optional<Prefix> StringPrefix() const {
    Prefix prefix{0, false, false};
    for (; prefix.length < 3; ++prefix.length) {
      const char c = Peek(prefix.length);
      if (c == '"' || c == '\'') return prefix;
      bool& flag = c == 'r' || c == 'R' ? prefix.raw : prefix.bytes;
      if ((c != 'r' && c != 'R' && c != 'b' && c != 'B') || flag) return std::nullopt;
      flag = true;
    }
    return std::nullopt;
  }

  bool ReadString(const Prefix& prefix, Token& token) {
    at_ += prefix.length;
    const char mark = Peek();
    const bool triple = Peek(1) == mark && Peek(2) == mark;
    const std::string closing(triple ? 3 : 1, mark);
    at_ += closing.size();
    std::string text;
    while (!Rest().starts_with(closing)) {
      if (at_ >= source_.size() || (!triple && (Peek() == '\n' || Peek() == '\r'))) return false;
      if (Peek() == '\\' && !prefix.raw) {
        if (!ReadEscape(prefix.bytes, text)) return false;
      } else if (Peek() == '\r' && triple) {
        // Line ends are normalised, as the specification asks for.
        at_ += Peek(1) == '\n' ? 2 : 1;
        text += '\n';
      } else {
        text += source_[at_++];
      }
    }
    at_ += closing.size();
    token.kind = TokenKind::kLiteral;
    token.value = prefix.bytes ? Value::OfBytes(std::move(text)) : Value::String(std::move(text));
    return true;
  }

  bool ReadEscape(bool bytes, std::string& text) {
    static constexpr std::string_view kLetters = "abfnrtv\\\"'`?";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"'`?";
    const char letter = Peek(1);
    if (const auto which = kLetters.find(letter);
        which != std::string_view::npos && letter != '\0') {
      text += kMeanings[which];
      at_ += 2;
      return true;
    }
    if (letter == 'x' || letter == 'X') return ReadCode(2, 2, 16, bytes, text);
    if (letter == 'u' && !bytes) return ReadCode(2, 4, 16, false, text);
    if (letter == 'U' && !bytes) return ReadCode(2, 8, 16, false, text);
    if (letter >= '0' && letter <= '3') return ReadCode(1, 3, 8, bytes, text);
    return false;
  }

  bool ReadCode(std::size_t skip, std::size_t length, int base, bool bytes, std::string& text) {
    if (at_ + skip + length > source_.size()) return false;
    const char* begin = source_.data() + at_ + skip;
    std::uint32_t code = 0;
    const auto read = std::from_chars(begin, begin + length, code, base);
    if (read.ec != std::errc() || read.ptr != begin + length) return false;
    if (bytes) {
      text += static_cast<char>(code);
    } else if (!AppendCodePoint(code, text)) {
      return false;
    }
    at_ += skip + length;
    return true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  Tokens out_;
};

}  // namespace

Tokens Tokenize(std::string_view source) { return Lexer(source).Run(); }

}  // namespace berth::cel
