#include "scheduler/report/page.h"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "scheduler/report/assets.h"
#include "scheduler/simulate/gzip.h"

namespace berth::report {
namespace {

// JSON may spell '<' in another way, which no reader of HTML takes for a tag.
std::string WithoutTags(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string EscapedText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      group = group << 8 | byte;
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      out += padding ? '=' : kDigits[group >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

base::Result<std::string> DataElement(std::string_view json) {
  if (json.size() <= kMaxPlainBytes) {
    return "<script type=\"application/json\" id=\"data\">" + WithoutTags(json) + "</script>";
  }
  if (json.size() > std::numeric_limits<std::uint32_t>::max()) {
    return base::Fail("a report of " + std::to_string(json.size()) + " bytes is too large");
  }
  BERTH_ASSIGN(const std::string packed, simulate::Gzip(json));
  return "<script type=\"text/plain\" id=\"data\" data-packed>" + Base64(packed) + "</script>";
}

std::string Joined(const std::vector<std::string_view>& texts) {
  std::string out;
  for (const auto text : texts) out += text;
  return out;
}

}  // namespace

base::Result<std::string> MakePage(std::string_view title, std::string_view json) {
  const Assets& assets = EmbeddedAssets();
  BERTH_ASSIGN(const std::string data, DataElement(json));
  const std::array<std::pair<std::string_view, std::string>, 6> parts = {
      {{"{{title}}", EscapedText(title)},
       {"{{style}}", std::string(assets.style)},
       {"{{licence}}", std::string(assets.licence)},
       {"{{d3}}", std::string(assets.d3)},
       {"{{data}}", data},
       {"{{script}}", Joined(assets.scripts)}}};
  // The places are in the page in this order, and nothing that was put in is looked at again.
  std::string page;
  std::string_view rest = assets.page;
  for (const auto& [place, text] : parts) {
    const auto at = rest.find(place);
    page += rest.substr(0, at);
    page += text;
    rest.remove_prefix(at + place.size());
  }
  page += rest;
  return page;
}

}  // namespace berth::report
