// Who trusts whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/kube/curl_client.h"
#include "tests/kube/collect.h"
#include "tests/kube/temporary_folder.h"
#include "tests/support/fake_api_server.h"

namespace berth::kube {
namespace {

using support::Certificate;
using support::FakeApiServer;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const base::SystemClock kClock;

ServerResponse Greet(const ServerRequest& request) {
  return {.body = "hello " + request.client_name};
}

ClientConfig ConfigOf(const FakeApiServer& server) {
  ClientConfig config{.server = server.url(), .qps = 0};
  config.authority.text = server.authority().pem;
  return config;
}

Response Ask(const ClientConfig& config) {
  const auto client = MakeClient(config, kClock);
  EXPECT_TRUE(client.has_value());
  return (*client)->Call({.path = "/x"});
}

TEST(Tls, TrustsTheAuthorityOfTheKubeconfig) {
  FakeApiServer server(Greet, {.tls = true});
  EXPECT_EQ(Ask(ConfigOf(server)).body, "hello ");
  const TemporaryFolder folder;
  ClientConfig config{.server = server.url()};
  config.authority.file = folder.Write("ca.crt", server.authority().pem);
  EXPECT_EQ(Ask(config).body, "hello ");
}

TEST(Tls, TrustsNobodyElse) {
  FakeApiServer server(Greet, {.tls = true});
  ClientConfig config = ConfigOf(server);
  config.authority.text = support::MakeAuthority("another").pem;
  const std::string what =
      "Get \"" + server.url() + "/x\": 127.0.0.1:" + std::to_string(server.port()) + ": ";
  EXPECT_THAT(Ask(config).error, StartsWith(what + "certificate signed by unknown authority"));
  config.authority = {};
  EXPECT_THAT(Ask(config).error, StartsWith(what + "certificate signed by unknown authority"));
  config.authority.text = "-----BEGIN nonsense";
  EXPECT_THAT(Ask(config).error, StartsWith("Get \"" + server.url()));
  EXPECT_EQ(server.requests(), 0);
}

TEST(Tls, UnlessItIsTold) {
  FakeApiServer server(Greet, {.tls = true});
  ClientConfig config{.server = server.url(), .insecure_skip_tls_verify = true};
  EXPECT_EQ(Ask(config).body, "hello ");
}

TEST(Tls, SaysThatACertificateHasExpired) {
  FakeApiServer server(Greet, {.tls = true, .certificate = {.expired = true}});
  EXPECT_THAT(Ask(ConfigOf(server)).error, HasSubstr("certificate has expired"));
}

TEST(Tls, ComparesTheNameAndTakesAnotherIfItIsTold) {
  FakeApiServer server(Greet, {.tls = true, .certificate = {.names = {"DNS:kubernetes.default"}}});
  ClientConfig config = ConfigOf(server);
  EXPECT_THAT(Ask(config).error, HasSubstr("certificate is not valid for this name"));
  config.tls_server_name = "kubernetes.default";
  EXPECT_EQ(Ask(config).body, "hello ");
  config.tls_server_name = "kubernetes.other";
  EXPECT_THAT(Ask(config).error, HasSubstr("certificate is not valid for this name"));
}

TEST(Tls, TheHostOfARequestIsTheServerWhateverTheCertificateSays) {
  FakeApiServer server(
      [](const ServerRequest& request) { return ServerResponse{.body = request.Header("host")}; },
      {.tls = true, .certificate = {.names = {"DNS:kubernetes.default"}}});
  ClientConfig config = ConfigOf(server);
  config.tls_server_name = "kubernetes.default";
  EXPECT_EQ(Ask(config).body, "127.0.0.1:" + std::to_string(server.port()));
}

TEST(Tls, ShowsTheCertificateOfTheClient) {
  FakeApiServer server(Greet, {.tls = true, .ask_for_client_certificate = true});
  const Certificate client =
      support::MakeCertificate(server.authority(), {.common_name = "system:scheduler"});
  ClientConfig config = ConfigOf(server);
  EXPECT_EQ(Ask(config).body, "hello ");
  config.certificate.text = client.pem;
  config.key.text = client.key_pem;
  EXPECT_EQ(Ask(config).body, "hello system:scheduler");
  const TemporaryFolder folder;
  ClientConfig files = ConfigOf(server);
  files.certificate.file = folder.Write("c.pem", client.pem);
  files.key.file = folder.Write("k.pem", client.key_pem);
  EXPECT_EQ(Ask(files).body, "hello system:scheduler");
}

TEST(Tls, SaysThatTheCertificateOfTheClientIsOfNoUse) {
  FakeApiServer server(Greet, {.tls = true, .ask_for_client_certificate = true});
  ClientConfig config = ConfigOf(server);
  config.certificate.text = support::MakeCertificate(server.authority()).pem;
  config.key.text = support::MakeCertificate(server.authority()).key_pem;
  EXPECT_THAT(Ask(config).error, HasSubstr("the client's certificate or key cannot be used"));
}

TEST(Tls, APluginMayComeWithANewCertificate) {
  FakeApiServer server(
      [](const ServerRequest& request) -> ServerResponse {
        if (request.client_name == "second") return {.body = "hello second"};
        return support::StatusResponse(401, "Unauthorized", "Unauthorized");
      },
      {.tls = true, .ask_for_client_certificate = true});
  const TemporaryFolder folder;
  for (const std::string name : {"first", "second"}) {
    const Certificate client = support::MakeCertificate(server.authority(), {.common_name = name});
    const auto escaped = [](std::string pem) {
      for (auto at = pem.find('\n'); at != std::string::npos; at = pem.find('\n', at)) {
        pem.replace(at, 1, "\\n");
      }
      return pem;
    };
    folder.Write(name, R"({"kind":"ExecCredential",)"
                       R"("apiVersion":"client.authentication.k8s.io/v1","status":{)"
                       R"("clientCertificateData":")" +
                           escaped(client.pem) + R"(","clientKeyData":")" +
                           escaped(client.key_pem) + "\"}}");
  }
  // The first time the first, and then the second.
  ClientConfig config = ConfigOf(server);
  config.exec = ExecPlugin{
      .command = folder.WriteProgram(
          "plugin", "cd '" + folder.path() +
                        "' && cat first && if [ -e second ]; then mv second first; fi\n"),
      .api_version = "client.authentication.k8s.io/v1"};
  const Response response = Ask(config);
  EXPECT_EQ(response.body, "hello second") << ErrorText(response);
}

TEST(Tls, AHandshakeIsMadeOnceAConnection) {
  FakeApiServer server(Greet, {.tls = true});
  const auto client = MakeClient(ConfigOf(server), kClock);
  ASSERT_TRUE(client.has_value());
  for (int i = 0; i < 20; ++i) EXPECT_EQ((*client)->Call({.path = "/x"}).status, 200);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests(), 20);
}

TEST(Tls, SaysThatTheServerDoesNotSpeakIt) {
  FakeApiServer server(Greet);
  ClientConfig config{.server = "https://127.0.0.1:" + std::to_string(server.port())};
  EXPECT_THAT(Ask(config).error, HasSubstr("TLS handshake failed"));
}

}  // namespace
}  // namespace berth::kube
