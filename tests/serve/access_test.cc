// Authentication and authorisation in front of a handler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/serve/guard.h"
#include "scheduler/serve/http_server.h"
#include "tests/serve/certificates.h"
#include "tests/serve/test_channel.h"
#include "tests/serve/test_client.h"
#include "tests/serve/test_clock.h"

namespace berth::serve {
namespace {

Handler Open() {
  return Immediately([](const HttpRequest&) { return HttpResponse{.body = "inside"}; });
}

PostReview Answering(int status, const std::string& answer) {
  return [=](const std::string&, const std::function<void(int, std::string)>& done) {
    done(status, answer);
  };
}

class AccessTest : public testing::Test {
 protected:
  Handler Guard(PostReview tokens, PostReview access) {
    return Guarded(
        std::make_shared<Authenticator>(clock_, config_, TokenOptions{.review = std::move(tokens)}),
        std::make_shared<Authorizer>(clock_, AuthorizationOptions{.review = std::move(access)}),
        Open());
  }

  TestClock clock_;
  AuthenticationConfig config_;
};

TEST_F(AccessTest, StrangersAreUnauthorized) {
  const auto response = Ask(Guard(Answering(201, R"({"status":{}})"), {}),
                            {.path = "/healthz", .headers = {{"Authorization", "Bearer wrong"}}});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
            "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}\n");
}

TEST_F(AccessTest, TheAnonymousAreForbidden) {
  const auto response = Ask(Guard({}, {}), {.path = "/metrics"});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body,
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
            "\"message\":\"forbidden: User \\\"system:anonymous\\\" cannot get path "
            "\\\"/metrics\\\"\",\"reason\":\"Forbidden\",\"details\":{},\"code\":403}\n");
}

TEST_F(AccessTest, TheReasonIsToldIfThereIsOne) {
  const auto response =
      Ask(Guard({}, Answering(201, R"({"status":{"allowed":false,"reason":"no rule"}})")),
          {.path = "/metrics"});
  EXPECT_THAT(response.body, testing::HasSubstr("\\\"/metrics\\\": no rule\""));
}

TEST_F(AccessTest, OpenPathsAreOpen) {
  EXPECT_EQ(Ask(Guard({}, {}), {.path = "/livez"}).body, "inside");
}

TEST_F(AccessTest, WhoMayComesIn) {
  EXPECT_EQ(
      Ask(Guard({}, Answering(201, R"({"status":{"allowed":true}})")), {.path = "/metrics"}).body,
      "inside");
}

TEST_F(AccessTest, ReviewsThatFailAreErrors) {
  const auto response = Ask(Guard({}, Answering(0, "no route")), {.path = "/metrics"});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "Internal Server Error: \"/metrics\": no route\n");
}

TEST_F(AccessTest, HoldsOverRealConnections) {
  const auto ca = MakeCa("clients");
  const auto stranger = MakeCa("stranger");
  config_.client_ca = ClientCa::FromPem(PemOf(ca)).value();
  const auto server =
      HttpServer::Start({.bind_address = "127.0.0.1", .tls = TlsOptions{}}, Guard({}, {})).value();
  const auto master = MakeLeaf(ca, {.common_name = "root", .organisations = {"system:masters"}});
  const auto alice = MakeLeaf(ca, {.common_name = "alice"});
  const auto mallory =
      MakeLeaf(stranger, {.common_name = "root", .organisations = {"system:masters"}});
  const auto status = [&](const CertificateAndKey* certificate) {
    return TestClient(server->port(), ClientTls{.certificate = certificate}).Get("/metrics").status;
  };
  EXPECT_EQ(status(&master), 200);
  EXPECT_EQ(status(&alice), 403);
  EXPECT_EQ(status(&mallory), 401);
  EXPECT_EQ(status(nullptr), 403);
}

}  // namespace
}  // namespace berth::serve
