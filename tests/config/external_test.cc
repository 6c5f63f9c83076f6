// Plugins that are not built in: how a configuration names and configures them.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <variant>

#include "scheduler/config/load.h"
#include "scheduler/config/print.h"

namespace berth::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A profile with the plugin X and these arguments, in flow style; empty: no entry for it.
base::Result<Configuration> LoadWith(const std::string& args, const LoadedPlugins& loaded = {},
                                     const std::string& sets = "multiPoint: {enabled: [{name: X}]}",
                                     const std::string& name = "X") {
  const std::string config =
      args.empty() ? "" : ", pluginConfig: [{name: " + name + ", args: " + args + "}]";
  return LoadText(
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
      "profiles: [{plugins: {" +
          sets + "}" + config + "}]\n",
      "f", {}, loaded);
}

std::string ErrorOf(const base::Result<Configuration>& configuration) {
  return configuration ? "valid" : configuration.error().message();
}

std::string Shared(const std::string& fields) {
  return "{apiVersion: berth/v1alpha1, kind: SharedObjectArgs" + fields + "}";
}
std::string Grpc(const std::string& fields) {
  return "{apiVersion: berth/v1alpha1, kind: GrpcPluginArgs" + fields + "}";
}

template <typename Args>
Args ArgsOf(const base::Result<Configuration>& configuration) {
  EXPECT_EQ(ErrorOf(configuration), "valid");
  if (!configuration) return {};
  const PluginArgs* args = configuration->profiles[0].args.Find("X");
  EXPECT_NE(args, nullptr);
  return args == nullptr ? Args() : std::get<Args>(*args);
}

TEST(SharedObjectArgs, HaveDefaults) {
  const auto args = ArgsOf<SharedObjectArgs>(LoadWith(Shared(", path: /x.so")));
  EXPECT_EQ(args.name, "X");
  EXPECT_EQ(args.path, "/x.so");
  EXPECT_EQ(args.on_failure, OnFailure::kFail);
  EXPECT_EQ(args.timeout, std::chrono::seconds(1));
  EXPECT_EQ(args.args, "{}");
}

TEST(SharedObjectArgs, AreReadAndPrinted) {
  const auto first =
      LoadWith(Shared(", path: /x.so, onFailure: Ignore, timeout: 20ms, args: {b: [1, 2.5, null], "
                      "a: {t: true, s: \"q\\\"\\n\"}}"));
  const std::string printed = Print(*first);
  const auto again = LoadText(printed, "printed");
  for (const auto* configuration : {&first, &again}) {
    const auto args = ArgsOf<SharedObjectArgs>(*configuration);
    EXPECT_EQ(args.path, "/x.so");
    EXPECT_EQ(args.on_failure, OnFailure::kIgnore);
    EXPECT_EQ(args.timeout, std::chrono::milliseconds(20));
    EXPECT_EQ(args.args, R"({"b":[1,2.5,null],"a":{"t":true,"s":"q\"\n"}})");
  }
  EXPECT_EQ(Print(*again), printed);
  EXPECT_THAT(printed, HasSubstr("kind: SharedObjectArgs"));
}

TEST(SharedObjectArgs, AreRefusedByField) {
  const std::pair<std::string, const char*> cases[] = {
      {Shared(""), "f: profiles[0].pluginConfig[0].args.path: Required value"},
      {Shared(", path: x, pth: y"), "f: profiles[0].pluginConfig[0].args.pth: unknown field"},
      {Shared(", path: x, onFailure: Maybe"),
       "f: profiles[0].pluginConfig[0].args.onFailure: Unsupported value: \"Maybe\""},
      {Shared(", path: x, timeout: 0s"),
       "f: profiles[0].pluginConfig[0].args.timeout: Invalid value: \"0s\""},
      {Shared(", path: x, timeout: 2h"),
       "f: profiles[0].pluginConfig[0].args.timeout: Invalid value: \"2h0m0s\""},
      {Shared(", path: x, args: [1]"), "f: profiles[0].pluginConfig[0].args.args: must be a map"},
      {Shared(", path: x, args: {a: {b: 1, b: 2}}"),
       "f: profiles[0].pluginConfig[0].args.args.a.b: duplicate field"},
      {"{apiVersion: berth/v1alpha1, kind: Other}",
       "f: profiles[0].pluginConfig[0].args.kind: Unsupported value: \"Other\": supported values: "
       "\"SharedObjectArgs\", \"GrpcPluginArgs\""},
      {"{}", "f: profiles[0].pluginConfig[0].name: plugin \"X\" does not exist"},
  };
  for (const auto& [args, error] : cases) {
    EXPECT_THAT(ErrorOf(LoadWith(args)), StartsWith(error)) << args;
  }
}

TEST(SharedObjectArgs, NamesAreOfOnePlugin) {
  const std::string path = Shared(", path: x");
  EXPECT_THAT(ErrorOf(LoadWith(path, {}, "", "NodeName")),
              HasSubstr("pluginConfig[0].name: plugin \"NodeName\" is one of Berth's own"));
  EXPECT_THAT(ErrorOf(LoadWith(path, {}, "", "\"no spaces\"")),
              HasSubstr("pluginConfig[0].name: Invalid value: \"no spaces\""));
}

TEST(SharedObjectArgs, PathsAreRelativeToTheFile) {
  const auto folder = std::filesystem::temp_directory_path() / "berth-external-test";
  std::filesystem::create_directories(folder);
  const auto file = folder / "config.yaml";
  std::ofstream(file) << "apiVersion: kubescheduler.config.k8s.io/v1\n"
                         "kind: KubeSchedulerConfiguration\n"
                         "profiles: [{plugins: {multiPoint: {enabled: [{name: X}]}}, pluginConfig: "
                         "[{name: X, args: "
                      << Shared(", path: sub/../x.so") << "}]}]\n";
  EXPECT_EQ(ArgsOf<SharedObjectArgs>(LoadFile(file.string())).path, (folder / "x.so").string());
  std::filesystem::remove_all(folder);
}

TEST(ExternalPlugins, RunWhereTheyMayHaveASay) {
  const auto configuration = LoadWith(Shared(", path: x"));
  ASSERT_EQ(ErrorOf(configuration), "valid");
  const auto runs_at = [&](ExtensionPoint point) {
    for (const auto& plugin : configuration->profiles[0].At(point)) {
      if (plugin.name == "X") return true;
    }
    return false;
  };
  using enum ExtensionPoint;
  for (const auto point : {kPreFilter, kFilter, kPreScore, kScore, kReserve}) {
    EXPECT_TRUE(runs_at(point)) << FieldName(point);
  }
  for (const auto point : {kQueueSort, kPostFilter, kBind}) EXPECT_FALSE(runs_at(point));
}

TEST(ExternalPlugins, AreEnabledUnderMultiPoint) {
  EXPECT_THAT(
      ErrorOf(LoadWith(Shared(", path: x"), {}, "score: {enabled: [{name: X}]}")),
      StartsWith("f: profiles[0].plugins.score.enabled[0].name: plugin \"X\" is not built in: it "
                 "has to be enabled under multiPoint"));
  EXPECT_EQ(ErrorOf(LoadWith(Shared(", path: x"), {},
                             "multiPoint: {enabled: [{name: X}]}, score: {enabled: [{name: X, "
                             "weight: 7}]}, filter: {disabled: [{name: X}]}")),
            "valid");
}

TEST(LoadedPlugins, NeedNoConfiguration) {
  const auto args = ArgsOf<SharedObjectArgs>(LoadWith("", {"X"}));
  EXPECT_EQ(args.name, "X");
  EXPECT_EQ(args.path, "");
  EXPECT_EQ(args.args, "{}");
  EXPECT_THAT(ErrorOf(LoadWith("", {"Y"})), HasSubstr("\"X\" does not exist"));
}

TEST(LoadedPlugins, TakeTheirOwnArgumentsOrAll) {
  EXPECT_EQ(ArgsOf<SharedObjectArgs>(LoadWith("{kind: mine, watts: 7}", {"X"})).args,
            R"({"kind":"mine","watts":7})");
  const auto args =
      ArgsOf<SharedObjectArgs>(LoadWith(Shared(", onFailure: Ignore, args: {a: 1}"), {"X"}));
  EXPECT_EQ(args.on_failure, OnFailure::kIgnore);
  EXPECT_EQ(args.args, R"({"a":1})");
  EXPECT_THAT(ErrorOf(LoadWith(Shared(", path: x"), {"X"})),
              HasSubstr("args.path: Forbidden: --plugin has loaded this plugin already"));
}

TEST(GrpcPluginArgs, HaveDefaults) {
  const auto args = ArgsOf<GrpcPluginArgs>(LoadWith(Grpc(", address: \"localhost:1\"")));
  EXPECT_EQ(args.name, "X");
  EXPECT_EQ(args.address, "localhost:1");
  EXPECT_EQ(args.timeout, std::chrono::milliseconds(100));
  EXPECT_FALSE(args.ignorable);
  EXPECT_FALSE(args.tls.has_value());
  EXPECT_EQ(args.args, "{}");
}

TEST(GrpcPluginArgs, AreReadAndPrinted) {
  const auto first = LoadWith(
      Grpc(", address: \"[::1]:7000\", timeout: 5ms, ignorable: true, args: {a: b}, tls: {caFile: "
           "/ca, certFile: /cert, keyFile: /key, serverName: plugin.example.com}"));
  const std::string printed = Print(*first);
  const auto again = LoadText(printed, "printed");
  for (const auto* configuration : {&first, &again}) {
    const auto args = ArgsOf<GrpcPluginArgs>(*configuration);
    EXPECT_EQ(args.address, "[::1]:7000");
    EXPECT_EQ(args.timeout, std::chrono::milliseconds(5));
    EXPECT_TRUE(args.ignorable);
    EXPECT_EQ(args.args, R"({"a":"b"})");
    ASSERT_TRUE(args.tls.has_value());
    EXPECT_EQ(args.tls->ca_file, "/ca");
    EXPECT_EQ(args.tls->cert_file, "/cert");
    EXPECT_EQ(args.tls->key_file, "/key");
    EXPECT_EQ(args.tls->server_name, "plugin.example.com");
  }
  EXPECT_EQ(Print(*again), printed);
}

TEST(GrpcPluginArgs, AreRefusedByField) {
  const std::string at = "f: profiles[0].pluginConfig[0].args.";
  const std::pair<std::string, std::string> cases[] = {
      {"", "address: Required value"},
      {", address: host", "address: Invalid value: \"host\": neither HOST:PORT nor unix:/PATH"},
      {", address: \"host:0\"", "address: Invalid value"},
      {", address: \"host:65536\"", "address: Invalid value"},
      {", address: \"host:1x\"", "address: Invalid value"},
      {", address: \"::1:80\"", "address: Invalid value"},
      {", address: \":80\"", "address: Invalid value"},
      {", address: \"h:1\", timeout: -1s", "timeout: Invalid value"},
      {", address: \"h:1\", path: x", "path: unknown field"},
      {", address: \"h:1\", tls: {cafile: x}", "tls.cafile: unknown field"},
      {", address: \"h:1\", tls: {certFile: x}", "tls.keyFile: Required value"},
      {", address: \"h:1\", tls: {keyFile: x}", "tls.certFile: Required value"},
      {", address: \"h:1\", tls: {insecure: true}", "tls.insecure: unknown field"},
      {", address: \"unix:relative\"", "address: Invalid value"},
  };
  for (const auto& [fields, error] : cases) {
    EXPECT_THAT(ErrorOf(LoadWith(Grpc(fields))), StartsWith(at + error)) << fields;
  }
}

}  // namespace
}  // namespace berth::config
