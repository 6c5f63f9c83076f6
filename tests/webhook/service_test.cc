#include "scheduler/webhook/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "tests/serve/certificates.h"
#include "tests/webhook/extender.h"

namespace berth::webhook {
namespace {

using serve::TestClient;
using testing::HasSubstr;

ServiceOptions Local() {
  return {
      .config = config::DefaultConfiguration(), .address = "127.0.0.1", .port = 0, .workers = 2};
}

// A service that runs on a thread of its own until the end of the test.
class Running {
 public:
  explicit Running(ServiceOptions options) {
    auto made = Service::Make(std::move(options), plugins::MakeRegistry(), clock_);
    EXPECT_TRUE(made.has_value()) << made.error().message();
    service_ = *std::move(made);
    thread_ = std::thread([this] { service_->Run(stop_); });
  }
  ~Running() { Stop(); }

  std::uint16_t port() const { return service_->port(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  base::SystemClock clock_;
  std::unique_ptr<Service> service_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::string Refused(ServiceOptions options) {
  const base::SystemClock clock;
  const auto made = Service::Make(std::move(options), plugins::MakeRegistry(), clock);
  return made ? "" : made.error().message();
}

std::string FilterText() { return PostText("filter", WithNodes(PodJson("p"), {NodeJson("a")})); }

TEST(ExtenderService, AnswersWithoutACluster) {
  Running service(Local());
  TestClient client(service.port());
  client.Send(FilterText());
  const serve::Answer answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json::parse(answer.body)["Nodes"]["items"].size(), 1u);
  for (const char* path : {"/healthz", "/livez", "/readyz"}) {
    EXPECT_EQ(client.Get(path).body, "ok") << path;
  }
  EXPECT_THAT(client.Get("/metrics").body, HasSubstr("berth_extender_requests_total"));
  service.Stop();
  EXPECT_TRUE(client.IsClosed());
  EXPECT_FALSE(TestClient(service.port()).connected());
}

TEST(ExtenderService, IsNotReadyBeforeTheClusterIsListed) {
  ServiceOptions options = Local();
  // Nobody listens there.
  options.cluster = kube::ClientConfig{.server = "http://127.0.0.1:1"};
  const Running service(std::move(options));
  TestClient client(service.port());
  EXPECT_EQ(client.Get("/healthz").status, 200);
  EXPECT_EQ(client.Get("/readyz").status, 500);
  client.Send(FilterText());
  EXPECT_EQ(client.Read().status, 503);
}

TEST(ExtenderService, AsksSchedulersForACertificate) {
  const serve::TemporaryFolder folder;
  const auto ca = serve::MakeCa("good");
  const auto other_ca = serve::MakeCa("bad");
  const auto server = serve::MakeLeaf(ca, {.common_name = "localhost", .usage = "serverAuth"});
  const auto good = serve::MakeLeaf(ca, {.common_name = "kube-scheduler"});
  const auto bad = serve::MakeLeaf(other_ca, {.common_name = "kube-scheduler"});
  ServiceOptions options = Local();
  options.tls_cert_file = folder.Write("cert.pem", serve::PemOf(server));
  options.tls_private_key_file = folder.Write("key.pem", serve::KeyPemOf(server));
  options.client_ca_file = folder.Write("ca.pem", serve::PemOf(ca));
  const Running service(std::move(options));

  TestClient trusted(service.port(), serve::ClientTls{.certificate = &good});
  trusted.Send(FilterText());
  EXPECT_EQ(trusted.Read().status, 200);

  TestClient wrong(service.port(), serve::ClientTls{.certificate = &bad});
  wrong.Send(FilterText());
  EXPECT_EQ(wrong.Read().status, 0);  // hung up on

  TestClient nobody(service.port(), serve::ClientTls{});
  nobody.Send(FilterText());
  EXPECT_EQ(nobody.Read().status, 401);
  EXPECT_EQ(nobody.Get("/healthz").status, 200);  // as a kubelet asks
}

TEST(ExtenderService, RefusesWhatCannotBeServed) {
  ServiceOptions options = Local();
  options.address = "nowhere";
  EXPECT_THAT(Refused(options), HasSubstr("\"nowhere\" is not an IP address"));
  options = Local();
  options.client_ca_file = "/ca.pem";
  EXPECT_THAT(Refused(options), HasSubstr("a client CA needs a certificate"));
  options = Local();
  options.tls_cert_file = "/missing.pem";
  options.tls_private_key_file = "/missing.key";
  EXPECT_THAT(Refused(options), HasSubstr("/missing.pem"));
}

}  // namespace
}  // namespace berth::webhook
