// What an answer says to a person.
#include "scheduler/kube/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "scheduler/kube/base64.h"

namespace berth::kube {
namespace {

constexpr auto kForbidden =
    R"({"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"nodes is )"
    R"(forbidden: User \"x\" cannot list resource \"nodes\" in API group \"\" at the cluster )"
    R"(scope"})";

TEST(ErrorText, IsTheMessageOfTheStatus) {
  const Response response{.status = 403, .body = kForbidden};
  EXPECT_EQ(ErrorText(response),
            "nodes is forbidden: User \"x\" cannot list resource \"nodes\" in API group \"\" at "
            "the cluster scope");
  EXPECT_EQ(ReasonOf(response), "Forbidden");
}

TEST(ErrorText, IsTheErrorWhereNoAnswerCame) {
  EXPECT_EQ(ErrorText({.status = 0, .error = "cannot connect"}), "cannot connect");
  EXPECT_EQ(ReasonOf({.status = 0, .error = "cannot connect"}), "");
  EXPECT_EQ(ErrorText({}), "no answer");
}

TEST(ErrorText, ShowsTheBeginningOfWhatIsNoStatus) {
  EXPECT_EQ(ErrorText({.status = 502, .body = "<html>\x1b[31m"}),
            "the server answered with HTTP status 502: <html>?[31m");
  EXPECT_EQ(ErrorText({.status = 500}), "the server answered with HTTP status 500");
  EXPECT_EQ(ErrorText({.status = 500, .body = R"({"message":7})"}),
            "the server answered with HTTP status 500: {\"message\":7}");
  EXPECT_EQ(ErrorText({.status = 500, .body = std::string(1000, 'x')}).size(),
            std::string("the server answered with HTTP status 500: ...").size() + 200);
}

TEST(ReasonOf, IsEmptyForAnAnswerThatIsWell) {
  EXPECT_EQ(ReasonOf({.status = 200, .body = R"({"reason":"Evicted"})"}), "");
}

// Answers every request on a thread of its own.
class EchoClient final : public Client {
 public:
  ~EchoClient() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void Send(Request request, std::function<void(Response)> done) override {
    threads_.emplace_back([=] { done({.status = 200, .body = request.path}); });
  }
  std::shared_ptr<Stream> Open(Request, StreamCalls) override { return nullptr; }

 private:
  std::vector<std::thread> threads_;
};

TEST(Client, CallWaitsForTheAnswer) {
  EchoClient client;
  EXPECT_EQ(client.Call({.path = "/a"}).body, "/a");
  EXPECT_EQ(client.Call({.path = "/b"}).body, "/b");
}

TEST(Base64, IsThereAndBack) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(text)), text);
  }
  EXPECT_EQ(EncodeBase64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(EncodeBase64("\xff\xfe"), "//4=");
  EXPECT_EQ(DecodeBase64("Zm9v\nYmE=\n"), "fooba");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"a", "Zm9vYmE", "Zm9*", "Z===", "====", "Zm=v", "Zm9v YmE="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace berth::kube
