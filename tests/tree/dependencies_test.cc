// The one direction of dependency (ARCHITECTURE.md), held by reading every #include and every link
// of the repository. A new folder or a new library has to be entered in one of the two tables here:
// that is the moment to think about where it belongs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tree/source_tree.h"

namespace berth::tree {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Problems = std::vector<std::string>;

// Our folders in the order of dependency: each may use those of its own list, and itself. Whole
// lists, so that a rule can be read without knowing the others.
const std::map<std::string, std::set<std::string>, std::less<>>& Layers() {
  static const std::map<std::string, std::set<std::string>, std::less<>> layers = {
      {"scheduler/base", {}},
      // Numbers, masks and dictionaries: knows nothing of pods.
      {"scoring", {"scheduler/base"}},
      {"scheduler/api", {"scheduler/base"}},
      {"scheduler/cel", {"scheduler/base", "scheduler/api"}},
      {"scheduler/config", {"scheduler/base", "scheduler/api"}},
      {"scheduler/cluster", {"scheduler/base", "scoring", "scheduler/api"}},
      {"scheduler/framework",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster"}},
      {"plugins",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cel"}},
      // Plugins that are files; what they are to the engine is the framework's business.
      {"scheduler/sharedobject",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework"}},
      // Plugins that are servers of their own: found by nobody but who makes the registry.
      {"scheduler/remote",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework"}},
      // Not plugins: who runs a cycle is handed a registry.
      {"scheduler/cycle",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework"}},
      {"scheduler/explain",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle"}},
      {"scheduler/simulate",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/queue", "scheduler/kube",
        "scheduler/extender"}},
      // A run as one page: plain values in, HTML out.
      {"scheduler/report",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/queue", "scheduler/kube",
        "scheduler/extender", "scheduler/simulate"}},
      // Many simulations, and their results in one folder.
      {"scheduler/sweep",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/queue", "scheduler/kube",
        "scheduler/extender", "scheduler/simulate", "scheduler/report"}},
      // Two results, or two configurations, side by side.
      {"scheduler/compare",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/queue", "scheduler/kube",
        "scheduler/extender", "scheduler/simulate"}},
      // Counters and histograms; who counts is handed them.
      {"scheduler/metrics", {"scheduler/base"}},
      {"scheduler/queue",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework"}},
      // The API server, seen from outside: knows objects as text.
      {"scheduler/kube", {"scheduler/base", "scheduler/api", "scheduler/config"}},
      // Other people's extenders: what a cycle asks, as HTTP requests.
      {"scheduler/extender",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/kube"}},
      // HTTP in, answers out: knows nothing of scheduling.
      {"scheduler/serve", {"scheduler/base", "scheduler/metrics"}},
      // The scheduler of a real cluster.
      {"scheduler/live",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/explain", "scheduler/metrics",
        "scheduler/queue", "scheduler/kube", "scheduler/extender", "scheduler/serve"}},
      // What kube-scheduler asks an extender.
      {"scheduler/webhook",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/explain", "scheduler/metrics",
        "scheduler/queue", "scheduler/kube", "scheduler/extender", "scheduler/serve",
        "scheduler/live"}},
      // Placements over gRPC.
      {"scheduler/placement",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/explain", "scheduler/metrics",
        "scheduler/queue", "scheduler/kube", "scheduler/extender", "scheduler/serve",
        "scheduler/simulate", "scheduler/live"}},
      // A cluster as a file, and such files for other eyes.
      {"scheduler/record",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cycle", "scheduler/explain", "scheduler/metrics",
        "scheduler/queue", "scheduler/kube", "scheduler/extender", "scheduler/serve",
        "scheduler/simulate", "scheduler/live"}},
      // The only place that puts everything together.
      {"scheduler/main",
       {"scheduler/base",         "scoring",           "scheduler/api",       "scheduler/cel",
        "scheduler/config",       "scheduler/cluster", "scheduler/framework", "plugins",
        "scheduler/cycle",        "scheduler/explain", "scheduler/simulate",  "scheduler/metrics",
        "scheduler/queue",        "scheduler/kube",    "scheduler/extender",  "scheduler/serve",
        "scheduler/live",         "scheduler/webhook", "scheduler/remote",    "scheduler/placement",
        "scheduler/sharedobject", "scheduler/sweep",   "scheduler/compare",   "scheduler/record",
        "scheduler/report"}},
      // Benchmarks measure everything, and nothing of what they measure knows them.
      {"bench/micro", {"scheduler/base", "scoring"}},
      {"bench/workloads",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/cel", "scheduler/config",
        "scheduler/cluster", "scheduler/framework", "plugins", "scheduler/cycle", "scheduler/queue",
        "scheduler/kube", "scheduler/extender", "scheduler/simulate"}},
      {"bench/cycle",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/cel", "scheduler/config",
        "scheduler/cluster", "scheduler/framework", "plugins", "scheduler/cycle", "scheduler/queue",
        "scheduler/kube", "scheduler/extender", "scheduler/simulate", "bench/workloads"}},
      // A client of what is served: uses nothing of it.
      {"bench/extender", {}},
      {"bench/remote",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/remote"}},
      {"bench/plugins",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/config", "scheduler/cluster",
        "scheduler/framework", "scheduler/cel", "plugins", "scheduler/cycle",
        "scheduler/sharedobject"}},
      {"bench/growth",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/cel", "scheduler/config",
        "scheduler/cluster", "scheduler/framework", "plugins", "scheduler/cycle", "scheduler/queue",
        "scheduler/kube", "scheduler/extender", "scheduler/simulate", "bench/workloads"}},
      {"bench/instructions",
       {"scheduler/base", "scoring", "scheduler/api", "scheduler/cel", "scheduler/config",
        "scheduler/cluster", "scheduler/framework", "plugins", "scheduler/cycle", "scheduler/queue",
        "scheduler/kube", "scheduler/extender", "scheduler/simulate", "bench/workloads"}},
  };
  return layers;
}

// Where a library of somebody else may be seen.
struct Library {
  std::vector<std::string> headers;  // each a whole name or, with '/' at the end, a folder
  std::set<std::string> targets;     // in CMake
  std::set<std::string> folders;
  bool in_headers = false;  // or in .cc files only
};

const std::vector<Library>& Libraries() {
  static const std::vector<Library> libraries = {
      {{"simdjson.h"}, {"simdjson::simdjson"}, {"scheduler/api", "scheduler/kube"}},
      {{"yaml-cpp/"}, {"yaml-cpp"}, {"scheduler/api", "scheduler/config", "scheduler/kube"}},
      {{"nlohmann/"},
       {"nlohmann_json::nlohmann_json"},
       {"scheduler/config", "scheduler/simulate", "scheduler/sweep", "scheduler/compare",
        "scheduler/explain", "scheduler/kube", "scheduler/extender", "scheduler/serve",
        "scheduler/live", "scheduler/placement", "scheduler/record", "scheduler/report", "plugins",
        "bench/workloads", "bench/growth"}},
      {{"zlib.h"}, {"ZLIB::ZLIB"}, {"scheduler/simulate"}},
      {{"Eigen/"}, {"Eigen3::Eigen"}, {"scheduler/simulate"}},
      {{"hwy/"}, {"hwy::hwy"}, {"scoring", "bench/instructions"}},
      {{"re2/"}, {"re2::re2"}, {"scheduler/cel"}},
      {{"tbb/"}, {"TBB::tbb"}, {"scheduler/base"}},
      {{"spdlog/"}, {"spdlog::spdlog"}, {"scheduler/base"}},
      // Programs link it, and nothing includes it but what they are linked with.
      {{"mimalloc.h"},
       {"berth_allocator"},
       {"scheduler/base", "scheduler/main", "bench/instructions"}},
      {{"curl/"}, {"CURL::libcurl"}, {"scheduler/kube"}},
      {{"openssl/"},
       {"OpenSSL::SSL", "OpenSSL::Crypto"},
       {"scheduler/kube", "scheduler/serve", "scheduler/record"}},
      // What protoc makes of proto/ counts as gRPC's.
      {{"grpcpp/", "berth/plugin/", "berth/placement/"},
       {"gRPC::grpc++", "gRPC::grpc++_reflection", "berth_plugin_protocol",
        "berth_placement_protocol"},
       {"scheduler/remote", "scheduler/placement", "bench/remote"}},
      {{"prometheus/"}, {"prometheus-cpp::core"}, {"scheduler/metrics"}},
      {{"boost/beast/", "boost/asio/", "boost/beast.hpp", "boost/asio.hpp"},
       {},
       {"scheduler/serve"}},
      {{"CLI/"},
       {"CLI11::CLI11"},
       {"scheduler/main", "bench/workloads", "bench/growth", "bench/extender"},
       true},
      {{"benchmark/"},
       {"benchmark::benchmark"},
       {"bench/micro", "bench/cycle", "bench/plugins", "bench/remote"}},
      // Macros that a program talks to valgrind with; without valgrind they do nothing.
      {{"valgrind/"}, {}, {"bench/instructions"}},
      // Ours, but a product of its own: what plugins in shared objects are built against.
      {{"berth/plugin.h"}, {}, {"scheduler/sharedobject"}, true},
      // Containers only, which cost nobody much to include.
      {{"boost/unordered/", "boost/container/"},
       {"Boost::headers"},
       {"scheduler/base", "scheduler/api", "scheduler/cluster", "scheduler/framework", "plugins",
        "scheduler/cycle", "scheduler/simulate", "scheduler/queue", "scheduler/kube",
        "scheduler/extender", "scheduler/serve", "scheduler/live", "scheduler/webhook"},
       true},
  };
  return libraries;
}

// Headers of the system that are not of the C++ standard.
bool IsSystemHeader(std::string_view header) {
  static const std::set<std::string_view> names = {"cxxabi.h", "dlfcn.h",    "fcntl.h",
                                                   "link.h",   "poll.h",     "pthread.h",
                                                   "spawn.h",  "ucontext.h", "unistd.h"};
  return header.starts_with("sys/") || header.starts_with("netinet/") || names.contains(header);
}

// Standard headers have neither a folder nor an ending.
bool IsStandardHeader(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

// The folder of Layers() that a path is in; empty if none is.
std::string LayerOf(std::string_view path) {
  for (const auto& [folder, uses] : Layers()) {
    if (path == folder || path.starts_with(folder + "/")) return folder;
  }
  return "";
}

bool MayUse(const std::string& user, const std::string& used) {
  return user == used || Layers().at(user).contains(used);
}

// The folder of one plugin, "plugins/nodename"; empty outside of plugins/ and for the registry.
std::string PluginOf(std::string_view path) {
  constexpr std::string_view kPlugins = "plugins/";
  if (!path.starts_with(kPlugins)) return "";
  const auto end = path.find('/', kPlugins.size());
  return end == std::string_view::npos ? "" : std::string(path.substr(0, end));
}

bool HasHeader(const Library& library, std::string_view header) {
  return std::ranges::any_of(library.headers, [&](const std::string& known) {
    return known.ends_with('/') ? header.starts_with(known) : header == known;
  });
}

// What is wrong with an include of one of our own headers; empty if nothing is.
std::string CheckOwn(const Include& include) {
  const auto user = LayerOf(include.file);
  const auto used = LayerOf(include.header);
  if (user.empty()) return include.Where() + ": this folder is not in the table of layers";
  if (used.empty()) return include.Where() + ": not a header of a layer, from the root";
  if (!MayUse(user, used)) return include.Where() + ": " + user + " may not use " + used;
  const auto plugin = PluginOf(include.file);
  const auto other = PluginOf(include.header);
  if (!plugin.empty() && !other.empty() && plugin != other) {
    return include.Where() + ": a plugin may not use another plugin";
  }
  return "";
}

// The same for a header of somebody else.
std::string CheckForeign(const Include& include) {
  if (IsStandardHeader(include.header) || IsSystemHeader(include.header)) return "";
  const auto library = std::ranges::find_if(
      Libraries(), [&](const Library& known) { return HasHeader(known, include.header); });
  if (library == Libraries().end()) return include.Where() + ": not in the table of libraries";
  if (!library->folders.contains(LayerOf(include.file))) {
    return include.Where() + ": this library does not belong into this folder";
  }
  if (!library->in_headers && include.file.ends_with(".h")) {
    return include.Where() + ": this library stays in .cc files";
  }
  return "";
}

Problems Check(const std::vector<Include>& includes) {
  Problems problems;
  for (const auto& include : includes) {
    auto problem = include.quoted ? CheckOwn(include) : CheckForeign(include);
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  return problems;
}

// The links of targets by name, for questions about what is behind a link.
class Links {
 public:
  explicit Links(std::vector<Target> targets) : targets_(std::move(targets)) {}

  const Target* Find(const std::string& name) const {
    const auto it = std::ranges::find(targets_, name, &Target::name);
    return it == targets_.end() ? nullptr : &*it;
  }

  Problems Check() const {
    Problems problems;
    for (const auto& target : targets_) {
      for (const auto& dep : target.deps) {
        auto problem = CheckLink(target, dep);
        if (!problem.empty()) problems.push_back(std::move(problem));
      }
    }
    return problems;
  }

  // The folders that the targets of a folder link, directly or through others.
  std::set<std::string> FoldersBehind(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& target : targets_) {
      if (target.folder == folder) Collect(target, names);
    }
    std::set<std::string> folders;
    for (const auto& name : names) folders.insert(Find(name)->folder);
    return folders;
  }

 private:
  std::string CheckLink(const Target& target, const std::string& dep) const {
    // Compiler flags, and threads, which are part of the system.
    if (dep == "berth_options" || dep == "Threads::Threads") return "";
    const auto what = target.folder + "/CMakeLists.txt: " + target.name + " links " + dep;
    if (const Target* used = Find(dep); used != nullptr) {
      const bool may = MayUse(LayerOf(target.folder), LayerOf(used->folder));
      return may ? "" : what + ", which it may not use";
    }
    const auto library = std::ranges::find_if(
        Libraries(), [&](const Library& known) { return known.targets.contains(dep); });
    if (library == Libraries().end()) return what + ", which is not in the table of libraries";
    const bool may = library->folders.contains(LayerOf(target.folder));
    return may ? "" : what + ", which does not belong into this folder";
  }

  void Collect(const Target& target, std::set<std::string>& names) const {
    for (const auto& dep : target.deps) {
      const Target* used = Find(dep);
      if (used != nullptr && names.insert(dep).second) Collect(*used, names);
    }
  }

  std::vector<Target> targets_;
};

const std::vector<std::string> kOurFolders = {"bench", "plugins", "scheduler", "scoring"};

std::vector<Include> OurIncludes() { return ReadIncludes(BERTH_SOURCE_DIR, kOurFolders); }
Links OurLinks() { return Links(ReadTargets(BERTH_SOURCE_DIR, kOurFolders)); }

// A line of a file that does not exist, for trying the rules.
Problems CheckLine(const std::string& file, const std::string& line) {
  auto include = ParseInclude(line);
  if (!include) return {"not an include: " + line};
  include->file = file;
  include->line = 1;
  return Check({*include});
}

TEST(Dependencies, IncludesFollowTheOneDirection) {
  const auto includes = OurIncludes();
  EXPECT_GT(includes.size(), 500u) << "the sources were not found";
  EXPECT_THAT(Check(includes), IsEmpty());
}

TEST(Dependencies, TheOrderHasNoCycle) {
  for (const auto& [folder, uses] : Layers()) {
    for (const auto& used : uses) {
      ASSERT_TRUE(Layers().contains(used)) << used;
      EXPECT_FALSE(Layers().at(used).contains(folder)) << folder << " and " << used;
      // Whoever may use a folder may use what that folder uses: the order is one line, not a web.
      for (const auto& behind : Layers().at(used)) EXPECT_THAT(uses, Contains(behind)) << folder;
    }
  }
}

TEST(Dependencies, LinksFollowTheOneDirection) {
  EXPECT_NE(OurLinks().Find("berth_api"), nullptr) << "the CMake lists were not found";
  EXPECT_THAT(OurLinks().Check(), IsEmpty());
}

TEST(Dependencies, WhatIsIncludedIsLinked) {
  const auto links = OurLinks();
  for (const auto& include : OurIncludes()) {
    const auto user = LayerOf(include.file);
    const auto used = LayerOf(include.header);
    if (!include.quoted || user == used) continue;
    EXPECT_THAT(links.FoldersBehind(user), Contains(used)) << include.Where();
  }
}

TEST(Dependencies, NothingOfOursIncludesTestsOrBenchmarks) {
  EXPECT_THAT(CheckLine("scoring/a.cc", "#include \"tests/tree/source_tree.h\""),
              ElementsAre(HasSubstr("not a header of a layer")));
  EXPECT_THAT(CheckLine("scheduler/main/a.cc", "#include \"bench/workloads/workload.h\""),
              ElementsAre(HasSubstr("scheduler/main may not use bench/workloads")));
}

TEST(DependencyRules, AllowWhatStandsToTheLeft) {
  EXPECT_THAT(CheckLine("scheduler/cluster/a.h", "#include \"scheduler/api/objects.h\""),
              IsEmpty());
  EXPECT_THAT(CheckLine("scheduler/main/a.cc", "#include \"plugins/registry.h\""), IsEmpty());
  EXPECT_THAT(CheckLine("scoring/a.cc", "#include <vector>"), IsEmpty());
}

TEST(DependencyRules, RefuseWhatStandsToTheRight) {
  EXPECT_THAT(CheckLine("scheduler/api/a.h", "#include \"scheduler/cluster/cluster.h\""),
              ElementsAre("scheduler/api/a.h:1: #include \"scheduler/cluster/cluster.h\": "
                          "scheduler/api may not use scheduler/cluster"));
  EXPECT_THAT(CheckLine("scheduler/cycle/a.cc", "#include \"plugins/registry.h\""),
              ElementsAre(HasSubstr("scheduler/cycle may not use plugins")));
}

TEST(DependencyRules, ScoringSeesNothingOfThePods) {
  EXPECT_THAT(CheckLine("scoring/a.h", "#include \"scheduler/base/check.h\""), IsEmpty());
  EXPECT_THAT(CheckLine("scoring/a.h", "#include \"scheduler/api/objects.h\""),
              ElementsAre(HasSubstr("scoring may not use scheduler/api")));
}

TEST(DependencyRules, APluginKnowsNoOtherPlugin) {
  const std::string include_fit = "#include \"plugins/noderesources/fit.h\"";
  EXPECT_THAT(CheckLine("plugins/noderesources/balanced_allocation.cc", include_fit), IsEmpty());
  EXPECT_THAT(CheckLine("plugins/registry.cc", include_fit), IsEmpty());
  EXPECT_THAT(CheckLine("plugins/nodename/node_name.cc", include_fit),
              ElementsAre(HasSubstr("a plugin may not use another plugin")));
}

TEST(DependencyRules, LibrariesStayWhereTheyBelong) {
  EXPECT_THAT(CheckLine("scheduler/api/json_value.cc", "#include <simdjson.h>"), IsEmpty());
  EXPECT_THAT(CheckLine("scheduler/api/json_value.h", "#include <simdjson.h>"),
              ElementsAre(HasSubstr("stays in .cc files")));
  EXPECT_THAT(CheckLine("scheduler/cycle/a.cc", "#include <nlohmann/json.hpp>"),
              ElementsAre(HasSubstr("does not belong into this folder")));
  EXPECT_THAT(CheckLine("scheduler/base/a.cc", "#include <absl/strings/str_cat.h>"),
              ElementsAre(HasSubstr("not in the table of libraries")));
  EXPECT_THAT(CheckLine("scheduler/base/a.cc", "#include <boost/spirit.hpp>"),
              ElementsAre(HasSubstr("not in the table of libraries")));
}

TEST(DependencyRules, ANewFolderMustBeEnteredInTheTable) {
  EXPECT_THAT(CheckLine("scheduler/telepathy/a.cc", "#include \"scheduler/base/check.h\""),
              ElementsAre(HasSubstr("not in the table of layers")));
}

TEST(DependencyRules, RefuseALinkToTheRight) {
  auto targets =
      ParseTargets("berth_library(berth_api SOURCES a.cc DEPS berth_cluster)", "scheduler/api");
  targets.push_back({"berth_cluster", "scheduler/cluster", {}});
  EXPECT_THAT(Links(targets).Check(),
              ElementsAre("scheduler/api/CMakeLists.txt: berth_api links berth_cluster, which it "
                          "may not use"));
}

TEST(SourceTree, ReadsIncludesAsThePreprocessorDoes) {
  const auto spaced = ParseInclude("  #  include <zlib.h>  // for gzread");
  ASSERT_TRUE(spaced.has_value());
  EXPECT_EQ(spaced->header, "zlib.h");
  EXPECT_FALSE(spaced->quoted);
  EXPECT_FALSE(ParseInclude("// #include <zlib.h>").has_value());
  EXPECT_FALSE(ParseInclude("#include HWY_TARGET_INCLUDE").has_value());
}

TEST(SourceTree, ReadsTargetsWithTheirLinks) {
  const auto targets = ParseTargets(R"(
      berth_library(one SOURCES a.cc b.cc  # DEPS not_this
        DEPS berth_base
        PRIVATE_DEPS lib::lib)
      add_executable(two main.cc)
      target_link_libraries(two PRIVATE one other::other))",
                                    "folder");
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_THAT(targets[0].deps, ElementsAre("berth_base", "lib::lib"));
  EXPECT_EQ(targets[1].folder, "folder");
  EXPECT_THAT(targets[1].deps, ElementsAre("one", "other::other"));
}

}  // namespace
}  // namespace berth::tree
