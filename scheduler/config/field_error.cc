#include "scheduler/config/field_error.h"

namespace berth::config {
namespace {

// A value longer than this says nothing more in an error.
constexpr std::size_t kMaxQuotedBytes = 200;

std::string Hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// The longest prefix of at most `bytes` that does not cut a UTF-8 sequence.
std::string_view Prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

std::string Quoted(std::string_view text) {
  const std::string_view shown = Prefix(text, kMaxQuotedBytes);
  std::string out = "\"";
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += Hex(byte);
    } else {
      out += c;
    }
  }
  if (shown.size() < text.size()) out += "...";
  return out + "\"";
}

std::unexpected<base::Error> FieldError(std::string_view path, std::string_view detail) {
  const base::Error error{std::string(detail)};
  return std::unexpected(path.empty() ? error : error.Within(path));
}

std::unexpected<base::Error> InvalidValue(std::string_view path, std::int64_t value,
                                          std::string_view detail) {
  return FieldError(path, "Invalid value: " + std::to_string(value) + ": " + std::string(detail));
}

std::unexpected<base::Error> InvalidValue(std::string_view path, std::string_view value,
                                          std::string_view detail) {
  return FieldError(path, "Invalid value: " + Quoted(value) + ": " + std::string(detail));
}

std::unexpected<base::Error> RequiredValue(std::string_view path, std::string_view detail) {
  std::string text = "Required value";
  if (!detail.empty()) text.append(": ").append(detail);
  return FieldError(path, text);
}

std::unexpected<base::Error> UnsupportedValue(std::string_view path, std::string_view value,
                                              std::span<const std::string_view> supported) {
  std::string text = "Unsupported value: " + Quoted(value) + ": supported values: ";
  for (std::size_t i = 0; i < supported.size(); ++i) {
    if (i > 0) text += ", ";
    text += Quoted(supported[i]);
  }
  return FieldError(path, text);
}

std::unexpected<base::Error> DuplicateValue(std::string_view path, std::string_view value) {
  return FieldError(path, "Duplicate value: " + Quoted(value));
}

std::unexpected<base::Error> ForbiddenValue(std::string_view path, std::string_view detail) {
  return FieldError(path, "Forbidden: " + std::string(detail));
}

}  // namespace berth::config
