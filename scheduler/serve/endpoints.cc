#include "scheduler/serve/endpoints.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace berth::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNotMeantForMachines =
    "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility "
    "guarantees and is for debugging purposes only.\n";

HttpResponse JsonResponse(std::string body) {
  return {.body = std::move(body), .content_type = "application/json"};
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

HttpResponse Scrape(metrics::Registry& registry, const HttpRequest& request) {
  const auto format = metrics::FormatFor(request.Header("accept"));
  return {.body = registry.Text(format), .content_type = std::string(ContentType(format))};
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Representation {
  std::string json_version = {};  // "" for text
};

bool Has(const std::vector<std::string_view>& parts, const std::string& parameter) {
  return std::ranges::find(parts, parameter) != parts.end();
}

// The first entry of Accept that we can do; nothing if there is none.
std::optional<Representation> ChooseRepresentation(const HttpRequest& request,
                                                   const std::string& kind) {
  const std::string_view accept = request.Header("accept");
  if (accept.empty()) return Representation{};
  for (const auto entry : Split(accept, ',')) {
    const auto parts = Split(entry, ';');
    const std::string_view type = parts.front();
    if (type == "*/*" || type == "text/*" || type == "text/plain") return Representation{};
    if (type != "application/json" || !Has(parts, "as=" + kind) || !Has(parts, "g=config.k8s.io")) {
      continue;
    }
    for (const char* version : {"v1beta1", "v1alpha1"}) {
      if (Has(parts, std::string("v=") + version)) return Representation{version};
    }
  }
  return std::nullopt;
}

Json ObjectOf(const std::string& kind, const std::string& version, const std::string& name) {
  return {
      {"kind", kind}, {"apiVersion", "config.k8s.io/" + version}, {"metadata", {{"name", name}}}};
}

// Text with its header, or JSON, or 406.
HttpResponse Represent(const HttpRequest& request, const std::string& kind,
                       const std::string& component, const std::function<std::string()>& text,
                       const std::function<void(Json&)>& fill) {
  const auto chosen = ChooseRepresentation(request, kind);
  if (!chosen) return ErrorResponse(406, "none of the media types asked for can be given");
  if (chosen->json_version.empty()) {
    std::string lower = kind;
    lower.front() = static_cast<char>(lower.front() - 'A' + 'a');
    return {.body = "\n" + component + " " + lower + "\n" + std::string(kNotMeantForMachines) +
                    "\n" + text()};
  }
  Json object = ObjectOf(kind, chosen->json_version, component);
  fill(object);
  HttpResponse response = JsonResponse(Dump(object));
  if (chosen->json_version == "v1alpha1") {
    response.headers.emplace_back(
        "Warning", "299 - \"config.k8s.io/v1alpha1 " + kind + " is deprecated, use v1beta1\"");
  }
  return response;
}

std::string TimeText(std::int64_t nanoseconds) {
  const auto seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

HttpResponse Statusz(const HttpRequest& request, const StatuszInfo& info,
                     const std::vector<std::string>& paths, std::int64_t now) {
  const std::string start = TimeText(info.start_wall_nanoseconds);
  const std::int64_t up = (now - info.start_wall_nanoseconds) / 1'000'000'000;
  const auto text = [&] {
    std::string out = "Started: " + start + "\nUp: " + std::to_string(up) +
                      "s\nBinary version: " + info.binary_version + "\n";
    if (!info.emulation_version.empty()) {
      out += "Emulation version: " + info.emulation_version + "\n";
    }
    out += "Paths:";
    for (const auto& path : paths) out += " " + path;
    return out + "\n";
  };
  const auto fill = [&](Json& object) {
    object["startTime"] = start;
    object["uptimeSeconds"] = up;
    object["goVersion"] = "";
    object["binaryVersion"] = info.binary_version;
    if (!info.emulation_version.empty()) object["emulationVersion"] = info.emulation_version;
    object["paths"] = paths;
  };
  return Represent(request, "Statusz", info.component, text, fill);
}

HttpResponse SetVerbosity(const HttpRequest& request, const std::function<void(int)>& set) {
  std::string_view text = request.body;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  int verbosity = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), verbosity);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return ErrorResponse(400, "the body must be a number, the level of verbosity");
  }
  set(verbosity);
  return {.body = "successfully set klog.logging.verbosity to " + std::to_string(verbosity)};
}

}  // namespace

void AddMetrics(Router& router, const std::string& path, metrics::Registry& registry) {
  router.Add("GET", path, Immediately([&registry](const HttpRequest& request) {
               return Scrape(registry, request);
             }));
  router.Add("DELETE", path, Immediately([&registry](const HttpRequest&) {
               registry.Reset();
               return HttpResponse{.body = "metrics reset\n"};
             }));
}

void AddHealth(Router& router, std::shared_ptr<const HealthEndpoint> endpoint) {
  const std::string path = "/" + endpoint->name();
  router.Add("GET", path, Immediately([endpoint](const HttpRequest& request) {
               return endpoint->AnswerAll(request);
             }));
  router.AddBelow("GET", path + "/", Immediately([endpoint](const HttpRequest& request) {
                    return endpoint->AnswerOne(request);
                  }));
}

void AddConfigz(Router& router, std::function<std::string()> json) {
  router.Add("GET", "/configz", Immediately([json = std::move(json)](const HttpRequest&) {
               return JsonResponse(json());
             }));
}

void AddVerbosity(Router& router, std::function<void(int)> set) {
  router.Add("PUT", "/debug/flags/v",
             Immediately([set = std::move(set)](const HttpRequest& request) {
               return SetVerbosity(request, set);
             }));
}

void AddFlagz(Router& router, const std::string& component,
              std::map<std::string, std::string> flags) {
  router.Add("GET", "/flagz",
             Immediately([component, flags = std::move(flags)](const HttpRequest& request) {
               const auto text = [&] {
                 std::string out;
                 for (const auto& [name, value] : flags) out += name + "=" + value + "\n";
                 return out;
               };
               const auto fill = [&](Json& object) { object["flags"] = flags; };
               return Represent(request, "Flagz", component, text, fill);
             }));
}

void AddStatusz(Router& router, const base::Clock& clock, StatuszInfo info) {
  const auto paths = router.Paths();
  router.Add("GET", "/statusz",
             Immediately([&clock, paths, info = std::move(info)](const HttpRequest& request) {
               return Statusz(request, info, paths, clock.WallNanoseconds());
             }));
}

}  // namespace berth::serve
