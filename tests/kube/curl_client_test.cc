// The client against a server in the same process.
#include "scheduler/kube/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/kube/collect.h"
#include "tests/kube/manual_clock.h"
#include "tests/kube/temporary_folder.h"
#include "tests/support/fake_api_server.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using support::FakeApiServer;
using support::ResponseStream;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ServerResponse Echo(const ServerRequest& request) {
  return {.body = request.method + " " + request.target + " " + request.Header("content-type") +
                  " " + request.body};
}

std::unique_ptr<Client> Make(const ClientConfig& config, const base::Clock& clock,
                             RequestObserver* observer = nullptr) {
  auto client = MakeClient(config, clock, observer);
  EXPECT_TRUE(client.has_value()) << client.error().message();
  return *std::move(client);
}

ClientConfig ConfigOf(const FakeApiServer& server) { return {.server = server.url(), .qps = 0}; }

const base::SystemClock kClock;

TEST(CurlClient, SendsEveryMethodAsItIs) {
  FakeApiServer server(Echo);
  const auto client = Make(ConfigOf(server), kClock);
  EXPECT_EQ(client->Call({.path = "/a?b=c"}).body, "GET /a?b=c  ");
  EXPECT_EQ(client->Call({.method = Method::kPost, .path = "/a", .body = "{}"}).body,
            "POST /a application/json {}");
  EXPECT_EQ(client->Call({.method = Method::kPut, .path = "/a", .body = "{}"}).body,
            "PUT /a application/json {}");
  EXPECT_EQ(client
                ->Call({.method = Method::kPatch,
                        .path = "/a",
                        .body = "{}",
                        .content_type = kStrategicMergePatch})
                .body,
            "PATCH /a application/strategic-merge-patch+json {}");
  EXPECT_EQ(client->Call({.method = Method::kDelete, .path = "/a"}).body, "DELETE /a  ");
  EXPECT_EQ(client->Call({.method = Method::kDelete, .path = "/a", .body = "{}"}).body,
            "DELETE /a application/json {}");
  EXPECT_EQ(client->Call({.method = Method::kPost, .path = "/a"}).body, "POST /a  ");
  EXPECT_EQ(client->Call({.path = "/a"}).body, "GET /a  ");
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(client->Call({.method = Method::kPost, .path = "/a", .body = large}).body.size(),
            large.size() + std::string("POST /a application/json ").size());
  // All over one connection.
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, SaysWhoItIs) {
  FakeApiServer server([](const ServerRequest& request) {
    return ServerResponse{.body = request.Header("user-agent") + "|" +
                                  request.Header("authorization") + "|" + request.Header("accept") +
                                  "|" + request.Path()};
  });
  ClientConfig config = ConfigOf(server);
  config.user_agent = "berth/1";
  config.token = "secret";
  config.server += "/base";
  EXPECT_EQ(Make(config, kClock)->Call({.path = "/api?x"}).body,
            "berth/1|Bearer secret|application/json|/base/api");
}

TEST(CurlClient, HandsOnWhateverTheAnswerIs) {
  FakeApiServer server([](const ServerRequest& request) {
    if (request.target == "/moved") {
      return ServerResponse{.status = 302, .headers = {{"Location", "/there"}}};
    }
    if (request.target == "/there") return ServerResponse{.body = "followed"};
    return support::StatusResponse(404, "NotFound", "pods \"x\" not found");
  });
  const auto client = Make(ConfigOf(server), kClock);
  const Response absent = client->Call({.path = "/x"});
  EXPECT_EQ(absent.status, 404);
  EXPECT_EQ(ErrorText(absent), "pods \"x\" not found");
  EXPECT_EQ(ReasonOf(absent), "NotFound");
  EXPECT_EQ(client->Call({.path = "/moved"}).status, 302);
}

TEST(CurlClient, ManyRequestsShareAFewConnections) {
  FakeApiServer server(Echo);
  ClientConfig config = ConfigOf(server);
  config.max_connections = 4;
  const auto client = Make(config, kClock);
  Collected<std::string> bodies;
  for (int i = 0; i < 300; ++i) {
    client->Send({.path = "/" + std::to_string(i)},
                 [&](const Response& response) { bodies.Add(response.body); });
  }
  const auto got = bodies.WaitFor(300);
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()).size(), 300u);
  EXPECT_LE(server.connections(), 4);
}

TEST(CurlClient, RequestsLeaveInTheOrderInWhichTheyCame) {
  Collected<std::string> seen;
  FakeApiServer server([&](const ServerRequest& request) {
    seen.Add(request.target);
    return ServerResponse{};
  });
  ClientConfig config = ConfigOf(server);
  config.max_connections = 1;
  const auto client = Make(config, kClock);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("/" + std::to_string(i));
    client->Send({.path = expected.back()}, [](const Response&) {});
  }
  EXPECT_EQ(seen.WaitFor(50), expected);
}

TEST(CurlClient, TheRateLimitHoldsRequestsBack) {
  FakeApiServer server(Echo);
  ManualClock clock;
  ClientConfig config = ConfigOf(server);
  config.qps = 1;
  config.burst = 2;
  const auto client = Make(config, clock);
  Collected<int> answers;
  for (int i = 0; i < 4; ++i) {
    client->Send({.path = "/x"}, [&](const Response& response) { answers.Add(response.status); });
  }
  EXPECT_EQ(answers.WaitFor(2).size(), 2u);
  // Streams are not held back; once this one is over, the client has looked at everything.
  CollectedStream stream;
  const auto handle = client->Open({.path = "/s"}, stream.Calls());
  EXPECT_EQ(stream.WaitForEnd().status, 200);
  EXPECT_EQ(answers.values().size(), 2u);
  clock.Advance(1s);
  EXPECT_EQ(answers.WaitFor(3).size(), 3u);
  clock.Advance(1s);
  EXPECT_EQ(answers.WaitFor(4).size(), 4u);
}

TEST(CurlClient, ADelayedRequestLeavesWhenItIsDue) {
  FakeApiServer server(Echo);
  ManualClock clock;
  const auto client = Make(ConfigOf(server), clock);
  Collected<std::string> answers;
  const auto add = [&](const Response& response) { answers.Add(response.body); };
  client->Send({.path = "/later", .delay = 1h}, add);
  client->Send({.path = "/now"}, add);
  EXPECT_THAT(answers.WaitFor(1), ElementsAre("GET /now  "));
  clock.Advance(1h);
  EXPECT_THAT(answers.WaitFor(2), ElementsAre("GET /now  ", "GET /later  "));
}

// Answers with a status and headers a few times, and then with 200.
class Busy {
 public:
  Busy(int status, int times, std::vector<std::pair<std::string, std::string>> headers)
      : server_([=, this](const ServerRequest&) {
          if (++tries_ > times) return ServerResponse{.body = "done"};
          return ServerResponse{.status = status, .body = "busy", .headers = headers};
        }) {}

  // The answer to one request, with all waits done away with.
  Response Try(std::chrono::milliseconds timeout = 30s) {
    ManualClock clock;
    const auto client = Make(ConfigOf(server_), clock);
    Collected<Response> answers;
    client->Send({.path = "/x", .timeout = timeout},
                 [&](const Response& response) { answers.Add(response); });
    while (answers.values().empty()) {
      clock.Advance(1s);
      // Wakes the client up.
      CollectedStream stream;
      const auto handle = client->Open({.path = "/none", .delay = 1h}, stream.Calls());
      handle->Cancel();
      std::this_thread::sleep_for(1ms);
    }
    return answers.values().front();
  }
  int tries() const { return tries_; }

 private:
  std::atomic<int> tries_ = 0;
  FakeApiServer server_;
};

TEST(CurlClient, ComesBackWhenItIsAskedTo) {
  for (const int status : {429, 500, 503}) {
    Busy busy(status, 3, {{"Retry-After", "2"}});
    EXPECT_EQ(busy.Try().body, "done");
    EXPECT_EQ(busy.tries(), 4);
  }
  Busy without_time(429, 2, {});
  EXPECT_EQ(without_time.Try().body, "done");
}

TEST(CurlClient, DoesNotComeBackForEver) {
  Busy busy(429, 1000, {{"Retry-After", "1"}});
  const Response response = busy.Try();
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after, 1s);
  EXPECT_EQ(busy.tries(), 10);
}

TEST(CurlClient, DoesNotComeBackWithoutBeingAsked) {
  Busy failing(500, 1000, {});
  EXPECT_EQ(failing.Try().status, 500);
  EXPECT_EQ(failing.tries(), 1);
  Busy late(503, 1000, {{"Retry-After", "20"}});
  EXPECT_EQ(late.Try(30s).retry_after, 20s);
  EXPECT_EQ(late.tries(), 2);
}

TEST(CurlClient, AStreamComesPieceByPiece) {
  Collected<std::string> words;
  FakeApiServer server([&](const ServerRequest& request) -> ServerResponse {
    return {.stream = [&, target = request.target](ResponseStream& stream) {
      stream.Write("one\n");
      words.WaitFor(1);
      stream.Write("two\n");
      words.WaitFor(2);
      if (target == "/cut") stream.Cut();
    }};
  });
  const auto client = Make(ConfigOf(server), kClock);
  CollectedStream whole;
  const auto first = client->Open({.path = "/whole"}, whole.Calls());
  EXPECT_TRUE(whole.WaitForBytes("one\n"));
  words.Add("go");
  EXPECT_TRUE(whole.WaitForBytes("one\ntwo\n"));
  EXPECT_FALSE(whole.HasEnded());
  words.Add("end");
  EXPECT_EQ(whole.WaitForEnd().status, 200);
  EXPECT_EQ(whole.WaitForEnd().body, "");

  CollectedStream cut;
  const auto second = client->Open({.path = "/cut"}, cut.Calls());
  const Response end = cut.WaitForEnd();
  EXPECT_EQ(end.status, 0);
  EXPECT_THAT(end.error, StartsWith("Get \"" + server.url() + "/cut\": the answer of 127.0.0.1:"));
  EXPECT_TRUE(cut.WaitForBytes("one\ntwo\n"));
}

TEST(CurlClient, AStreamThatIsRefusedEndsWithTheBody) {
  FakeApiServer server(
      [](const ServerRequest&) { return support::StatusResponse(410, "Expired", "too old"); });
  const auto client = Make(ConfigOf(server), kClock);
  CollectedStream stream;
  const auto handle = client->Open({.path = "/watch"}, stream.Calls());
  EXPECT_EQ(stream.WaitForEnd().status, 410);
  EXPECT_EQ(ReasonOf(stream.WaitForEnd()), "Expired");
}

// Writes a line and keeps the stream open as long as the client does.
ServerResponse Silent(const ServerRequest&) {
  return {.stream = [](ResponseStream& stream) {
    stream.Write("line\n");
    while (stream.IsOpen()) std::this_thread::sleep_for(1ms);
  }};
}

TEST(CurlClient, ACancelledStreamIsSilentAndItsConnectionClosed) {
  std::atomic<int> open = 0;
  FakeApiServer server([&](const ServerRequest& request) -> ServerResponse {
    ++open;
    auto response = Silent(request);
    return {.stream = [&, inner = response.stream](ResponseStream& stream) {
      inner(stream);
      --open;
    }};
  });
  const auto client = Make(ConfigOf(server), kClock);
  CollectedStream stream;
  const auto handle = client->Open({.path = "/watch"}, stream.Calls());
  EXPECT_TRUE(stream.WaitForBytes("line\n"));
  handle->Cancel();
  handle->Cancel();
  while (open > 0) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(stream.HasEnded());
}

TEST(CurlClient, AStreamMayBeCancelledWhileItSpeaks) {
  FakeApiServer server(Silent);
  const auto client = Make(ConfigOf(server), kClock);
  std::mutex mutex;
  std::shared_ptr<Stream> handle;
  Collected<std::string> heard;
  {
    const std::lock_guard lock(mutex);
    handle =
        client->Open({.path = "/watch"}, {.on_data =
                                              [&](std::string_view bytes) {
                                                const std::lock_guard inner(mutex);
                                                handle->Cancel();
                                                heard.Add(std::string(bytes));
                                              },
                                          .on_end = [&](const Response&) { heard.Add("end"); }});
  }
  EXPECT_THAT(heard.WaitFor(1), ElementsAre("line\n"));
  EXPECT_EQ(client->Call({.path = "/x", .timeout = 20ms}).status, 0);
  EXPECT_THAT(heard.values(), ElementsAre("line\n"));
}

TEST(CurlClient, AStreamThatFallsSilentEnds) {
  FakeApiServer server(Silent);
  ManualClock clock;
  const auto client = Make(ConfigOf(server), clock);
  CollectedStream stream;
  const auto handle = client->Open({.path = "/watch", .timeout = 10min}, stream.Calls());
  EXPECT_TRUE(stream.WaitForBytes("line\n"));
  clock.Advance(10min);
  EXPECT_EQ(stream.WaitForEnd().error,
            "Get \"" + server.url() + "/watch\": nothing came for 600000 ms");
}

TEST(CurlClient, SaysWhyNoAnswerCame) {
  FakeApiServer server([](const ServerRequest& request) -> ServerResponse {
    if (request.target == "/drop") return {.drop = true};
    if (request.target == "/large") return {.body = std::string(2000, 'x')};
    return Silent(request);
  });
  const std::string host = server.url().substr(std::string("http://").size());
  ClientConfig config = ConfigOf(server);
  config.max_response_bytes = 1000;
  const auto client = Make(config, kClock);
  const auto error = [&](const std::string& path, std::chrono::milliseconds timeout = 30s) {
    const Response response = client->Call({.path = path, .timeout = timeout});
    EXPECT_EQ(response.status, 0);
    return response.error;
  };
  const std::string slow = error("/slow", 30ms);
  EXPECT_THAT(slow, StartsWith("Get \"" + server.url() + "/slow\": "));
  EXPECT_THAT(slow, HasSubstr(" in time "));
  EXPECT_EQ(error("/large"),
            "Get \"" + server.url() + "/large\": the answer is larger than 1000 bytes");
  EXPECT_THAT(error("/drop"), StartsWith("Get \"" + server.url() + "/drop\": the connection to " +
                                         host + " was broken off"));
  server.Stop();
  EXPECT_EQ(error("/x"),
            "Get \"" + server.url() + "/x\": cannot connect to " + host + ": Connection refused");
  server.Start();
  EXPECT_EQ(client->Call({.path = "/large"}).status, 0);
}

TEST(CurlClient, KeepsWorkingWhenTheServerHasClosedItsConnections) {
  FakeApiServer server(Echo);
  const auto client = Make(ConfigOf(server), kClock);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client->Call({.path = "/x"}).status, 200);
    server.Stop();
    server.Start();
  }
  EXPECT_EQ(client->Call({.method = Method::kPost, .path = "/x", .body = "{}"}).status, 200);
}

TEST(CurlClient, ItsEndAnswersEverything) {
  FakeApiServer server(Silent);
  ClientConfig config = ConfigOf(server);
  config.max_connections = 1;
  Collected<std::string> errors;
  CollectedStream stream;
  std::shared_ptr<Stream> handle;
  {
    const auto client = Make(config, kClock);
    const auto add = [&](const Response& response) { errors.Add(response.error); };
    client->Send({.path = "/under-way"}, [&, add](const Response& response) {
      add(response);
      // Asked for too late: it gets no answer, and the end does not wait for one.
      client->Send({.path = "/too-late"}, add);
    });
    client->Send({.path = "/waiting"}, add);
    client->Send({.path = "/delayed", .delay = 1h}, add);
    handle = client->Open({.path = "/stream"}, stream.Calls());
    EXPECT_TRUE(stream.WaitForBytes("line\n"));
  }
  EXPECT_THAT(errors.values(), ElementsAre("the client was closed", "the client was closed",
                                           "the client was closed"));
  EXPECT_EQ(stream.WaitForEnd().error, "the client was closed");
  handle->Cancel();
}

class Recorder final : public RequestObserver {
 public:
  void OnRequest(const RequestFacts& facts) override {
    facts_.Add(std::string(facts.method) + " " + std::string(facts.host) + " " +
               std::string(facts.code) + (facts.duration >= 0s ? "" : " negative"));
  }
  Collected<std::string>& facts() { return facts_; }

 private:
  Collected<std::string> facts_;
};

TEST(CurlClient, TellsItsObserverOfEveryTry) {
  std::atomic<int> tries = 0;
  FakeApiServer server([&](const ServerRequest& request) -> ServerResponse {
    if (request.target == "/drop") return {.drop = true};
    if (request.target == "/watch") return Silent(request);
    return {.status = ++tries == 1 ? 401 : 200};
  });
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  const TemporaryFolder folder;
  ClientConfig config = ConfigOf(server);
  config.token_file = folder.Write("token", "t");
  Recorder recorder;
  const auto client = Make(config, kClock, &recorder);
  EXPECT_EQ(client->Call({.path = "/x"}).status, 200);
  EXPECT_EQ(client->Call({.method = Method::kDelete, .path = "/drop"}).status, 0);
  CollectedStream stream;
  const auto handle = client->Open({.path = "/watch"}, stream.Calls());
  EXPECT_TRUE(stream.WaitForBytes("line\n"));
  handle->Cancel();
  EXPECT_THAT(recorder.facts().values(),
              ElementsAre("GET " + host + " 401", "GET " + host + " 200",
                          "DELETE " + host + " <error>", "GET " + host + " 200"));
}

TEST(CurlClient, ARotatedTokenIsTakenUpWhenTheOldOneIsRefused) {
  const TemporaryFolder folder;
  std::atomic<bool> rotated = false;
  FakeApiServer server([&](const ServerRequest& request) -> ServerResponse {
    const std::string valid = rotated ? "Bearer new" : "Bearer old";
    if (request.Header("authorization") == valid) return {.body = "welcome"};
    return support::StatusResponse(401, "Unauthorized", "Unauthorized");
  });
  ClientConfig config = ConfigOf(server);
  config.token_file = folder.Write("token", "old");
  const ManualClock clock;
  const auto client = Make(config, clock);
  EXPECT_EQ(client->Call({.path = "/x"}).body, "welcome");
  folder.Write("token", "new");
  rotated = true;
  EXPECT_EQ(client->Call({.path = "/x"}).body, "welcome");
  EXPECT_EQ(server.requests(), 3);
}

TEST(CurlClient, ATokenThatStaysRefusedIsToldOf) {
  const TemporaryFolder folder;
  FakeApiServer server([](const ServerRequest&) {
    return support::StatusResponse(401, "Unauthorized", "Unauthorized");
  });
  ClientConfig config = ConfigOf(server);
  config.token_file = folder.Write("token", "old");
  const ManualClock clock;
  const auto client = Make(config, clock);
  EXPECT_EQ(ErrorText(client->Call({.path = "/x"})), "Unauthorized");
  EXPECT_EQ(server.requests(), 2);
  CollectedStream stream;
  const auto handle = client->Open({.path = "/x"}, stream.Calls());
  EXPECT_EQ(stream.WaitForEnd().status, 401);
}

TEST(CurlClient, WithoutCredentialsRequestsFail) {
  FakeApiServer server(Echo);
  ClientConfig config = ConfigOf(server);
  config.token_file = "/nonexistent/token";
  const auto client = Make(config, kClock);
  EXPECT_EQ(client->Call({.path = "/x"}).error,
            "token file /nonexistent/token: No such file or directory");
  CollectedStream stream;
  const auto handle = client->Open({.path = "/x"}, stream.Calls());
  EXPECT_EQ(stream.WaitForEnd().status, 0);
  EXPECT_EQ(server.requests(), 0);
}

TEST(CurlClient, GoesThroughTheProxyOfTheKubeconfig) {
  FakeApiServer proxy(Echo);
  ClientConfig config{.server = "http://api.example.invalid:6443", .proxy_url = proxy.url()};
  EXPECT_EQ(Make(config, kClock)->Call({.path = "/x"}).body,
            "GET http://api.example.invalid:6443/x  ");
}

TEST(MakeClient, RefusesAnAuthorityThatIsNone) {
  const TemporaryFolder folder;
  ClientConfig config{.server = "https://h"};
  config.authority.file = folder.Path("ca.crt");
  EXPECT_EQ(MakeClient(config, kClock).error().message(),
            "certificate authority " + config.authority.file + ": No such file or directory");
  folder.Write("ca.crt", "hello");
  EXPECT_EQ(MakeClient(config, kClock).error().message(),
            "certificate authority " + config.authority.file + ": not PEM");
  EXPECT_EQ(MakeClient({}, kClock).error().message(), "server: Required value");
}

}  // namespace
}  // namespace berth::kube
