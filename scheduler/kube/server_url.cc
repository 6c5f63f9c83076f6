#include "scheduler/kube/server_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "scheduler/base/check.h"

namespace berth::kube {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string Part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  std::string value(text);
  curl_free(text);
  return value;
}

bool HasPart(const Url& url, CURLUPart part) { return !Part(url, part).empty(); }

bool IsPlain(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; }

}  // namespace

base::Result<std::string> NormalServerUrl(const std::string& url, bool tls) {
  if (url.empty()) return base::Fail("Required value");
  if (!std::ranges::all_of(url, IsPlain)) return base::Fail("white space in a URL");
  std::string full =
      url.find("://") != std::string::npos ? url : (tls ? "https://" : "http://") + url;
  while (full.ends_with('/')) full.pop_back();
  const Url parsed(curl_url());
  BERTH_CHECK(parsed != nullptr);
  const CURLUcode code =
      curl_url_set(parsed.get(), CURLUPART_URL, full.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return base::Fail("not a URL: " + std::string(curl_url_strerror(code)));
  const std::string scheme = Part(parsed, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return base::Fail("neither http nor https: " + url);
  if (HasPart(parsed, CURLUPART_QUERY) || HasPart(parsed, CURLUPART_FRAGMENT)) {
    return base::Fail("a server's URL has neither '?' nor '#'");
  }
  if (HasPart(parsed, CURLUPART_USER) || HasPart(parsed, CURLUPART_PASSWORD)) {
    return base::Fail("a user and password do not belong into the URL");
  }
  return full;
}

ServerAddress ParseServerUrl(const std::string& url) {
  const Url parsed(curl_url());
  BERTH_CHECK(parsed != nullptr);
  BERTH_CHECK(curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK);
  ServerAddress address;
  address.tls = Part(parsed, CURLUPART_SCHEME) == "https";
  address.host = Part(parsed, CURLUPART_HOST);
  address.port = Part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  address.path = Part(parsed, CURLUPART_PATH);
  if (address.path == "/") address.path.clear();
  return address;
}

std::string ServerAddress::Authority() const {
  const bool usual = port == (tls ? "443" : "80");
  return usual ? host : host + ":" + port;
}

}  // namespace berth::kube
