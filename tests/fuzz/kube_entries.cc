#include "tests/fuzz/kube_entries.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scheduler/base/check.h"
#include "scheduler/kube/credential.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/kube/server_url.h"
#include "scheduler/kube/watch_line.h"

namespace berth::fuzz {
namespace {

using nlohmann::json;

std::vector<std::string> Lines(std::string_view bytes, std::size_t piece) {
  kube::LineSplitter splitter;
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const auto fed = splitter.Feed(bytes.substr(0, piece), [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
    if (!fed) break;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return lines;
}

// A JSON parser may resolve escapes and take the last of two fields of a name; for the rest, what
// is an event to the scanner is one to the parser, if it is JSON at all.
void CompareWithParser(const std::string& line) {
  const auto scanned = kube::ReadWatchLine(line);
  if (!scanned || line.find('\\') != std::string::npos) return;
  const json parsed = json::parse(line, nullptr, false);
  if (parsed.is_discarded()) return;
  BERTH_CHECK(parsed.is_object() && parsed.contains("type"));
  const json object = json::parse(scanned->object, nullptr, false);
  BERTH_CHECK(object.is_object());
  BERTH_CHECK(parsed["object"] == object);
}

}  // namespace

void TryKubeconfig(std::string_view text) {
  const auto config = kube::ParseKubeconfig(text, "input", "/folder");
  if (!config) {
    BERTH_CHECK(config.error().message().starts_with("input: "));
  } else {
    BERTH_CHECK(!kube::ParseServerUrl(config->server).host.empty());
    if (config->exec) BERTH_CHECK(json::accept(kube::ExecInfo(*config)));
  }
  (void)kube::ParseExecCredential(text, "client.authentication.k8s.io/v1");
}

void TryWatch(std::string_view bytes) {
  const std::vector<std::string> lines = Lines(bytes, std::max<std::size_t>(bytes.size(), 1));
  BERTH_CHECK(lines == Lines(bytes, 1) && lines == Lines(bytes, 7));
  for (const std::string& line : lines) CompareWithParser(line);
  const auto list = kube::ReadListMetadata(bytes);
  BERTH_CHECK(!list || !list->resource_version.empty());
}

}  // namespace berth::fuzz
