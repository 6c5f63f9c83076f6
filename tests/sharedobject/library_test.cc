#include "scheduler/sharedobject/library.h"

#include <gmock/gmock.h>

#include <array>
#include <fstream>

#include "scheduler/sharedobject/factory.h"

namespace berth::sharedobject {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string PathOf(const std::string& name) { return BERTH_TEST_PLUGINS "/" + name + ".so"; }

// What is wrong with a file, after its path.
std::string ErrorOf(const std::string& path) {
  const auto library = Library::Open(path);
  if (library) return "nothing";
  const std::string& message = library.error().message();
  EXPECT_THAT(message, StartsWith(path + ": "));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  return message.substr(std::min(message.size(), path.size() + 2));
}

TEST(Library, OpensAPlugin) {
  const auto library = Library::Open(PathOf("power_aware"));
  ASSERT_TRUE(library.has_value()) << library.error().message();
  EXPECT_EQ((*library)->name(), "PowerAware");
  EXPECT_NE((*library)->plugin().score, nullptr);
  EXPECT_EQ((*library)->plugin().filter, nullptr);
  EXPECT_FALSE((*library)->IsRefused());
}

TEST(Library, KnowsWhereItsCodeIs) {
  const auto library = Library::Open(PathOf("power_aware"));
  ASSERT_TRUE(library.has_value());
  const auto& code = (*library)->code();
  EXPECT_TRUE(code.Contains(reinterpret_cast<std::uintptr_t>((*library)->plugin().score)));
  EXPECT_FALSE(code.Contains(reinterpret_cast<std::uintptr_t>(&std::abort)));
}

TEST(Library, RefusesWhatIsNoPlugin) {
  const std::pair<const char*, const char*> cases[] = {
      {"no_entry", "exports no function berth_plugin: not a plugin of Berth"},
      {"other_version", "speaks version 2 of the plugin interface, this Berth version 1"},
      {"no_version", "does not speak version 1 of the plugin interface"},
      {"too_small", "struct_size is 40, less than the "},
      {"bad_name", "the plugin's name is \"no spaces\", but must be a letter"},
      {"endless_name", "the plugin's name is \"aaaaa"},
      {"taken_name", "plugin \"NodeName\" has the name of one of Berth's own"},
      {"no_callbacks", "plugin \"Refused\" has none of pre_filter, filter, score and reserve"},
      {"no_normalize", "plugin \"Refused\" has BERTH_NORMALIZE_OWN without normalize"},
      {"crash", "berth_plugin crashed (SIGSEGV)"},
  };
  for (const auto& [name, error] : cases) {
    EXPECT_THAT(ErrorOf(PathOf(std::string("refused_") + name)), StartsWith(error)) << name;
  }
}

TEST(Library, RefusesWhatIsNoSharedObject) {
  EXPECT_THAT(ErrorOf("/nowhere/at-all.so"), HasSubstr("No such file"));
  const std::string text = BERTH_TEST_PLUGINS "/text.so";
  std::ofstream(text) << "not an object";
  EXPECT_THAT(ErrorOf(text), testing::AnyOf(HasSubstr("too short"), HasSubstr("ELF header")));
}

TEST(Library, IsRefusedOnceAndSaysWhy) {
  const auto library = Library::Open(PathOf("power_aware"));
  ASSERT_TRUE(library.has_value());
  (*library)->Refuse("first");
  (*library)->Refuse("second");
  EXPECT_TRUE((*library)->IsRefused());
  EXPECT_EQ((*library)->WhyRefused(),
            "plugin \"PowerAware\" (" + PathOf("power_aware") + ") is switched off: first");
  EXPECT_EQ((*library)->outages(), 1u);
}

TEST(Factory, OpensAllAndNamesThem) {
  const std::array paths = {PathOf("power_aware"), PathOf("node_pool")};
  const auto libraries = OpenAll(paths);
  ASSERT_TRUE(libraries.has_value());
  EXPECT_EQ(NamesOf(*libraries), (config::LoadedPlugins{"NodePool", "PowerAware"}));
}

TEST(Factory, RefusesTwoPluginsOfOneName) {
  const std::array paths = {PathOf("node_pool"), PathOf("node_pool")};
  EXPECT_THAT(OpenAll(paths).error().message(),
              HasSubstr("plugin \"NodePool\" is in " + PathOf("node_pool") + " already"));
}

TEST(Factory, TheFileMustHoldThePluginOfThatName) {
  framework::Registry registry;
  AddFactory({}, registry);
  const auto make = [&](const config::SharedObjectArgs& args) {
    const auto plugin = registry.at("SharedObjectArgs")(args, {});
    return plugin ? std::string((*plugin)->Name()) : plugin.error().message();
  };
  EXPECT_EQ(make({.name = "NodePool", .path = PathOf("node_pool")}), "NodePool");
  EXPECT_EQ(make({.name = "Pool", .path = PathOf("node_pool")}),
            PathOf("node_pool") + ": the plugin in it is \"NodePool\", not \"Pool\"");
  EXPECT_EQ(make({.name = "Pool"}), "plugin \"Pool\": no file has been loaded that has it");
}

TEST(Factory, ThePluginMayRefuseItsArguments) {
  framework::Registry registry;
  AddFactory({}, registry);
  const auto plugin = registry.at("SharedObjectArgs")(
      config::SharedObjectArgs{
          .name = "PowerAware", .path = PathOf("power_aware"), .args = R"({"maxWatts":0})"},
      {});
  EXPECT_EQ(plugin.error().message(), "plugin \"PowerAware\" (" + PathOf("power_aware") +
                                          "): maxWatts: must be a number of at least 1");
}

}  // namespace
}  // namespace berth::sharedobject
