// Credentials that come from files and plugins, and change.
#include "scheduler/kube/credentials.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/kube/manual_clock.h"
#include "tests/kube/temporary_folder.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

constexpr auto kV1 = "client.authentication.k8s.io/v1";

std::string ExecCredentialText(const std::string& status) {
  return R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)" +
         status + "}";
}

std::string Problem(const std::string& text) {
  const auto credential = ParseExecCredential(text, kV1);
  return credential ? "none" : credential.error().message();
}

TEST(ExecCredential, HasATokenOrACertificate) {
  const auto token = ParseExecCredential(
      ExecCredentialText(R"({"token":"t","expirationTimestamp":"2026-01-02T03:04:05Z"})"), kV1);
  ASSERT_TRUE(token.has_value()) << token.error().message();
  EXPECT_EQ(token->authorization, "Bearer t");
  EXPECT_EQ(token->expires, 1'767'323'045'000'000'000);
  const auto certificate = ParseExecCredential(
      ExecCredentialText(R"({"clientCertificateData":"c","clientKeyData":"k"})"), kV1);
  ASSERT_TRUE(certificate.has_value());
  EXPECT_EQ(certificate->certificate, "c");
  EXPECT_EQ(certificate->key, "k");
  EXPECT_EQ(certificate->expires, std::nullopt);
}

TEST(ExecCredential, SaysWhatIsWrong) {
  EXPECT_EQ(Problem("login: "), "printed no ExecCredential in JSON");
  EXPECT_EQ(Problem("[]"), "printed no ExecCredential in JSON");
  EXPECT_EQ(Problem("{}"), "kind: expected ExecCredential");
  EXPECT_EQ(Problem(R"({"kind":"ExecCredential","apiVersion":"v1"})"),
            "apiVersion: expected client.authentication.k8s.io/v1");
  EXPECT_EQ(Problem(ExecCredentialText("null")), "status: Required value");
  EXPECT_EQ(Problem(ExecCredentialText("{}")), "status: neither token nor clientCertificateData");
  EXPECT_EQ(Problem(ExecCredentialText(R"({"token":7})")), "status.token: expected a string");
  EXPECT_EQ(Problem(ExecCredentialText(R"({"token":"a\r\nb"})")),
            "status.token: holds a line break");
  EXPECT_EQ(Problem(ExecCredentialText(R"({"clientKeyData":"k"})")),
            "status: clientCertificateData and clientKeyData belong together");
  EXPECT_EQ(Problem(ExecCredentialText(R"({"token":"t","expirationTimestamp":"soon"})")),
            "status.expirationTimestamp: not a time: soon");
}

TEST(ExecInfo, TellsThePluginOfTheClusterIfItWants) {
  ClientConfig config{.server = "https://h", .tls_server_name = "n"};
  config.exec = ExecPlugin{.command = "x", .api_version = kV1};
  EXPECT_EQ(nlohmann::json::parse(ExecInfo(config)),
            nlohmann::json::parse(R"({"apiVersion":"client.authentication.k8s.io/v1",
                "kind":"ExecCredential","spec":{"interactive":false}})"));
  config.exec->provide_cluster_info = true;
  config.exec->cluster_extension = R"({"a":1})";
  config.authority.text = "-----BEGIN X";
  EXPECT_EQ(nlohmann::json::parse(ExecInfo(config))["spec"]["cluster"],
            nlohmann::json::parse(R"({"server":"https://h","tls-server-name":"n",
                "certificate-authority-data":"LS0tLS1CRUdJTiBY","config":{"a":1}})"));
}

// Looks at credentials as the client does: again whenever there is something new.
class CredentialsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Credentials> Make(const ClientConfig& config) {
    return std::make_unique<Credentials>(config, clock_, [this] {
      const std::lock_guard lock(mutex_);
      ++changes_;
      changed_.notify_all();
    });
  }

  // The header, or "error: ..."; waits where it has to.
  std::string See(Credentials& credentials) {
    std::unique_lock lock(mutex_);
    while (true) {
      const int seen = changes_;
      lock.unlock();
      const auto answer = credentials.Look();
      lock.lock();
      if (answer.credential != nullptr) return answer.credential->authorization;
      if (!answer.error.empty()) return "error: " + answer.error;
      changed_.wait(lock, [&] { return changes_ != seen; });
    }
  }

  // Until something was fetched that was asked for behind the scenes.
  void WaitForChange(int seen) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return changes_ > seen; });
  }
  int changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  // A plugin that counts how often it runs, in its token.
  ClientConfig CountingPlugin(const std::string& more_status = "") {
    ClientConfig config{.server = "https://h"};
    config.exec = ExecPlugin{
        .command = folder_.WriteProgram(
            "plugin", "echo x >> '" + folder_.Path("runs") + "'\nruns=$(grep -c x '" +
                          folder_.Path("runs") + "')\ncat <<END\n" +
                          ExecCredentialText("{\"token\":\"t$runs\"" + more_status + "}") +
                          "\nEND\n"),
        .api_version = kV1};
    return config;
  }

  TemporaryFolder folder_;
  ManualClock clock_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int changes_ = 0;
};

TEST_F(CredentialsTest, ThatDoNotChangeAreThereAtOnce) {
  EXPECT_EQ(Make({.token = "t"})->Look().credential->authorization, "Bearer t");
  EXPECT_EQ(
      Make({.username = "Aladdin", .password = "open sesame"})->Look().credential->authorization,
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(Make({})->Look().credential->authorization, "");
  EXPECT_FALSE(Make({.token = "t"})->Refused(1));
}

TEST_F(CredentialsTest, ATokenFileIsReadAgainAfterAMinute) {
  const auto credentials = Make({.token_file = folder_.Write("token", "one\n")});
  EXPECT_EQ(See(*credentials), "Bearer one");
  folder_.Write("token", "two\n");
  clock_.Advance(59s);
  EXPECT_EQ(See(*credentials), "Bearer one");
  clock_.Advance(1s);
  const int seen = changes();
  EXPECT_EQ(See(*credentials), "Bearer one");
  WaitForChange(seen);
  EXPECT_EQ(See(*credentials), "Bearer two");
}

TEST_F(CredentialsTest, ATokenFileIsReadAgainAtOnceWhenItWasRefused) {
  const auto credentials = Make({.token_file = folder_.Write("token", "one")});
  EXPECT_EQ(See(*credentials), "Bearer one");
  folder_.Write("token", "two");
  EXPECT_TRUE(credentials->Refused(credentials->Look().generation));
  EXPECT_EQ(See(*credentials), "Bearer two");
  // What was refused just after it was fetched is not worth another try yet.
  EXPECT_FALSE(credentials->Refused(credentials->Look().generation));
  // The answer to a request from before is.
  EXPECT_TRUE(credentials->Refused(1));
}

TEST_F(CredentialsTest, AnOldTokenServesOnWhileTheFileIsGone) {
  const auto credentials = Make({.token_file = folder_.Write("token", "one")});
  EXPECT_EQ(See(*credentials), "Bearer one");
  std::filesystem::remove(folder_.Path("token"));
  clock_.Advance(1min);
  const int seen = changes();
  EXPECT_EQ(See(*credentials), "Bearer one");
  WaitForChange(seen);
  EXPECT_EQ(See(*credentials), "Bearer one");
  EXPECT_TRUE(credentials->Refused(credentials->Look().generation) ||
              See(*credentials) == "Bearer one");
}

TEST_F(CredentialsTest, AFileThatCannotBeReadIsAnErrorUntilItCan) {
  const auto credentials = Make({.token_file = folder_.Path("token")});
  EXPECT_EQ(See(*credentials),
            "error: token file " + folder_.Path("token") + ": No such file or directory");
  folder_.Write("token", " \n");
  clock_.Advance(1s);
  EXPECT_EQ(See(*credentials), "error: token file " + folder_.Path("token") + ": no token in it");
  folder_.Write("token", "a\nb");
  clock_.Advance(1s);
  EXPECT_EQ(See(*credentials),
            "error: token file " + folder_.Path("token") + ": more than one line");
  folder_.Write("token", "t");
  clock_.Advance(1s);
  EXPECT_EQ(See(*credentials), "Bearer t");
}

TEST_F(CredentialsTest, APluginIsAskedAgainWhenItsCredentialExpires) {
  // An hour after the clock of the test begins.
  const auto credentials = Make(CountingPlugin(R"(,"expirationTimestamp":"2026-05-28T21:26:40Z")"));
  EXPECT_EQ(See(*credentials), "Bearer t1");
  clock_.Advance(59min);
  EXPECT_EQ(See(*credentials), "Bearer t1");
  clock_.Advance(1min);
  EXPECT_EQ(See(*credentials), "error: the credential that was fetched had expired already");
}

TEST_F(CredentialsTest, APluginIsAskedAgainWhenItsCredentialIsRefused) {
  const auto credentials = Make(CountingPlugin());
  EXPECT_EQ(See(*credentials), "Bearer t1");
  clock_.Advance(24h);
  EXPECT_EQ(See(*credentials), "Bearer t1");
  EXPECT_TRUE(credentials->Refused(credentials->Look().generation));
  EXPECT_EQ(See(*credentials), "Bearer t2");
}

TEST_F(CredentialsTest, APluginThatFailsIsNotAskedAllTheTime) {
  ClientConfig config{.server = "https://h"};
  config.exec = ExecPlugin{
      .command = folder_.WriteProgram("plugin", "echo x >> '" + folder_.Path("runs") + "'; exit 1"),
      .api_version = kV1,
      .install_hint = "see x"};
  const auto credentials = Make(config);
  const std::string error =
      "error: exec plugin " + folder_.Path("plugin") + ": ended with status 1 (see x)";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(See(*credentials), error);
  EXPECT_EQ(std::filesystem::file_size(folder_.Path("runs")), 2u);
  clock_.Advance(1s);
  EXPECT_EQ(See(*credentials), error);
  EXPECT_EQ(std::filesystem::file_size(folder_.Path("runs")), 4u);
}

TEST_F(CredentialsTest, TheEndDoesNotWaitForAPlugin) {
  ClientConfig config{.server = "https://h"};
  config.exec =
      ExecPlugin{.command = folder_.WriteProgram("plugin", "exec sleep 1000"), .api_version = kV1};
  const auto credentials = Make(config);
  EXPECT_EQ(credentials->Look().credential, nullptr);
}

}  // namespace
}  // namespace berth::kube
