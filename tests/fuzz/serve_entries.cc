#include "tests/fuzz/serve_entries.h"

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/base/check.h"
#include "scheduler/serve/request_parser.h"

namespace berth::fuzz {
namespace {

// Small, so that inputs reach them.
constexpr serve::MessageLimits kLimits = {.header_bytes = 512, .body_bytes = 256};

std::string TextOf(const serve::HttpRequest& request) {
  std::string text = request.method + " " + request.path + "\n";
  for (const auto& [name, value] : request.query) text += "?" + name + "=" + value + "\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
  return text + "\n" + request.body;
}

// Every request until the client is refused.
std::vector<std::string> Hear(std::string_view bytes, std::size_t piece) {
  using State = serve::RequestParser::State;
  serve::RequestParser parser(kLimits);
  std::vector<std::string> heard;
  while (!bytes.empty()) {
    State state = parser.Feed(bytes.substr(0, piece));
    while (state == State::kComplete) {
      BERTH_CHECK(parser.HasStarted());
      heard.push_back(TextOf(parser.Take()));
      BERTH_CHECK(heard.back().size() <= 4 * (kLimits.header_bytes + kLimits.body_bytes));
      state = parser.Feed("");
    }
    if (state == State::kRefused) {
      BERTH_CHECK(parser.refusal().status >= 400 && parser.refusal().status < 600);
      break;
    }
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return heard;
}

}  // namespace

void TryHttpRequests(std::string_view bytes) {
  const std::vector<std::string> at_once = Hear(bytes, bytes.size());
  const std::vector<std::string> slowly = Hear(bytes, 1);
  const std::size_t both = std::min(at_once.size(), slowly.size());
  BERTH_CHECK(std::equal(at_once.begin(), at_once.begin() + static_cast<std::ptrdiff_t>(both),
                         slowly.begin()));
}

}  // namespace berth::fuzz
