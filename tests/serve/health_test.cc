// The texts that kubelets and people know.
#include "scheduler/serve/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::serve {
namespace {

HealthCheck Failing(const std::string& name, const std::string& reason) {
  return {.name = name, .check = [reason]() -> base::Result<void> { return base::Fail(reason); }};
}

HealthCheck Passing(const std::string& name) {
  return {.name = name, .check = [] { return base::Result<void>(); }};
}

HttpRequest Query(NamesAndValues query) { return {.path = "/readyz", .query = std::move(query)}; }

TEST(Health, IsShortIfAllIsWell) {
  const HealthEndpoint endpoint("healthz", {Ping()});
  const HttpResponse response = endpoint.AnswerAll({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
}

TEST(Health, NamesTheChecksIfAsked) {
  const HealthEndpoint endpoint("livez", {Ping(), Passing("leaderElection")});
  const HttpResponse response = endpoint.AnswerAll(Query({{"verbose", ""}}));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[+]ping ok\n[+]leaderElection ok\nlivez check passed\n");
}

TEST(Health, NamesTheChecksIfOneFailsButNotTheReason) {
  const HealthEndpoint endpoint("readyz",
                                {Ping(), Failing("shutdown", "process is shutting down")});
  const HttpResponse response = endpoint.AnswerAll({});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body,
            "[+]ping ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n");
}

TEST(Health, LeavesOutWhatIsExcluded) {
  const HealthEndpoint endpoint("readyz", {Ping(), Failing("shutdown", "stopping")});
  const HttpResponse response =
      endpoint.AnswerAll(Query({{"exclude", "shutdown"}, {"verbose", "true"}}));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[+]ping ok\n[+]shutdown excluded: ok\nreadyz check passed\n");
  EXPECT_EQ(endpoint.AnswerAll(Query({{"exclude", "shutdown"}})).body, "ok");
}

TEST(Health, WarnsOfExclusionsThatMeanNothing) {
  const HealthEndpoint endpoint("readyz", {Ping()});
  const HttpResponse response =
      endpoint.AnswerAll(Query({{"exclude", "b"}, {"exclude", "a"}, {"verbose", ""}}));
  EXPECT_EQ(response.body,
            "[+]ping ok\n"
            "warn: some health checks cannot be excluded: no matches for \"a\", \"b\"\n"
            "readyz check passed\n");
}

TEST(Health, AnswersForOneCheck) {
  const HealthEndpoint endpoint(
      "readyz", {Ping(), Failing("sched-handler-sync", "handlers are not fully synchronized")});
  EXPECT_EQ(endpoint.AnswerOne({.path = "/readyz/ping"}).body, "ok");
  const HttpResponse failed = endpoint.AnswerOne({.path = "/readyz/sched-handler-sync"});
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "internal server error: handlers are not fully synchronized\n");
  EXPECT_EQ(endpoint.AnswerOne({.path = "/readyz/other"}).status, 404);
}

TEST(Health, TellsTheObserver) {
  std::vector<std::string> seen;
  const HealthEndpoint endpoint("readyz", {Ping(), Failing("a", "b")},
                                [&](const std::string& check, const std::string& type, bool ok) {
                                  seen.push_back(check + " " + type + (ok ? " ok" : " failed"));
                                });
  endpoint.AnswerAll({});
  EXPECT_THAT(seen, testing::ElementsAre("ping readyz ok", "a readyz failed"));
}

}  // namespace
}  // namespace berth::serve
