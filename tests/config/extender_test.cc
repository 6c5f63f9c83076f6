// extenders[].
#include "tests/config/support.h"

namespace berth::config {
namespace {

using namespace std::chrono_literals;

TEST(Extender, ReadsEveryField) {
  const Configuration configuration = Loaded(R"(
extenders:
- urlPrefix: https://extender.example.com/
  filterVerb: filter
  preemptVerb: preempt
  prioritizeVerb: prioritize
  weight: 5
  bindVerb: bind
  enableHTTPS: true
  tlsConfig:
    insecure: false
    serverName: extender
    certFile: /c
    keyFile: /k
    caFile: /a
    certData: Y2VydA==
    keyData: a2V5
    caData: Y2E=
  httpTimeout: 250ms
  nodeCacheCapable: true
  managedResources: [{name: example.com/gpu, ignoredByScheduler: true}]
  ignorable: true
- {}
)");
  ASSERT_EQ(configuration.extenders.size(), 2u);
  const Extender& extender = configuration.extenders[0];
  EXPECT_EQ(extender.url_prefix, "https://extender.example.com/");
  EXPECT_EQ(extender.filter_verb, "filter");
  EXPECT_EQ(extender.preempt_verb, "preempt");
  EXPECT_EQ(extender.prioritize_verb, "prioritize");
  EXPECT_EQ(extender.weight, 5);
  EXPECT_EQ(extender.bind_verb, "bind");
  EXPECT_TRUE(extender.enable_https);
  ASSERT_TRUE(extender.tls.has_value());
  EXPECT_EQ(extender.tls->server_name, "extender");
  EXPECT_EQ(extender.tls->cert_file, "/c");
  EXPECT_EQ(extender.tls->key_file, "/k");
  EXPECT_EQ(extender.tls->ca_file, "/a");
  EXPECT_EQ(extender.tls->cert_data, "cert");
  EXPECT_EQ(extender.tls->key_data, "key");
  EXPECT_EQ(extender.tls->ca_data, "ca");
  EXPECT_EQ(extender.http_timeout, 250ms);
  EXPECT_TRUE(extender.node_cache_capable);
  ASSERT_EQ(extender.managed_resources.size(), 1u);
  EXPECT_EQ(extender.managed_resources[0].name, "example.com/gpu");
  EXPECT_TRUE(extender.managed_resources[0].ignored_by_scheduler);
  EXPECT_TRUE(extender.ignorable);
  EXPECT_EQ(configuration.extenders[1].http_timeout, 5s);
  EXPECT_FALSE(configuration.extenders[1].tls.has_value());
}

TEST(Extender, Refuses) {
  EXPECT_EQ(ErrorOf("extenders: [{prioritizeVerb: p}]"),
            "f: extenders[0].weight: Invalid value: 0: must have a positive weight applied to it");
  EXPECT_EQ(ErrorOf("extenders: [{bindVerb: b}, {bindVerb: b}]"),
            "f: extenders[1].bindVerb: Invalid value: \"b\": only one extender can implement "
            "bind");
  EXPECT_EQ(ErrorOf("extenders: [{managedResources: [{name: cpu}]}]"),
            "f: extenders[0].managedResources[0].name: Invalid value: \"cpu\": is an invalid "
            "extended resource name");
  EXPECT_EQ(ErrorOf("extenders: [{managedResources: [{name: a.b/c}]}, {managedResources: [{name: "
                    "a.b/c}]}]"),
            "f: extenders[1].managedResources[0].name: Duplicate value: \"a.b/c\"");
  EXPECT_EQ(ErrorOf("extenders: [{tlsConfig: {caData: '!'}}]"),
            "f: extenders[0].tlsConfig.caData: not valid base64");
  EXPECT_EQ(ErrorOf("extenders: [{httpTimeout: -1s}]"),
            "f: extenders[0].httpTimeout: Invalid value: \"-1s\": must not be negative");
  EXPECT_EQ(ErrorOf("extenders: [{url: x}]"), "f: extenders[0].url: unknown field");
}

}  // namespace
}  // namespace berth::config
