#include "scheduler/serve/authentication.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/base/result.h"
#include "scheduler/serve/expiring_cache.h"
#include "scheduler/serve/target.h"

namespace berth::serve {
namespace {

using Json = nlohmann::json;
// What one way of telling who it is comes to: a user, nothing to go by, or something wrong.
using Verdict = base::Result<std::optional<User>>;

constexpr std::size_t kMostTokens = 4096;

User Anonymous() { return {.name = "system:anonymous", .groups = {"system:unauthenticated"}}; }

User Authenticated(User user) {
  constexpr auto kGroup = "system:authenticated";
  if (std::ranges::find(user.groups, kGroup) == user.groups.end()) user.groups.emplace_back(kGroup);
  return user;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view FirstOf(const HttpRequest& request, const std::vector<std::string>& headers) {
  for (const auto& header : headers) {
    if (const auto value = request.Header(header); !value.empty()) return value;
  }
  return "";
}

void TakeExtra(const HttpRequest& request, const std::vector<std::string>& prefixes, User& user) {
  for (const auto& [name, value] : request.headers) {
    const std::string header = LowerCase(name);
    for (const auto& prefix : prefixes) {
      if (prefix.empty() || !header.starts_with(LowerCase(prefix))) continue;
      const std::string key = header.substr(prefix.size());
      user.extra[Unescape(key, false).value_or(key)].push_back(value);
      break;
    }
  }
}

Verdict AskFrontProxy(const FrontProxy& proxy, const HttpRequest& request) {
  if (proxy.ca == nullptr || request.certificates == nullptr) return std::nullopt;
  BERTH_ASSIGN(const Subject subject, proxy.ca->Verify(*request.certificates));
  const auto& allowed = proxy.allowed_names;
  if (!allowed.empty() && std::ranges::find(allowed, subject.common_name) == allowed.end()) {
    return base::Fail("\"" + subject.common_name + "\" is not among the allowed front proxies");
  }
  User user{.name = std::string(FirstOf(request, proxy.username_headers))};
  if (user.name.empty()) return std::nullopt;
  user.uid = FirstOf(request, proxy.uid_headers);
  for (const auto& header : proxy.group_headers) {
    for (const auto group : request.Headers(header)) user.groups.emplace_back(group);
  }
  TakeExtra(request, proxy.extra_prefixes, user);
  return user;
}

Verdict AskCertificate(ClientCa* ca, const HttpRequest& request) {
  if (ca == nullptr || request.certificates == nullptr) return std::nullopt;
  BERTH_ASSIGN(Subject subject, ca->Verify(*request.certificates));
  if (subject.common_name.empty()) return std::nullopt;
  return User{.name = std::move(subject.common_name), .groups = std::move(subject.organisations)};
}

// "" if there is none.
std::string BearerToken(const HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view header = request.Header("authorization");
  if (LowerCase(header.substr(0, kScheme.size())) != kScheme) return "";
  std::string_view token = header.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return std::string(token);
}

// Tokens themselves are not kept.
std::string KeyOf(const std::string& token) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string TokenReview(const std::string& token) {
  const Json review = {{"apiVersion", "authentication.k8s.io/v1"},
                       {"kind", "TokenReview"},
                       {"spec", {{"token", token}}}};
  return review.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Nothing for a token that does not hold; an error if the review itself has failed.
Verdict ReadReview(int status, const std::string& body) {
  if (status < 200 || status > 299) {
    return base::Fail(status == 0 ? body : "the API server answered " + std::to_string(status));
  }
  try {
    const Json result = Json::parse(body).at("status");
    if (!result.value("authenticated", false)) return std::nullopt;
    const Json& from = result.at("user");
    User user{.name = from.value("username", ""), .uid = from.value("uid", "")};
    if (const auto groups = from.find("groups"); groups != from.end() && !groups->is_null()) {
      groups->get_to(user.groups);
    }
    if (const auto extra = from.find("extra"); extra != from.end() && !extra->is_null()) {
      extra->get_to(user.extra);
    }
    return user;
  } catch (const Json::exception& error) {
    return base::Fail(std::string("malformed TokenReview: ") + error.what());
  }
}

}  // namespace

struct Authenticator::State {
  State(const base::Clock& clock, AuthenticationConfig with, TokenOptions options)
      : config(std::move(with)), tokens(std::move(options)), known(clock, kMostTokens) {}

  AuthenticationConfig Config() {
    const std::scoped_lock lock(mutex);
    return config;
  }

  std::mutex mutex;
  AuthenticationConfig config;  // guarded by mutex
  const TokenOptions tokens;
  ExpiringCache<std::optional<User>> known;
};

Authenticator::Authenticator(const base::Clock& clock, AuthenticationConfig config,
                             TokenOptions tokens)
    : state_(std::make_shared<State>(clock, std::move(config), std::move(tokens))) {}

Authenticator::~Authenticator() = default;

void Authenticator::Configure(AuthenticationConfig config) {
  const std::scoped_lock lock(state_->mutex);
  state_->config = std::move(config);
}

void Authenticator::Authenticate(const HttpRequest& request, Done done) {
  const AuthenticationConfig config = state_->Config();
  std::string wrong;
  for (Verdict verdict : {AskFrontProxy(config.front_proxy, request),
                          AskCertificate(config.client_ca.get(), request)}) {
    if (!verdict) {
      wrong = verdict.error().message();
    } else if (*verdict) {
      return done(Authenticated(**std::move(verdict)));
    }
  }
  const std::string token = BearerToken(request);
  if (token.empty() || !state_->tokens.review) {
    if (wrong.empty()) return done(Anonymous());
    base::log::Info(1, "Cannot authenticate a request",
                    {{"client", request.peer_address}, {"err", wrong}});
    return done(std::nullopt);
  }
  const std::string key = KeyOf(token);
  if (const auto known = state_->known.Find(key)) return done(*known);
  state_->tokens.review(TokenReview(token), [state = state_, key, done = std::move(done)](
                                                int status, const std::string& body) {
    const Verdict verdict = ReadReview(status, body);
    if (!verdict) {
      base::log::Error(verdict.error().message(), "Cannot have a token reviewed");
      return done(std::nullopt);
    }
    std::optional<User> user;
    if (*verdict) user = Authenticated(**verdict);
    state->known.Put(key, user, state->tokens.time_to_live);
    done(std::move(user));
  });
}

}  // namespace berth::serve
