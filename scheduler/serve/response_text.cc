#include "scheduler/serve/response_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <string_view>

namespace berth::serve {
namespace {

std::string DateText(std::int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text;
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

void AppendHeader(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  out += ": ";
  const auto start = out.size();
  out += value;
  // A line of its own would be a header of its own.
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n'; }, ' ');
  out += "\r\n";
}

}  // namespace

std::string HeaderText(const HttpResponse& response, const Framing& framing) {
  const auto status = static_cast<unsigned>(response.status);
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\n";
  AppendHeader("Cache-Control", "no-cache, private", out);
  AppendHeader("Content-Type", response.content_type, out);
  AppendHeader("X-Content-Type-Options", "nosniff", out);
  AppendHeader("Date", DateText(framing.unix_seconds), out);
  AppendHeader("Content-Length", std::to_string(response.body.size()), out);
  for (const auto& [name, value] : response.headers) AppendHeader(name, value, out);
  if (framing.close) {
    AppendHeader("Connection", "close", out);
  } else if (framing.old) {
    AppendHeader("Connection", "keep-alive", out);
  }
  out += "\r\n";
  return out;
}

}  // namespace berth::serve
