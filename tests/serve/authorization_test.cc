// Who may ask for what.
#include "scheduler/serve/authorization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/test_clock.h"

namespace berth::serve {
namespace {

using namespace std::chrono_literals;

class AuthorizationTest : public testing::Test {
 protected:
  AuthorizationOptions Options() {
    AuthorizationOptions options;
    options.review = [this](const std::string& body,
                            const std::function<void(int, std::string)>& done) {
      ++reviews_;
      asked_ = body;
      done(status_, answer_);
    };
    return options;
  }

  static base::Result<AccessDecision> Decide(Authorizer& authorizer, const User& user,
                                             const HttpRequest& request) {
    base::Result<AccessDecision> decided = base::Fail("nothing was decided");
    authorizer.Authorize(user, request,
                         [&](base::Result<AccessDecision> decision) { decided = decision; });
    return decided;
  }
  bool Allows(Authorizer& authorizer, const User& user, const std::string& path) {
    const auto decision = Decide(authorizer, user, {.path = path});
    return decision && decision->allowed;
  }

  TestClock clock_;
  int reviews_ = 0;
  std::string asked_;
  int status_ = 201;
  std::string answer_ = R"({"status":{"allowed":true}})";
};

TEST_F(AuthorizationTest, SomePathsAreOpenToAll) {
  AuthorizationOptions options;
  options.always_allow_paths = {"/healthz", "/open/*"};
  Authorizer authorizer(clock_, options);
  const User anyone{.name = "system:anonymous"};
  EXPECT_TRUE(Allows(authorizer, anyone, "/healthz"));
  EXPECT_TRUE(Allows(authorizer, anyone, "/open/door"));
  EXPECT_FALSE(Allows(authorizer, anyone, "/healthz/ping"));
  EXPECT_FALSE(Allows(authorizer, anyone, "/open"));
  EXPECT_FALSE(Allows(authorizer, anyone, "/metrics"));
}

TEST_F(AuthorizationTest, MastersMayDoEverything) {
  Authorizer authorizer(clock_, {});
  EXPECT_TRUE(Allows(authorizer, {.name = "a", .groups = {"b", "system:masters"}}, "/metrics"));
  EXPECT_FALSE(Allows(authorizer, {.name = "system:masters"}, "/metrics"));
}

TEST_F(AuthorizationTest, OthersAreReviewed) {
  Authorizer authorizer(clock_, Options());
  const auto decision =
      Decide(authorizer, {.name = "bob", .uid = "4", .groups = {"g"}, .extra = {{"k", {"v"}}}},
             {.method = "DELETE", .path = "/metrics"});
  ASSERT_TRUE(decision.has_value());
  EXPECT_TRUE(decision->allowed);
  EXPECT_EQ(asked_,
            "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":"
            "{\"extra\":{\"k\":[\"v\"]},\"groups\":[\"g\"],\"nonResourceAttributes\":{\"path\":"
            "\"/metrics\",\"verb\":\"delete\"},\"uid\":\"4\",\"user\":\"bob\"}}");
}

TEST_F(AuthorizationTest, DecisionsAreGoodForAWhile) {
  AuthorizationOptions options = Options();
  options.allowed_time_to_live = 10s;
  options.denied_time_to_live = 2s;
  Authorizer authorizer(clock_, options);
  EXPECT_TRUE(Allows(authorizer, {.name = "bob"}, "/metrics"));
  answer_ = R"({"status":{"allowed":false,"reason":"no rule"}})";
  EXPECT_TRUE(Allows(authorizer, {.name = "bob"}, "/metrics"));
  EXPECT_EQ(reviews_, 1);
  EXPECT_FALSE(Allows(authorizer, {.name = "bob"}, "/configz"));
  EXPECT_FALSE(Allows(authorizer, {.name = "eve"}, "/metrics"));
  EXPECT_EQ(reviews_, 3);
  answer_ = R"({"status":{"allowed":true}})";
  clock_.Advance(1999ms);
  const auto denied = Decide(authorizer, {.name = "eve"}, {.path = "/metrics"});
  ASSERT_TRUE(denied.has_value());
  EXPECT_FALSE(denied->allowed);
  EXPECT_EQ(denied->reason, "no rule");
  clock_.Advance(1ms);
  EXPECT_TRUE(Allows(authorizer, {.name = "eve"}, "/metrics"));
  EXPECT_EQ(reviews_, 4);
}

TEST_F(AuthorizationTest, FailuresAreErrorsAndNotKept) {
  Authorizer authorizer(clock_, Options());
  for (const auto& [status, answer] : std::vector<std::pair<int, std::string>>{
           {0, "no route"}, {500, ""}, {201, "nonsense"}, {201, "{}"}, {201, "7"}}) {
    status_ = status;
    answer_ = answer;
    EXPECT_FALSE(Decide(authorizer, {.name = "bob"}, {.path = "/metrics"}).has_value()) << answer;
  }
  EXPECT_EQ(reviews_, 5);
}

TEST_F(AuthorizationTest, ADenialBeatsAnAllowance) {
  Authorizer authorizer(clock_, Options());
  answer_ = R"({"status":{"allowed":true,"denied":true}})";
  EXPECT_FALSE(Allows(authorizer, {.name = "bob"}, "/metrics"));
}

}  // namespace
}  // namespace berth::serve
