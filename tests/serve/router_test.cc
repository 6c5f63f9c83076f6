#include "scheduler/serve/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/test_channel.h"

namespace berth::serve {
namespace {

using testing::ElementsAre;
using testing::Pair;

Handler Says(std::string text) {
  return Immediately(
      [text = std::move(text)](const HttpRequest&) { return HttpResponse{.body = text}; });
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.Add("GET", "/metrics", Says("metrics"));
    router_.Add("DELETE", "/metrics", Says("reset"));
    router_.Add("GET", "/healthz", Says("healthz"));
    router_.AddBelow("GET", "/healthz/", Says("one check"));
    router_.AddBelow("GET", "/healthz/deep/", Says("deep"));
  }

  HttpResponse Asked(const std::string& method, const std::string& path) {
    return Ask([this](const RequestPtr& request,
                      const Responder& respond) { router_.Answer(request, respond); },
               {.method = method, .path = path});
  }

  Router router_;
};

TEST_F(RouterTest, FindsPathsAndPrefixes) {
  EXPECT_EQ(Asked("GET", "/metrics").body, "metrics");
  EXPECT_EQ(Asked("DELETE", "/metrics").body, "reset");
  EXPECT_EQ(Asked("GET", "/healthz").body, "healthz");
  EXPECT_EQ(Asked("GET", "/healthz/ping").body, "one check");
  EXPECT_EQ(Asked("GET", "/healthz/a/b").body, "one check");
  EXPECT_EQ(Asked("GET", "/healthz/deep/b").body, "deep");
  EXPECT_EQ(Asked("HEAD", "/metrics").body, "metrics");
}

TEST_F(RouterTest, DoesNotFindOthers) {
  for (const char* path : {"", "/", "/metrics/", "/metric", "//metrics", "/x/../metrics"}) {
    const HttpResponse response = Asked("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "404 page not found\n");
  }
}

TEST_F(RouterTest, NamesTheMethodsThatThereAre) {
  const HttpResponse response = Asked("POST", "/metrics");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "DELETE, GET, HEAD")));
}

TEST_F(RouterTest, ListsItsPaths) {
  EXPECT_THAT(router_.Paths(), ElementsAre("/healthz", "/healthz/", "/healthz/deep/", "/metrics"));
}

}  // namespace
}  // namespace berth::serve
