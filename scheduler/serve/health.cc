#include "scheduler/serve/health.h"

#include <algorithm>
#include <set>
#include <utility>

#include "scheduler/base/log.h"

namespace berth::serve {
namespace {

std::string Quoted(const std::set<std::string_view>& names) {
  std::string text;
  for (const auto name : names) {
    if (!text.empty()) text += ", ";
    text += '"';
    text += name;
    text += '"';
  }
  return text;
}

}  // namespace

HealthCheck Ping() {
  return {.name = "ping", .check = [] { return base::Result<void>(); }};
}

HealthEndpoint::HealthEndpoint(std::string name, std::vector<HealthCheck> checks,
                               HealthObserver observe)
    : name_(std::move(name)), checks_(std::move(checks)), observe_(std::move(observe)) {}

HttpResponse HealthEndpoint::AnswerAll(const HttpRequest& request) const {
  const auto asked = request.Parameters("exclude");
  std::set<std::string_view> excluded(asked.begin(), asked.end());
  std::string lines;
  bool failed = false;
  for (const HealthCheck& check : checks_) {
    if (excluded.erase(check.name) > 0) {
      lines += "[+]" + check.name + " excluded: ok\n";
      continue;
    }
    const auto result = check.check();
    if (observe_) observe_(check.name, name_, result.has_value());
    if (result) {
      lines += "[+]" + check.name + " ok\n";
      continue;
    }
    failed = true;
    lines += "[-]" + check.name + " failed: reason withheld\n";
    base::log::Info(
        2, "Health check failed",
        {{"endpoint", name_}, {"check", check.name}, {"err", result.error().message()}});
  }
  if (!excluded.empty()) {
    lines +=
        "warn: some health checks cannot be excluded: no matches for " + Quoted(excluded) + "\n";
  }
  if (failed) return ErrorResponse(500, lines + name_ + " check failed");
  if (!request.HasParameter("verbose")) return {.body = "ok"};
  return {.body = lines + name_ + " check passed\n"};
}

HttpResponse HealthEndpoint::AnswerOne(const HttpRequest& request) const {
  const std::string prefix = "/" + name_ + "/";
  const auto check = std::ranges::find_if(
      checks_, [&](const HealthCheck& known) { return request.path == prefix + known.name; });
  if (check == checks_.end()) return ErrorResponse(404, "404 page not found");
  const auto result = check->check();
  if (result) return {.body = "ok"};
  return ErrorResponse(500, "internal server error: " + result.error().message());
}

}  // namespace berth::serve
