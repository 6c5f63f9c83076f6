// What comes over HTTP and should not: bad bodies, wrong verbs, clients that dawdle or go away.
#include "scheduler/webhook/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/webhook/extender.h"

namespace berth::webhook {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string GoodBody() { return WithNodes(PodJson("p"), {NodeJson("a")}); }

TEST(Verbs, RefusesWhatIsNotARequest) {
  const Extender extender(GivenOracle());
  const std::string good = GoodBody();
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "malformed JSON"},
      {"{", "malformed JSON"},
      {good.substr(0, good.size() / 2), "malformed JSON"},
      {"[1]", "the request: must be an object"},
      {"{}", "Pod: required"},
      {R"({"Pod":{},"NodeNames":[]})", "metadata.name"},
      {R"({"Pod":)" + PodJson("p").dump() + R"(,"NodeNames":[3]})",
       "NodeNames[0]: must be a string"},
      {R"({"Pod":)" + PodJson("p").dump() + "}", "NodeNames: required"},
      {WithNodes(PodJson("p"), {NodeJson("a"), Json::object()}), "Nodes.items[1]"},
      {WithNodes({{"metadata", {{"name", 3}}}}, {}), "metadata.name"},
  };
  for (const auto& [body, problem] : bad) {
    const serve::Answer filter = extender.Post("filter", body);
    EXPECT_EQ(filter.status, 400) << body;
    EXPECT_THAT(Json::parse(filter.body)["Error"].get<std::string>(), HasSubstr(problem));
    const serve::Answer prioritize = extender.Post("prioritize", body);
    EXPECT_EQ(prioritize.status, 400) << body;
    EXPECT_THAT(prioritize.body, HasSubstr(problem));
  }
  const serve::Answer bind = extender.Post("bind", R"({"PodName":3})");
  EXPECT_EQ(bind.status, 400);
  EXPECT_EQ(Json::parse(bind.body)["Error"], "PodName: must be a string, not a number");
  EXPECT_EQ(extender.Post("preempt", "[]").status, 400);
  EXPECT_EQ(extender.Post("filter", good).status, 200);  // and goes on
}

TEST(Verbs, TakesUnknownFieldsAndAnyCase) {
  const Extender extender(GivenOracle());
  const std::string body = R"({"new":[1],"pod":)" + PodJson("p").dump() + R"(,"nodes":{"ITEMS":[)" +
                           NodeJson("a").dump() + "]}}";
  EXPECT_EQ(extender.Ask("filter", body)["Nodes"]["items"].size(), 1u);
}

TEST(Verbs, BindsOnlyWhatHasANameForAPath) {
  const Extender extender(GivenOracle());
  for (const char* name : {"", "..", "a/b", "a?b", "a%2fb", "a b"}) {
    const Json asked = {{"PodName", name}, {"PodNamespace", "n"}, {"PodUID", "u"}, {"Node", "a"}};
    const serve::Answer answer = extender.Post("bind", asked.dump());
    EXPECT_EQ(answer.status, 400) << name;
    EXPECT_THAT(answer.body, HasSubstr("PodName")) << name;
  }
}

TEST(Verbs, ServesOnlyWhatWasChosen) {
  const Extender extender(GivenOracle(), {.served = {Verb::kPrioritize}});
  EXPECT_EQ(extender.Post("filter", GoodBody()).status, 404);
  EXPECT_EQ(extender.Post("prioritize", GoodBody()).status, 200);
  serve::TestClient client(extender.port());
  EXPECT_EQ(client.Get("/prioritize").status, 405);
}

TEST(Verbs, GivesOnlyWhatTellsNodesApart) {
  const std::string body =
      WithNodes(PodJson("p"), {NodeJson("small", {.cpu = "1"}), NodeJson("large", {.cpu = "64"})});
  const Json scores = Extender(GivenOracle()).Ask("prioritize", body);
  ASSERT_EQ(scores.size(), 2);
  const int more = scores[1]["Score"].get<int>() - scores[0]["Score"].get<int>();
  ASSERT_GT(more, 0);
  const Extender relative(GivenOracle(), {.relative_scores = true});
  EXPECT_EQ(relative.Ask("prioritize", body), Json::array({{{"Host", "large"}, {"Score", more}}}));
  EXPECT_EQ(relative.Ask("prioritize", GoodBody()), Json::array());
}

TEST(Verbs, AnswersOnlyWhenReady) {
  const Extender extender(
      GivenOracle(), {.ready = [] -> base::Result<void> { return base::Fail("not listed yet"); }});
  const serve::Answer answer = extender.Post("filter", GoodBody());
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("not listed yet"));
  EXPECT_EQ(extender.Post("bind", "{}").status, 503);
}

TEST(Verbs, CountsRequests) {
  Extender extender(GivenOracle());
  extender.Post("filter", GoodBody());
  extender.Post("filter", "x");
  const std::string text = extender.registry.Text();
  EXPECT_THAT(text, HasSubstr(R"(berth_extender_requests_total{verb="filter",code="200"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(berth_extender_requests_total{verb="filter",code="400"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(berth_extender_request_duration_seconds_count{verb="filter"} 2)"));
}

TEST(Verbs, RefusesBodiesAndHeadersThatAreTooLarge) {
  const Extender extender(GivenOracle(), {},
                          {.messages = {.header_bytes = 1024, .body_bytes = 100}});
  serve::TestClient body(extender.port());
  body.Send("POST /filter HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(body.Read().status, 413);
  serve::TestClient header(extender.port());
  header.Send("POST /filter HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_EQ(header.Read().status, 431);
}

TEST(Verbs, DoesNotWaitForSlowClients) {
  const Extender extender(GivenOracle(), {}, {.times = {.request = 20ms}});
  serve::TestClient client(extender.port());
  client.Send("POST /filter HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(client.Read().status, 408);
}

TEST(Verbs, RefusesConnectionsBeyondTheLimit) {
  const Extender extender(GivenOracle(), {}, {.max_connections = 3, .threads = 2});
  std::vector<std::unique_ptr<serve::TestClient>> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(std::make_unique<serve::TestClient>(extender.port()));
    idle.back()->Send(PostText("filter", GoodBody()));
    EXPECT_EQ(idle.back()->Read().status, 200);
  }
  EXPECT_EQ(extender.Post("filter", GoodBody()).status, 503);
  idle.front()->Send(PostText("filter", GoodBody()));
  EXPECT_EQ(idle.front()->Read().status, 200);
}

TEST(Verbs, GoesOnWhenClientsGoAway) {
  const Extender extender(GivenOracle(), {}, {.threads = 2});
  for (int i = 0; i < 20; ++i) {
    serve::TestClient half(extender.port());
    half.Send(PostText("filter", GoodBody()).substr(0, 150));
    serve::TestClient unread(extender.port());
    unread.Send(PostText("filter", GoodBody()));
  }
  EXPECT_EQ(extender.Post("filter", GoodBody()).status, 200);
}

}  // namespace
}  // namespace berth::webhook
