#include "scheduler/serve/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/test_channel.h"
#include "tests/serve/test_clock.h"

namespace berth::serve {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

HttpResponse Asked(const Router& router, HttpRequest request) {
  return Ask(
      [&](const RequestPtr& asked, const Responder& respond) { router.Answer(asked, respond); },
      std::move(request));
}

TEST(Endpoints, ShowAndResetMetrics) {
  metrics::Registry registry;
  registry.AddCounter({.name = "a_total", .help = "A."}).Only().Increment();
  Router router;
  AddMetrics(router, "/metrics", registry);
  const HttpResponse text = Asked(router, {.path = "/metrics"});
  EXPECT_EQ(text.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(text.body, HasSubstr("a_total 1\n"));
  const HttpResponse open =
      Asked(router, {.path = "/metrics", .headers = {{"Accept", "application/openmetrics-text"}}});
  EXPECT_THAT(open.content_type, StartsWith("application/openmetrics-text"));
  EXPECT_THAT(open.body, testing::EndsWith("# EOF\n"));
  EXPECT_EQ(Asked(router, {.method = "DELETE", .path = "/metrics"}).body, "metrics reset\n");
  EXPECT_THAT(Asked(router, {.path = "/metrics"}).body, HasSubstr("a_total 0\n"));
}

TEST(Endpoints, AnswerForHealth) {
  Router router;
  AddHealth(router, std::make_shared<HealthEndpoint>("livez", std::vector{Ping()}));
  EXPECT_EQ(Asked(router, {.path = "/livez"}).body, "ok");
  EXPECT_EQ(Asked(router, {.path = "/livez/ping"}).body, "ok");
  EXPECT_EQ(Asked(router, {.path = "/livez/pong"}).status, 404);
}

TEST(Endpoints, ShowTheConfiguration) {
  Router router;
  AddConfigz(router, [] { return std::string("{\"componentconfig\":{}}"); });
  const HttpResponse response = Asked(router, {.path = "/configz"});
  EXPECT_EQ(response.body, "{\"componentconfig\":{}}");
  EXPECT_EQ(response.content_type, "application/json");
}

TEST(Endpoints, SetTheVerbosity) {
  int verbosity = 0;
  Router router;
  AddVerbosity(router, [&](int level) { verbosity = level; });
  const auto put = [&](const std::string& body) {
    return Asked(router, {.method = "PUT", .path = "/debug/flags/v", .body = body});
  };
  EXPECT_EQ(put("4\n").body, "successfully set klog.logging.verbosity to 4");
  EXPECT_EQ(verbosity, 4);
  for (const char* body : {"", "x", "4x", "99999999999", " 4"}) {
    EXPECT_EQ(put(body).status, 400) << body;
  }
  EXPECT_EQ(verbosity, 4);
  EXPECT_EQ(Asked(router, {.path = "/debug/flags/v"}).status, 405);
}

TEST(Endpoints, ShowFlags) {
  Router router;
  AddFlagz(router, "kube-scheduler", {{"v", "2"}, {"config", "a b"}});
  const HttpResponse text = Asked(router, {.path = "/flagz"});
  EXPECT_THAT(text.body, StartsWith("\nkube-scheduler flagz\nWarning: This endpoint is not meant "
                                    "to be machine parseable, "));
  EXPECT_THAT(text.body, testing::EndsWith("\n\nconfig=a b\nv=2\n"));
  const HttpResponse json = Asked(
      router, {.path = "/flagz",
               .headers = {{"Accept", "application/json;v=v1beta1;g=config.k8s.io;as=Flagz"}}});
  EXPECT_EQ(json.body,
            "{\"kind\":\"Flagz\",\"apiVersion\":\"config.k8s.io/v1beta1\",\"metadata\":{\"name\":"
            "\"kube-scheduler\"},\"flags\":{\"config\":\"a b\",\"v\":\"2\"}}\n");
  EXPECT_EQ(Asked(router, {.path = "/flagz", .headers = {{"Accept", "application/json"}}}).status,
            406);
  EXPECT_EQ(Asked(router, {.path = "/flagz", .headers = {{"Accept", "image/png, */*"}}}).status,
            200);
}

TEST(Endpoints, ShowSinceWhenItRuns) {
  TestClock clock;
  Router router;
  AddConfigz(router, [] { return std::string(); });
  AddStatusz(router, clock,
             {.component = "kube-scheduler",
              .binary_version = "1.36.0",
              .emulation_version = "1.36",
              .start_wall_nanoseconds = clock.WallNanoseconds()});
  clock.Advance(std::chrono::milliseconds(90'500));
  const HttpResponse text = Asked(router, {.path = "/statusz"});
  EXPECT_THAT(text.body, StartsWith("\nkube-scheduler statusz\nWarning: "));
  EXPECT_THAT(text.body, HasSubstr("\nStarted: 2001-09-09T01:46:40Z\nUp: 90s\n"
                                   "Binary version: 1.36.0\nEmulation version: 1.36\n"
                                   "Paths: /configz\n"));
  const HttpResponse json = Asked(
      router, {.path = "/statusz",
               .headers = {{"Accept", "application/json;as=Statusz;g=config.k8s.io;v=v1alpha1"}}});
  EXPECT_THAT(json.body, HasSubstr("\"uptimeSeconds\":90,"));
  EXPECT_THAT(json.body, HasSubstr("\"paths\":[\"/configz\"]"));
  ASSERT_EQ(json.headers.size(), 1u);
  EXPECT_EQ(json.headers[0].first, "Warning");
}

}  // namespace
}  // namespace berth::serve
