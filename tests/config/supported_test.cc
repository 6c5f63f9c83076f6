#include "scheduler/config/supported.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace berth::config {
namespace {

TEST(Supported, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const PluginInfo& plugin : KnownPlugins()) {
    EXPECT_TRUE(names.insert(plugin.name).second) << plugin.name;
    EXPECT_FALSE(IsRemovedPlugin(plugin.name));
  }
}

TEST(Supported, SupportedPluginsImplementSomething) {
  for (const PluginInfo& plugin : KnownPlugins()) {
    EXPECT_EQ(plugin.supported, plugin.points != 0) << plugin.name;
  }
}

TEST(Supported, ScorePluginsHaveADefaultWeight) {
  for (const PluginInfo& plugin : KnownPlugins()) {
    if (plugin.name == "VolumeBinding") continue;  // unset, as in Kubernetes
    EXPECT_EQ(plugin.Implements(ExtensionPoint::kScore), plugin.default_weight > 0) << plugin.name;
  }
}

TEST(Supported, ArgumentsAreOfTheNamedKind) {
  for (const PluginInfo& plugin : KnownPlugins()) {
    EXPECT_EQ(DefaultArgs(plugin.args).index(), static_cast<std::size_t>(plugin.args))
        << plugin.name;
  }
}

TEST(Supported, FindsByExactName) {
  ASSERT_NE(FindPlugin("NodeName"), nullptr);
  EXPECT_EQ(FindPlugin("nodename"), nullptr);
  EXPECT_EQ(FindPlugin(""), nullptr);
  EXPECT_TRUE(FindPlugin("VolumeBinding")->supported);
  EXPECT_FALSE(FindPlugin("PodGroupPodsCount")->supported);
  EXPECT_TRUE(IsRemovedPlugin("CinderLimits"));
}

TEST(Supported, FieldNamesAreThoseOfTheFile) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kExtensionPointCount; ++i) {
    names.emplace_back(FieldName(static_cast<ExtensionPoint>(i)));
  }
  EXPECT_THAT(names, ::testing::ElementsAre("preEnqueue", "queueSort", "preFilter", "filter",
                                            "postFilter", "preScore", "score", "reserve", "permit",
                                            "preBind", "bind", "postBind"));
}

}  // namespace
}  // namespace berth::config
