// Kubeconfigs as they are found, and as they should not be.
#include "scheduler/kube/kubeconfig.h"

#include <gtest/gtest.h>

#include "scheduler/kube/base64.h"
#include "tests/kube/temporary_folder.h"

namespace berth::kube {
namespace {

constexpr std::string_view kPem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

std::string Pem64() { return EncodeBase64(kPem); }

// A kubeconfig with one cluster and one user, each given as a flow mapping.
std::string Document(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
         "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
         "clusters: [{name: k, cluster: " +
         cluster +
         "}]\n"
         "users: [{name: u, user: " +
         user + "}]\n";
}

constexpr auto kCluster = "{server: 'https://10.0.0.1:6443'}";

ClientConfig Parsed(const std::string& text, const KubeconfigOptions& options = {}) {
  auto config = ParseKubeconfig(text, "F", "/etc/kube", options);
  EXPECT_TRUE(config.has_value()) << config.error().message();
  return config.value_or(ClientConfig());
}

std::string Problem(const std::string& text, const KubeconfigOptions& options = {}) {
  const auto config = ParseKubeconfig(text, "F", "/etc/kube", options);
  return config ? "none" : config.error().message();
}

TEST(Kubeconfig, ReadsWhatKubectlWrites) {
  const ClientConfig config = Parsed(Document(
      "{server: 'https://10.0.0.1:6443/', certificate-authority-data: " + Pem64() +
          ", tls-server-name: kubernetes, proxy-url: 'socks5://p:1080', certificate-authority: x}",
      "{client-certificate-data: " + Pem64() + ", client-key: keys/u.pem}"));
  EXPECT_EQ(config.server, "https://10.0.0.1:6443");
  EXPECT_EQ(config.authority.text, kPem);
  EXPECT_EQ(config.authority.file, "");
  EXPECT_EQ(config.tls_server_name, "kubernetes");
  EXPECT_EQ(config.proxy_url, "socks5://p:1080");
  EXPECT_EQ(config.certificate.text, kPem);
  EXPECT_EQ(config.key.file, "/etc/kube/keys/u.pem");
  EXPECT_FALSE(config.insecure_skip_tls_verify);
  EXPECT_EQ(config.token, "");
  EXPECT_FALSE(config.exec);
}

TEST(Kubeconfig, ReadsJson) {
  const ClientConfig config = Parsed(R"({"current-context": "c",
      "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
      "clusters": [{"name": "k", "cluster": {"server": "http://localhost:8080"}}],
      "users": [{"name": "u", "user": {"username": "a", "password": "b"}}]})");
  EXPECT_EQ(config.server, "http://localhost:8080");
  EXPECT_EQ(config.username, "a");
  EXPECT_EQ(config.password, "b");
}

TEST(Kubeconfig, TakesTheContextThatIsAskedFor) {
  const std::string text =
      "current-context: a\n"
      "contexts:\n- {name: a, context: {cluster: a}}\n- {name: b, context: {cluster: b, user: u}}\n"
      "clusters:\n- {name: a, cluster: {server: 'https://a'}}\n"
      "- {name: b, cluster: {server: 'https://b'}}\n"
      "users: [{name: u, user: {token: t}}]\n";
  EXPECT_EQ(Parsed(text).server, "https://a");
  EXPECT_EQ(Parsed(text).token, "");
  EXPECT_EQ(Parsed(text, {.context = "b"}).server, "https://b");
  EXPECT_EQ(Parsed(text, {.context = "b"}).token, "t");
  EXPECT_EQ(Problem(text, {.context = "x"}), "F: --context: no \"x\" in contexts");
}

TEST(Kubeconfig, MasterGoesBeforeTheServer) {
  const KubeconfigOptions options{.master = "https://other:1"};
  const auto config = Parsed(Document(kCluster, "{token: t}"), options);
  EXPECT_EQ(config.server, "https://other:1");
  EXPECT_EQ(config.token, "t");
  EXPECT_EQ(Parsed("apiVersion: v1", {.master = "localhost:8080"}).server, "http://localhost:8080");
  EXPECT_EQ(Problem("apiVersion: v1", {.master = "ftp://x"}),
            "F: --master: neither http nor https: ftp://x");
}

TEST(Kubeconfig, AServerWithoutASchemeGetsOne) {
  EXPECT_EQ(Parsed(Document("{server: 'h:1'}", "{}")).server, "http://h:1");
  EXPECT_EQ(Parsed(Document("{server: 'h:1', certificate-authority: ca.crt}", "{}")).server,
            "https://h:1");
}

TEST(Kubeconfig, PassesOverWhatItDoesNotKnowAndWhatIsNull) {
  const auto config = Parsed(Document(
      "{server: 'https://h', extensions: [{name: x, extension: {a: [1]}}], disable-compression: "
      "true, proxy-url: null}",
      "{token: t, as: ~, colour: blue}"));
  EXPECT_EQ(config.token, "t");
}

TEST(Kubeconfig, ReadsExec) {
  const auto config = Parsed(Document(
      "{server: 'https://h', extensions: [{name: client.authentication.k8s.io/exec, extension: "
      "{audience: a}}]}",
      "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [get, "
      "token], env: [{name: A, value: b}], provideClusterInfo: true, interactiveMode: "
      "IfAvailable, installHint: get it}}"));
  ASSERT_TRUE(config.exec);
  EXPECT_EQ(config.exec->command, "/etc/kube/bin/login");
  EXPECT_EQ(config.exec->args, (std::vector<std::string>{"get", "token"}));
  EXPECT_EQ(config.exec->env[0].first, "A");
  EXPECT_EQ(config.exec->env[0].second, "b");
  EXPECT_TRUE(config.exec->provide_cluster_info);
  EXPECT_EQ(config.exec->cluster_extension, R"({"audience":"a"})");
  EXPECT_EQ(config.exec->install_hint, "get it");
  const auto in_path = Parsed(Document(
      kCluster, "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: login}}"));
  EXPECT_EQ(in_path.exec->command, "login");
}

struct BadInput {
  std::string text;
  std::string problem;
};

TEST(Kubeconfig, SaysWhatIsWrongAndWhere) {
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1";
  const std::vector<BadInput> inputs = {
      {"", "F: is empty"},
      {"{}", "F: current-context: Required value"},
      {"a: b\n---\nc: d\n", "F: more than one document"},
      {"kind: Pod", "F: kind: not Config: Pod"},
      {"apiVersion: v2", "F: apiVersion: not v1: v2"},
      {"current-context: 7", "F: current-context: expected a string, not number"},
      {"current-context: x", "F: current-context: no \"x\" in contexts"},
      {"{current-context: x, contexts: {}}", "F: contexts: expected a list, not object"},
      {"{current-context: x, contexts: [7]}", "F: contexts[0]: expected a mapping, not number"},
      {"{current-context: x, contexts: [{name: x}]}",
       "F: contexts[0].context.cluster: Required value"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: k}}]}",
       "F: contexts[0].context.cluster: no \"k\" in clusters"},
      {Document("{}", "{}"), "F: clusters[0].cluster.server: Required value"},
      {Document("{server: 'https://'}", "{}"), "F: clusters[0].cluster.server: not a URL: "},
      {Document("{server: 'https://a b'}", "{}"),
       "F: clusters[0].cluster.server: white space in a URL"},
      {Document("{server: 'unix:///run/x'}", "{}"), "F: clusters[0].cluster.server: "},
      {Document("{server: 'https://u:p@h'}", "{}"),
       "F: clusters[0].cluster.server: a user and password do not belong into the URL"},
      {Document("{server: 'https://h?x=1'}", "{}"),
       "F: clusters[0].cluster.server: a server's URL has neither '?' nor '#'"},
      {Document("{server: 'https://h', insecure-skip-tls-verify: 'yes'}", "{}"),
       "F: clusters[0].cluster.insecure-skip-tls-verify: expected true or false, not string"},
      {Document("{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority: x}",
                "{}"),
       "F: clusters[0].cluster.insecure-skip-tls-verify: may not be true with"},
      {Document("{server: 'https://h', proxy-url: 'h:1'}", "{}"),
       "F: clusters[0].cluster.proxy-url: has to begin with"},
      {Document("{server: 'https://h', certificate-authority-data: '%%'}", "{}"),
       "F: clusters[0].cluster.certificate-authority-data: not base64"},
      {Document(kCluster, "{client-key-data: 'AAA'}"),
       "F: users[0].user.client-key-data: not base64"},
      {Document(kCluster, "{client-key-data: 'AAAA'}"),
       "F: users[0].user.client-key-data: not PEM"},
      {Document(kCluster, "{client-key: a}"),
       "F: users[0].user.client-certificate: Required value with client-key"},
      {Document(kCluster, "{client-certificate: a}"),
       "F: users[0].user.client-key: Required value with client-certificate"},
      {Document(kCluster, "{token: 12345}"),
       "F: users[0].user.token: expected a string, not number"},
      {Document(kCluster, "{token: \"a\\nb\"}"), "F: users[0].user.token: holds a line break"},
      {Document(kCluster, "{token: a, username: b}"),
       "F: users[0].user.token: only one of token, username and exec is allowed"},
      {Document(kCluster, "{auth-provider: {name: gcp}}"),
       "F: users[0].user.auth-provider: is no longer supported by Kubernetes; use exec"},
      {Document(kCluster, "{exec: [a]}"), "F: users[0].user.exec: expected a mapping, not array"},
      {Document(kCluster, "{exec: {}}"), "F: users[0].user.exec.command: Required value"},
      {Document(kCluster, "{exec: {command: x}}"),
       "F: users[0].user.exec.apiVersion: Required value"},
      {Document(kCluster,
                "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}"),
       "F: users[0].user.exec.apiVersion: neither client.authentication.k8s.io/v1 nor"},
      {Document(kCluster, "{exec: {command: x, " + v1 + "}}"),
       "F: users[0].user.exec.interactiveMode: Required value"},
      {Document(kCluster, "{exec: {command: x, interactiveMode: Always, " + v1 + "}}"),
       "F: users[0].user.exec.interactiveMode: Always: there is nobody to be asked"},
      {Document(kCluster, "{exec: {command: x, interactiveMode: Maybe, " + v1 + "}}"),
       "F: users[0].user.exec.interactiveMode: neither Never"},
      {Document(kCluster, "{exec: {command: x, args: [1], interactiveMode: Never, " + v1 + "}}"),
       "F: users[0].user.exec.args[0]: expected a string, not number"},
      {Document(kCluster,
                "{exec: {command: x, env: [{value: v}], interactiveMode: Never, " + v1 + "}}"),
       "F: users[0].user.exec.env[0].name: Required value"},
      {R"({"a": )" + std::string(1000, '[') + std::string(1000, ']') + "}", "F: nested too deep"},
  };
  for (const BadInput& input : inputs) {
    const std::string problem = Problem(input.text);
    EXPECT_TRUE(problem.starts_with(input.problem)) << problem << "\nfor " << input.text;
  }
}

TEST(Kubeconfig, RefusesWhatIsNoDocument) {
  for (const std::string text : {"[1, 2]", "\"text\"", "a: [", "\x80\x81", "{\"a\": }", "\t- x"}) {
    EXPECT_TRUE(Problem(text).starts_with("F: ")) << Problem(text);
  }
}

TEST(LoadKubeconfig, NamesTheFileAndResolvesPathsFromItsFolder) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("config", Document(kCluster, "{tokenFile: ../token}"));
  const auto config = LoadKubeconfig(path);
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_EQ(config->token_file,
            (std::filesystem::path(folder.path()).parent_path() / "token").string());

  folder.Write("config", "7");
  EXPECT_TRUE(LoadKubeconfig(path).error().message().starts_with("kubeconfig " + path + ": "));
  const auto absent = LoadKubeconfig(folder.Path("absent"));
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().message(),
            "kubeconfig " + folder.Path("absent") + ": No such file or directory");
  EXPECT_EQ(LoadKubeconfig(folder.path()).error().message(),
            "kubeconfig " + folder.path() + ": Is a directory");
}

TEST(LoadKubeconfig, RefusesAHugeFile) {
  const TemporaryFolder folder;
  const auto config = LoadKubeconfig(folder.Write("config", std::string(5u << 20, ' ')));
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().message().find("larger than"), std::string::npos);
}

const Environment kService = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                              {"KUBERNETES_SERVICE_PORT", "443"}};

TEST(InClusterConfig, IsTheServiceAccountOfThePod) {
  const TemporaryFolder folder;
  folder.Write("token", "t\n");
  folder.Write("ca.crt", kPem);
  const auto config = InClusterConfig(folder.path(), kService);
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_EQ(config->server, "https://10.96.0.1:443");
  EXPECT_EQ(config->token_file, folder.Path("token"));
  EXPECT_EQ(config->authority.file, folder.Path("ca.crt"));
}

TEST(InClusterConfig, BracketsAddressesOfIpv6) {
  const TemporaryFolder folder;
  folder.Write("token", "t");
  const auto config = InClusterConfig(
      folder.path(), {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_EQ(config->server, "https://[fd00::1]:443");
}

TEST(InClusterConfig, SaysWhatIsMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(InClusterConfig(folder.path(), {}).error().message(),
            "not in a cluster: KUBERNETES_SERVICE_HOST is not set");
  EXPECT_EQ(InClusterConfig(folder.path(), {{"KUBERNETES_SERVICE_HOST", "h"}}).error().message(),
            "not in a cluster: KUBERNETES_SERVICE_PORT is not set");
  EXPECT_EQ(InClusterConfig(folder.path(), kService).error().message(),
            "service account: " + folder.Path("token") + ": No such file or directory");
}

}  // namespace
}  // namespace berth::kube
