// The server over real sockets, without TLS.
#include "scheduler/serve/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "tests/serve/test_client.h"

namespace berth::serve {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

HttpServerOptions Local() { return {.bind_address = "127.0.0.1"}; }

std::unique_ptr<HttpServer> Started(const HttpServerOptions& options, Handler handler) {
  auto server = HttpServer::Start(options, std::move(handler));
  EXPECT_TRUE(server.has_value()) << server.error().message();
  return *std::move(server);
}

// Answers with what was asked.
Handler Echo() {
  return Immediately([](const HttpRequest& request) {
    return HttpResponse{.body = request.method + " " + request.path + " " + request.body};
  });
}

// Keeps who is to be answered until the test answers.
class Waiting {
 public:
  Handler handler() {
    return [this](const RequestPtr&, const Responder& respond) {
      const std::scoped_lock lock(mutex_);
      waiting_.push_back(respond);
    };
  }
  // Waits for the next request.
  Responder Take() {
    while (true) {
      {
        const std::scoped_lock lock(mutex_);
        if (!waiting_.empty()) {
          Responder taken = waiting_.back();
          waiting_.pop_back();
          return taken;
        }
      }
      std::this_thread::sleep_for(1ms);
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Responder> waiting_;
};

TEST(HttpServer, AnswersRequestsOnOneConnection) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.Get("/a%20b?c=d");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /a b ");
    EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.headers.at("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(answer.headers.contains("Connection"));
  }
}

TEST(HttpServer, TakesBodiesByLengthAndInChunks) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  client.Send("PUT /v HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(client.Read().body, "PUT /v hello");
  client.Send(
      "PUT /v HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read().body, "PUT /v hello");
}

TEST(HttpServer, AnswersRequestsThatCameTogetherInTheirOrder) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
      "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /1 ");
  EXPECT_EQ(client.Read().body, "POST /2 x");
  const Answer last = client.Read();
  EXPECT_EQ(last.body, "GET /3 ");
  EXPECT_EQ(last.headers.at("Connection"), "close");
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, PutsTogetherWhatComesByteByByte) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  for (const char c :
       std::string("PUT /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")) {
    client.Send(std::string(1, c));
  }
  EXPECT_EQ(client.Read().body, "PUT /slow abc");
}

TEST(HttpServer, SendsNoBodyToHead) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.Read(false).headers.at("Content-Length"), "8");
  EXPECT_EQ(client.Get("/b").body, "GET /b ");
}

TEST(HttpServer, ClosesAfterHttp10UnlessAskedNotTo) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  client.Send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.Read().headers.at("Connection"), "keep-alive");
  client.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, TellsClientsThatWaitToSendTheBody) {
  const auto server = Started(Local(), Echo());
  TestClient client(server->port());
  client.Send("PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "PUT /a ok");
}

TEST(HttpServer, RefusesLargeHeaders) {
  HttpServerOptions options = Local();
  options.messages.header_bytes = 200;
  const auto server = Started(options, Echo());
  TestClient client(server->port());
  EXPECT_EQ(client.Get("/a", "X: " + std::string(300, 'x') + "\r\n").status, 431);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, RefusesLargeBodiesBeforeTheyAreRead) {
  HttpServerOptions options = Local();
  options.messages.body_bytes = 100;
  const auto server = Started(options, Echo());
  TestClient client(server->port());
  client.Send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nabc");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "the body of the request is too large\n");
}

TEST(HttpServer, RefusesLargeBodiesInChunks) {
  HttpServerOptions options = Local();
  options.messages.body_bytes = 100;
  const auto server = Started(options, Echo());
  TestClient client(server->port());
  client.Send("PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n" +
              std::string(200, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read().status, 413);
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  const auto server = Started(Local(), Echo());
  for (const char* text :
       {"\x16\x03\x01\x02\x00\x01\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "GET a HTTP/1.1\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    TestClient client(server->port());
    client.Send(text);
    EXPECT_EQ(client.Read().status, 400) << text;
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST(HttpServer, TellsSlowClientsThatTimeIsUp) {
  HttpServerOptions options = Local();
  options.times.request = 5ms;
  const auto server = Started(options, Echo());
  TestClient client(server->port());
  client.Send("GET /slow HTTP/1.1\r\nHos");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, HangsUpOnIdleClients) {
  HttpServerOptions options = Local();
  options.times.idle = 5ms;
  const auto server = Started(options, Echo());
  TestClient client(server->port());
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, AnswersForHandlersThatTakeTooLong) {
  HttpServerOptions options = Local();
  options.times.answer = 5ms;
  Waiting waiting;
  const auto server = Started(options, waiting.handler());
  TestClient client(server->port());
  EXPECT_EQ(client.Get("/a").status, 504);
  waiting.Take()({.body = "too late"});
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, AnswersForHandlersThatForget) {
  const auto server = Started(Local(), [](const RequestPtr&, const Responder&) {});
  TestClient client(server->port());
  EXPECT_EQ(client.Get("/a").status, 500);
}

TEST(HttpServer, TakesAnswersFromOtherThreads) {
  Waiting waiting;
  const auto server = Started(Local(), waiting.handler());
  constexpr int kClients = 4;
  std::vector<std::jthread> clients;
  std::atomic<int> answered = 0;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      TestClient client(server->port());
      for (int round = 0; round < 20; ++round) {
        if (client.Get("/a").body == "later") ++answered;
      }
    });
  }
  std::vector<std::jthread> answerers;
  for (int i = 0; i < 2; ++i) {
    answerers.emplace_back([&] {
      for (int round = 0; round < kClients * 10; ++round) waiting.Take()({.body = "later"});
    });
  }
  answerers.clear();
  clients.clear();
  EXPECT_EQ(answered, kClients * 20);
}

TEST(HttpServer, RefusesConnectionsBeyondTheLimit) {
  HttpServerOptions options = Local();
  options.max_connections = 2;
  const auto server = Started(options, Echo());
  TestClient one(server->port());
  TestClient two(server->port());
  EXPECT_EQ(one.Get("/a").status, 200);
  EXPECT_EQ(two.Get("/a").status, 200);
  {
    TestClient three(server->port());
    EXPECT_EQ(three.Get("/a").status, 503);
    EXPECT_TRUE(three.IsClosed());
  }
  EXPECT_EQ(one.Get("/a").status, 200);
}

TEST(HttpServer, HangsUpOnClientsFarBeyondTheLimit) {
  HttpServerOptions options = Local();
  options.max_connections = 1;
  const auto server = Started(options, Echo());
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(std::make_unique<TestClient>(server->port()));
  EXPECT_TRUE(clients.back()->IsClosed());
  EXPECT_EQ(clients.front()->Get("/a").status, 200);
}

TEST(HttpServer, FinishesWhatIsUnderWayBeforeItStops) {
  HttpServerOptions options = Local();
  options.times.linger = 5ms;
  Waiting waiting;
  const auto server = Started(options, waiting.handler());
  TestClient idle(server->port());
  TestClient busy(server->port());
  busy.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const Responder respond = waiting.Take();
  auto stopped = std::async(std::launch::async, [&] { server->Stop(60s); });
  // Has begun to stop when this one has been hung up on.
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_FALSE(TestClient(server->port()).connected());
  respond({.body = "at last"});
  const Answer answer = busy.Read();
  EXPECT_EQ(answer.body, "at last");
  EXPECT_EQ(answer.headers.at("Connection"), "close");
  EXPECT_TRUE(busy.IsClosed());
}

TEST(HttpServer, CutsOffAtTheDeadline) {
  Waiting waiting;
  auto server = Started(Local(), waiting.handler());
  TestClient client(server->port());
  client.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const Responder respond = waiting.Take();
  server->Stop(1ms);
  server.reset();
  EXPECT_TRUE(client.IsClosed());
  respond({.body = "to nobody"});
}

TEST(HttpServer, StopsTwice) {
  const auto server = Started(Local(), Echo());
  server->Stop(1s);
  server->Stop(1s);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto server = Started(Local(), Echo());
  HttpServerOptions options = Local();
  options.port = server->port();
  const auto second = HttpServer::Start(options, Echo());
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message(),
              HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(server->port()) + ": "));
  const auto third = HttpServer::Start({.bind_address = "here"}, Echo());
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().message(), "\"here\" is not an IP address");
}

TEST(HttpServer, TellsTheHandlerWhoAsks) {
  std::string address;
  const auto server = Started(Local(), Immediately([&](const HttpRequest& request) {
                                address = request.peer_address;
                                return HttpResponse{.body = std::string(request.Header("x-a"))};
                              }));
  TestClient client(server->port());
  EXPECT_EQ(client.Get("/", "X-A: b\r\n").body, "b");
  EXPECT_THAT(address, testing::StartsWith("127.0.0.1:"));
}

}  // namespace
}  // namespace berth::serve
