#include "scheduler/serve/target.h"

#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace berth::serve {
namespace {

base::Result<void> AppendParameter(std::string_view text, NamesAndValues& query) {
  if (text.empty()) return {};
  const auto equals = text.find('=');
  const auto raw = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  BERTH_ASSIGN(auto name, Unescape(text.substr(0, equals), true));
  BERTH_ASSIGN(auto value, Unescape(raw, true));
  query.emplace_back(std::move(name), std::move(value));
  return {};
}

}  // namespace

base::Result<std::string> Unescape(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
      continue;
    }
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned byte = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, byte, 16);
    if (digits.size() < 2 || read.ec != std::errc() || read.ptr != end) {
      return base::Fail("invalid escape in the URL");
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

base::Result<void> ParseTarget(std::string_view target, HttpRequest& request) {
  // A proxy may send the whole URL.
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const auto path = target.find('/', target.find("://") + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  if (!target.starts_with('/')) return base::Fail("the path must start with \"/\"");
  const auto question = target.find('?');
  BERTH_ASSIGN(request.path, Unescape(target.substr(0, question), false));
  if (question == std::string_view::npos) return {};
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    BERTH_TRY(AppendParameter(rest.substr(0, end), request.query));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace berth::serve
