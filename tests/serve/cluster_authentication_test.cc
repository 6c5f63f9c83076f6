#include "scheduler/serve/cluster_authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/certificates.h"

namespace berth::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Escaped(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, "\\n");
  }
  return text;
}

TEST(ClusterAuthentication, ReadsTheConfigMap) {
  const std::string pem = Escaped(PemOf(MakeCa("clients")));
  const auto config =
      ReadClusterAuthentication(R"({"kind":"ConfigMap","data":{"client-ca-file":")" + pem +
                                R"(","requestheader-client-ca-file":")" + pem +
                                R"(","requestheader-allowed-names":"[\"front-proxy-client\"]",
          "requestheader-username-headers":"[\"X-User\",\"X-Name\"]",
          "requestheader-group-headers":"[\"X-Group\"]",
          "requestheader-extra-headers-prefix":"[\"X-Extra-\"]"}})");
  ASSERT_TRUE(config.has_value()) << config.error().message();
  EXPECT_NE(config->client_ca, nullptr);
  EXPECT_NE(config->front_proxy.ca, nullptr);
  EXPECT_THAT(config->front_proxy.allowed_names, ElementsAre("front-proxy-client"));
  EXPECT_THAT(config->front_proxy.username_headers, ElementsAre("X-User", "X-Name"));
  EXPECT_THAT(config->front_proxy.group_headers, ElementsAre("X-Group"));
  EXPECT_THAT(config->front_proxy.extra_prefixes, ElementsAre("X-Extra-"));
  EXPECT_THAT(config->front_proxy.uid_headers, IsEmpty());
}

TEST(ClusterAuthentication, BelievesNobodyWithoutData) {
  const auto config = ReadClusterAuthentication(R"({"kind":"ConfigMap"})");
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->client_ca, nullptr);
  EXPECT_EQ(config->front_proxy.ca, nullptr);
  EXPECT_THAT(config->front_proxy.username_headers, ElementsAre("x-remote-user"));
}

TEST(ClusterAuthentication, SaysWhichKeyIsWrong) {
  const auto error = [](const std::string& text) {
    const auto config = ReadClusterAuthentication(text);
    return config ? "" : config.error().message();
  };
  EXPECT_THAT(error("nonsense"), HasSubstr("malformed ConfigMap"));
  EXPECT_THAT(error(R"({"data":7})"), HasSubstr("malformed ConfigMap"));
  EXPECT_THAT(error(R"({"data":{"client-ca-file":"nonsense"}})"),
              HasSubstr("client-ca-file: no certificate in it"));
  EXPECT_THAT(error(R"({"data":{"requestheader-allowed-names":"a"}})"),
              HasSubstr("requestheader-allowed-names: want a list of strings"));
}

}  // namespace
}  // namespace berth::serve
