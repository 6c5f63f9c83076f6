// Who is who, by what they show.
#include "scheduler/serve/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/certificates.h"
#include "tests/serve/test_clock.h"

namespace berth::serve {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::shared_ptr<ClientCa> CaOf(const CertificateAndKey& ca) {
  return ClientCa::FromPem(PemOf(ca)).value();
}

class AuthenticationTest : public testing::Test {
 protected:
  // What the API server answers to reviews from now on, and what it was asked last.
  PostReview Review() {
    return [this](const std::string& body, const std::function<void(int, std::string)>& done) {
      ++reviews_;
      asked_ = body;
      done(status_, answer_);
    };
  }

  AuthenticationConfig Config() {
    AuthenticationConfig config;
    config.client_ca = CaOf(client_ca_);
    config.front_proxy.ca = CaOf(proxy_ca_);
    config.front_proxy.allowed_names = {"aggregator"};
    config.front_proxy.uid_headers = {"x-remote-uid"};
    return config;
  }

  std::optional<User> Who(Authenticator& authenticator, const HttpRequest& request) {
    std::optional<User> who;
    int calls = 0;
    authenticator.Authenticate(request, [&](std::optional<User> user) {
      who = std::move(user);
      ++calls;
    });
    EXPECT_EQ(calls, 1);
    return who;
  }
  std::optional<User> Who(const HttpRequest& request) {
    Authenticator authenticator(clock_, Config(), {.review = Review()});
    return Who(authenticator, request);
  }

  static HttpRequest Bearer(const std::string& token) {
    return {.headers = {{"Authorization", "Bearer " + token}}};
  }

  const CertificateAndKey client_ca_ = MakeCa("clients");
  const CertificateAndKey proxy_ca_ = MakeCa("proxies");
  TestClock clock_;
  int reviews_ = 0;
  std::string asked_;
  int status_ = 201;
  std::string answer_ = R"({"status":{"authenticated":true,"user":{"username":"robot","uid":"7",
      "groups":["robots"],"extra":{"scopes":["a","b"]}}}})";
};

TEST_F(AuthenticationTest, WhoShowsNothingIsAnonymous) {
  const auto user = Who({});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->name, "system:anonymous");
  EXPECT_THAT(user->groups, ElementsAre("system:unauthenticated"));
  EXPECT_EQ(reviews_, 0);
}

TEST_F(AuthenticationTest, CertificatesNameUserAndGroups) {
  const auto user =
      Who({.certificates =
               Shown(MakeLeaf(client_ca_, {.common_name = "alice", .organisations = {"staff"}}))});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->name, "alice");
  EXPECT_THAT(user->groups, ElementsAre("staff", "system:authenticated"));
}

TEST_F(AuthenticationTest, CertificatesThatDoNotHoldMakeNobody) {
  const auto stranger = MakeCa("stranger");
  EXPECT_EQ(Who({.certificates = Shown(MakeLeaf(stranger, {.common_name = "alice"}))}),
            std::nullopt);
  EXPECT_EQ(
      Who({.certificates = Shown(MakeLeaf(client_ca_, {.common_name = "a", .expired = true}))}),
      std::nullopt);
}

TEST_F(AuthenticationTest, CertificatesSayNothingWithoutAnAuthority) {
  Authenticator authenticator(clock_, {}, {});
  const auto user =
      Who(authenticator, {.certificates = Shown(MakeLeaf(client_ca_, {.common_name = "alice"}))});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->name, "system:anonymous");
  // From now on there is one.
  authenticator.Configure(Config());
  EXPECT_EQ(
      Who(authenticator, {.certificates = Shown(MakeLeaf(client_ca_, {.common_name = "alice"}))})
          ->name,
      "alice");
}

TEST_F(AuthenticationTest, FrontProxiesSpeakForOthers) {
  const auto proxy = Shown(MakeLeaf(proxy_ca_, {.common_name = "aggregator"}));
  const auto user = Who({.headers = {{"X-Remote-User", "bob"},
                                     {"X-Remote-Uid", "42"},
                                     {"X-Remote-Group", "one"},
                                     {"X-Remote-Group", "two"},
                                     {"X-Remote-Extra-Acme%2FProject", "p"}},
                         .certificates = proxy});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->name, "bob");
  EXPECT_EQ(user->uid, "42");
  EXPECT_THAT(user->groups, ElementsAre("one", "two", "system:authenticated"));
  EXPECT_THAT(user->extra, ElementsAre(Pair("acme/project", ElementsAre("p"))));
}

TEST_F(AuthenticationTest, NobodyElseSpeaksForOthers) {
  const NamesAndValues headers = {{"X-Remote-User", "bob"}};
  EXPECT_EQ(Who({.headers = headers})->name, "system:anonymous");
  const auto client = Shown(MakeLeaf(client_ca_, {.common_name = "aggregator"}));
  EXPECT_EQ(Who({.headers = headers, .certificates = client})->name, "aggregator");
  const auto other = Shown(MakeLeaf(proxy_ca_, {.common_name = "impostor"}));
  EXPECT_EQ(Who({.headers = headers, .certificates = other}), std::nullopt);
}

TEST_F(AuthenticationTest, TokensAreReviewed) {
  const auto user = Who(Bearer("secret"));
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->name, "robot");
  EXPECT_EQ(user->uid, "7");
  EXPECT_THAT(user->groups, ElementsAre("robots", "system:authenticated"));
  EXPECT_THAT(user->extra, ElementsAre(Pair("scopes", ElementsAre("a", "b"))));
  EXPECT_EQ(asked_,
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
            "\"spec\":{\"token\":\"secret\"}}");
}

TEST_F(AuthenticationTest, TokensCountWhereACertificateDoesNotHold) {
  HttpRequest request = Bearer("secret");
  request.certificates = Shown(MakeLeaf(MakeCa("stranger"), {.common_name = "alice"}));
  EXPECT_EQ(Who(request)->name, "robot");
}

TEST_F(AuthenticationTest, TokensThatDoNotHoldMakeNobody) {
  answer_ = R"({"status":{"authenticated":false}})";
  EXPECT_EQ(Who(Bearer("wrong")), std::nullopt);
}

TEST_F(AuthenticationTest, ReviewsThatFailMakeNobodyAndAreTriedAgain) {
  Authenticator authenticator(clock_, Config(), {.review = Review()});
  const std::string good = answer_;
  for (const auto& [status, answer] : std::vector<std::pair<int, std::string>>{
           {0, "no route"},
           {403, ""},
           {201, "nonsense"},
           {201, "[]"},
           {201, "{}"},
           {201, R"({"status":{"authenticated":true}})"},
           {201, R"({"status":{"authenticated":true,"user":{"groups":7}}})"}}) {
    status_ = status;
    answer_ = answer;
    EXPECT_EQ(Who(authenticator, Bearer("secret")), std::nullopt) << answer;
  }
  status_ = 200;
  answer_ = good;
  EXPECT_EQ(Who(authenticator, Bearer("secret"))->name, "robot");
}

TEST_F(AuthenticationTest, ReviewsAreGoodForAWhile) {
  Authenticator authenticator(clock_, Config(), {.review = Review(), .time_to_live = 10s});
  Who(authenticator, Bearer("secret"));
  clock_.Advance(9999ms);
  EXPECT_EQ(Who(authenticator, Bearer("secret"))->name, "robot");
  EXPECT_EQ(reviews_, 1);
  EXPECT_EQ(Who(authenticator, Bearer("another"))->name, "robot");
  EXPECT_EQ(reviews_, 2);
  clock_.Advance(1ms);
  answer_ = R"({"status":{"authenticated":false}})";
  EXPECT_EQ(Who(authenticator, Bearer("secret")), std::nullopt);
  EXPECT_EQ(Who(authenticator, Bearer("secret")), std::nullopt);
  EXPECT_EQ(reviews_, 3);
}

TEST_F(AuthenticationTest, TokensSayNothingIfNobodyReviewsThem) {
  Authenticator authenticator(clock_, Config(), {});
  EXPECT_EQ(Who(authenticator, Bearer("secret"))->name, "system:anonymous");
}

TEST_F(AuthenticationTest, OtherSchemesAreNoTokens) {
  EXPECT_EQ(Who({.headers = {{"Authorization", "Basic YTpi"}}})->name, "system:anonymous");
  EXPECT_EQ(Who({.headers = {{"Authorization", "Bearer"}}})->name, "system:anonymous");
  EXPECT_EQ(Who({.headers = {{"Authorization", "bearer   secret "}}})->name, "robot");
  EXPECT_THAT(asked_, HasSubstr("\"secret\""));
}

TEST_F(AuthenticationTest, ReviewsMayComeBackLate) {
  std::function<void(int, std::string)> done;
  std::optional<User> who;
  {
    Authenticator authenticator(
        clock_, {},
        {.review = [&](const std::string&, std::function<void(int, std::string)> later) {
          done = std::move(later);
        }});
    authenticator.Authenticate(Bearer("secret"),
                               [&](std::optional<User> user) { who = std::move(user); });
  }
  done(201, answer_);
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->name, "robot");
}

}  // namespace
}  // namespace berth::serve
