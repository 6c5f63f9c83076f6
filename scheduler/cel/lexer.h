// CEL text as tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cel/value.h"

namespace berth::cel {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,
  kQuotedIdentifier,  // `with-dashes`, behind a dot only
  kLiteral,           // a number, a string or bytes
  kPunctuation,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t offset = 0;  // in bytes
  std::string_view text;   // as it stands in the source
  Value value;             // of a literal
  bool too_large = false;  // a number that no value of its type holds: -2^63 can still be right

  bool Is(std::string_view punctuation) const {
    return kind == TokenKind::kPunctuation && text == punctuation;
  }
};

// A mistake at one place of the source.
struct Issue {
  std::size_t offset = 0;
  std::string message;
};

struct Tokens {
  std::vector<Token> tokens;  // the last one is kEnd
  std::vector<Issue> issues;  // if any, the tokens are of no use
};

// The views in the tokens point into `source`, which has to be UTF-8.
Tokens Tokenize(std::string_view source);

}  // namespace berth::cel
