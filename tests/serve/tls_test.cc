// The server with TLS: certificates of both sides, versions, ciphers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "scheduler/serve/client_ca.h"
#include "scheduler/serve/http_server.h"
#include "scheduler/serve/tls_context.h"
#include "tests/serve/certificates.h"
#include "tests/serve/test_client.h"

namespace berth::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Answers with the name that the authority finds in the client's certificate, or with what is
// wrong.
Handler WhoAreYou(std::shared_ptr<ClientCa> ca) {
  return Immediately([ca = std::move(ca)](const HttpRequest& request) {
    if (request.certificates == nullptr) return HttpResponse{.body = "nobody"};
    const auto subject = ca->Verify(*request.certificates);
    return HttpResponse{.body = subject ? subject->common_name : subject.error().message()};
  });
}

std::shared_ptr<ClientCa> CaOf(const CertificateAndKey& ca) {
  return ClientCa::FromPem(PemOf(ca)).value();
}

std::unique_ptr<HttpServer> Started(const TlsOptions& tls, Handler handler) {
  auto server = HttpServer::Start({.bind_address = "127.0.0.1", .tls = tls}, std::move(handler));
  EXPECT_TRUE(server.has_value()) << server.error().message();
  return *std::move(server);
}

TEST(Tls, MakesACertificateIfThereIsNone) {
  const auto server = Started({}, WhoAreYou(nullptr));
  TestClient client(server->port(), ClientTls{});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.server_name(), "localhost");
  EXPECT_EQ(client.Get("/").body, "nobody");
  EXPECT_EQ(client.Get("/").body, "nobody");
}

TEST(Tls, KnowsClientsByTheirCertificates) {
  const auto ca = MakeCa("the authority");
  const auto alice = MakeLeaf(ca, {.common_name = "alice"});
  const auto server = Started({}, WhoAreYou(CaOf(ca)));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TestClient client(server->port(), ClientTls{.certificate = &alice, .max_version = version});
    EXPECT_EQ(client.Get("/").body, "alice");
  }
}

TEST(Tls, LetsClientsInWhoseCertificateDoesNotHold) {
  const auto ca = MakeCa("the authority");
  const auto other = MakeCa("another");
  const auto mallory = MakeLeaf(other, {.common_name = "alice"});
  const auto server = Started({}, WhoAreYou(CaOf(ca)));
  TestClient client(server->port(), ClientTls{.certificate = &mallory});
  EXPECT_EQ(client.Get("/").body, "unable to get local issuer certificate");
}

TEST(Tls, DoesNotSpeakOldVersions) {
  const auto server = Started({}, WhoAreYou(nullptr));
  EXPECT_FALSE(TestClient(server->port(), ClientTls{.max_version = TLS1_1_VERSION}).connected());
  const auto modern = Started({.min_version = "VersionTLS13"}, WhoAreYou(nullptr));
  EXPECT_FALSE(TestClient(modern->port(), ClientTls{.max_version = TLS1_2_VERSION}).connected());
  EXPECT_TRUE(TestClient(modern->port(), ClientTls{}).connected());
}

TEST(Tls, KnowsCiphersByGosNames) {
  EXPECT_EQ(OpensslCipher("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "ECDHE-RSA-AES128-GCM-SHA256");
  EXPECT_EQ(OpensslCipher("TLS_AES_128_GCM_SHA256"), "");
  EXPECT_EQ(OpensslCipher("ROT13"), std::nullopt);
  const auto server =
      Started({.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}}, WhoAreYou(nullptr));
  TestClient client(server->port(), ClientTls{.max_version = TLS1_2_VERSION});
  EXPECT_EQ(client.Get("/").body, "nobody");
}

TEST(Tls, LeavesTls12OutWhereNoneOfItsCiphersIsWanted) {
  const auto server = Started({.cipher_suites = {"TLS_AES_128_GCM_SHA256"}}, WhoAreYou(nullptr));
  EXPECT_FALSE(TestClient(server->port(), ClientTls{.max_version = TLS1_2_VERSION}).connected());
}

TEST(Tls, SaysWhatIsWrongWithOptions) {
  const TemporaryFolder folder;
  const auto ca = MakeCa("the authority");
  const auto one = MakeLeaf(ca, {.common_name = "one", .usage = "serverAuth"});
  const auto two = MakeLeaf(ca, {.common_name = "two", .usage = "serverAuth"});
  const std::string cert = folder.Write("tls.crt", PemOf(one));
  const std::string wrong_key = folder.Write("tls.key", KeyPemOf(two));
  const auto error = [](const TlsOptions& options) {
    const auto made = TlsContext::Create(options);
    return made ? "" : made.error().message();
  };
  EXPECT_EQ(error({.min_version = "VersionTLS10"}),
            "TLS version \"VersionTLS10\": want VersionTLS12 or VersionTLS13");
  EXPECT_EQ(error({.cipher_suites = {"ROT13"}}), "cipher suite \"ROT13\": not known");
  EXPECT_THAT(error({.cert_file = cert}), HasSubstr("needs a key file"));
  EXPECT_THAT(error({.cert_file = cert, .key_file = wrong_key}), HasSubstr(wrong_key + ": "));
  EXPECT_EQ(error({.cert_file = "/nowhere", .key_file = wrong_key}),
            "/nowhere: No such file or directory");
}

TEST(Tls, TakesUpANewCertificate) {
  const TemporaryFolder folder;
  const auto ca = MakeCa("the authority");
  const auto one = MakeLeaf(ca, {.common_name = "one", .usage = "serverAuth"});
  const auto two = MakeLeaf(ca, {.common_name = "two", .usage = "serverAuth"});
  const TlsOptions tls{.cert_file = folder.Write("tls.crt", PemOf(one)),
                       .key_file = folder.Write("tls.key", KeyPemOf(one))};
  const auto server = Started(tls, WhoAreYou(nullptr));
  TestClient before(server->port(), ClientTls{});
  EXPECT_EQ(before.server_name(), "one");

  // Between the two steps of a rotation, and with nonsense in the files, the old one goes on.
  folder.Write("tls.key", KeyPemOf(two));
  EXPECT_EQ(TestClient(server->port(), ClientTls{}).server_name(), "one");
  folder.Write("tls.crt", "nonsense");
  EXPECT_EQ(TestClient(server->port(), ClientTls{}).server_name(), "one");
  folder.Write("tls.crt", PemOf(two));
  EXPECT_EQ(TestClient(server->port(), ClientTls{}).server_name(), "two");
  EXPECT_EQ(before.Get("/").body, "nobody");
}

TEST(Tls, HangsUpOnClientsThatDoNotSpeakIt) {
  const auto server = Started({}, WhoAreYou(nullptr));
  TestClient client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  while (!client.IsClosed()) {
    if (client.Read().status == 0) break;
  }
}

TEST(Tls, HangsUpOnClientsThatSayNothing) {
  HttpServerOptions options{.bind_address = "127.0.0.1", .tls = TlsOptions{}};
  options.times.handshake = std::chrono::milliseconds(5);
  const auto server = HttpServer::Start(options, WhoAreYou(nullptr)).value();
  TestClient client(server->port());
  EXPECT_TRUE(client.IsClosed());
}

TEST(Tls, TellsSlowClientsThatTimeIsUp) {
  HttpServerOptions options{.bind_address = "127.0.0.1", .tls = TlsOptions{}};
  options.times.request = std::chrono::milliseconds(5);
  const auto server = HttpServer::Start(options, WhoAreYou(nullptr)).value();
  TestClient client(server->port(), ClientTls{});
  client.Send("GET /slow HTTP/1.1\r\nHos");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.IsClosed());
}

TEST(ClientCa, TellsWhoseCertificateItIs) {
  const auto ca = MakeCa("the authority");
  const auto subject = CaOf(ca)->Verify(
      *Shown(MakeLeaf(ca, {.common_name = "alice", .organisations = {"system:masters", "staff"}})));
  ASSERT_TRUE(subject.has_value()) << subject.error().message();
  EXPECT_EQ(subject->common_name, "alice");
  EXPECT_THAT(subject->organisations, ElementsAre("system:masters", "staff"));
}

TEST(ClientCa, FollowsAChainToWhatItTrusts) {
  const auto root = MakeCa("root");
  const auto between = MakeCa("between", &root);
  const auto alice = MakeLeaf(between, {.common_name = "alice"});
  EXPECT_FALSE(CaOf(root)->Verify(*Shown(alice)).has_value());
  EXPECT_TRUE(CaOf(root)->Verify(*Shown(alice, &between)).has_value());
  // What is in the bundle is trusted, though it is no root.
  EXPECT_TRUE(CaOf(between)->Verify(*Shown(alice)).has_value());
}

TEST(ClientCa, RefusesWhatIsExpiredOrForServers) {
  const auto ca = MakeCa("the authority");
  const auto expired =
      CaOf(ca)->Verify(*Shown(MakeLeaf(ca, {.common_name = "alice", .expired = true})));
  ASSERT_FALSE(expired.has_value());
  EXPECT_THAT(expired.error().message(), HasSubstr("expired"));
  const auto server =
      CaOf(ca)->Verify(*Shown(MakeLeaf(ca, {.common_name = "alice", .usage = "serverAuth"})));
  ASSERT_FALSE(server.has_value());
  EXPECT_THAT(server.error().message(), HasSubstr("purpose"));
}

TEST(ClientCa, RefusesNonsense) {
  const auto ca = CaOf(MakeCa("the authority"));
  EXPECT_FALSE(ca->Verify({}).has_value());
  EXPECT_FALSE(ca->Verify({.der = {"nonsense"}}).has_value());
  EXPECT_FALSE(ClientCa::FromPem("nonsense").has_value());
  const auto missing = ClientCa::FromFile("/nowhere/ca.crt");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message(), HasSubstr("/nowhere/ca.crt: "));
}

TEST(ClientCa, IsReadAgainWhenItChanges) {
  const TemporaryFolder folder;
  const auto one = MakeCa("one");
  const auto two = MakeCa("two");
  const auto alice = Shown(MakeLeaf(two, {.common_name = "alice"}));
  const auto ca = ClientCa::FromFile(folder.Write("ca.crt", PemOf(one))).value();
  EXPECT_FALSE(ca->Verify(*alice).has_value());
  folder.Write("ca.crt", "nonsense");
  EXPECT_FALSE(ca->Verify(*alice).has_value());
  folder.Write("ca.crt", PemOf(one) + PemOf(two));
  EXPECT_TRUE(ca->Verify(*alice).has_value());
}

}  // namespace
}  // namespace berth::serve
