#include "scheduler/serve/authorization.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "scheduler/serve/expiring_cache.h"

namespace berth::serve {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostDecisions = 8192;

bool Covers(std::string_view rule, std::string_view path) {
  if (rule.ends_with('*')) return path.starts_with(rule.substr(0, rule.size() - 1));
  return rule == path;
}

std::string AccessReview(const User& user, const HttpRequest& request) {
  Json spec = {{"nonResourceAttributes", {{"path", request.path}, {"verb", VerbOf(request)}}},
               {"user", user.name}};
  if (!user.uid.empty()) spec["uid"] = user.uid;
  if (!user.groups.empty()) spec["groups"] = user.groups;
  if (!user.extra.empty()) spec["extra"] = user.extra;
  const Json review = {{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SubjectAccessReview"},
                       {"spec", std::move(spec)}};
  return review.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<AccessDecision> ReadReview(int status, const std::string& body) {
  if (status < 200 || status > 299) {
    return base::Fail(status == 0 ? body : "the API server answered " + std::to_string(status));
  }
  try {
    const Json result = Json::parse(body).at("status");
    return AccessDecision{
        .allowed = result.value("allowed", false) && !result.value("denied", false),
        .reason = result.value("reason", "")};
  } catch (const Json::exception& error) {
    return base::Fail(std::string("malformed SubjectAccessReview: ") + error.what());
  }
}

}  // namespace

struct Authorizer::State {
  State(const base::Clock& clock, AuthorizationOptions with)
      : options(std::move(with)), known(clock, kMostDecisions) {}

  const AuthorizationOptions options;
  ExpiringCache<AccessDecision> known;  // by the text of the review
};

Authorizer::Authorizer(const base::Clock& clock, AuthorizationOptions options)
    : state_(std::make_shared<State>(clock, std::move(options))) {}

Authorizer::~Authorizer() = default;

void Authorizer::Authorize(const User& user, const HttpRequest& request, Done done) {
  const AuthorizationOptions& options = state_->options;
  const bool is_master = std::ranges::find(user.groups, "system:masters") != user.groups.end();
  const bool is_open = std::ranges::any_of(
      options.always_allow_paths, [&](const auto& rule) { return Covers(rule, request.path); });
  if (is_master || is_open) return done(AccessDecision{.allowed = true});
  if (!options.review) return done(AccessDecision{.allowed = false});
  std::string review = AccessReview(user, request);
  if (auto known = state_->known.Find(review)) return done(*std::move(known));
  const std::string key = review;
  options.review(std::move(review), [state = state_, key, done = std::move(done)](
                                        int status, const std::string& body) {
    auto decision = ReadReview(status, body);
    if (decision) {
      state->known.Put(key, *decision,
                       decision->allowed ? state->options.allowed_time_to_live
                                         : state->options.denied_time_to_live);
    }
    done(std::move(decision));
  });
}

std::string VerbOf(const HttpRequest& request) {
  std::string verb = request.method;
  for (char& c : verb) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return verb;
}

}  // namespace berth::serve
