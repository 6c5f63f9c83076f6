// Runs that ask an extender over HTTP.
#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"
#include "tests/simulate/temporary_folder.h"
#include "tests/support/fake_api_server.h"

namespace berth::simulate {
namespace {

using nlohmann::json;
using support::FakeApiServer;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr const char* kCluster = R"(
kind: Node
metadata: {name: a}
spec: {unknownToBerth: 1}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}
---
kind: Node
metadata: {name: b}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}
---
kind: Pod
metadata: {name: p, annotations: {colour: red}}
spec: {containers: [{name: c, image: i, env: [{name: x, value: "1"}]}]}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}
)";

class ExtenderRun : public ::testing::Test {
 protected:
  ServerResponse Answer(const ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    asked_.emplace_back(request.target, json::parse(request.body));
    return answer_(asked_.back().first, asked_.back().second);
  }

  // The summary of a run whose one extender has these fields beside its address.
  Summary Run(const std::string& fields, SimulationOptions options = {}) {
    const TemporaryFolder folder;
    const auto executor = base::MakeExecutor(1);
    const auto config = config::LoadText(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "extenders: [{urlPrefix: \"" +
            server_.url() + "\", httpTimeout: 2m, " + fields + "}]\n",
        "test");
    EXPECT_TRUE(config) << config.error().message();
    auto objects =
        ReadInput({folder.Write("c.yaml", kCluster)}, InputFormat::kAuto, *executor, true);
    EXPECT_TRUE(objects) << objects.error().message();
    auto made =
        Simulation::Make(*std::move(objects), *config, plugins::MakeRegistry(), std::move(options));
    EXPECT_TRUE(made) << made.error().message();
    while ((*made)->done() < (*made)->pending_count()) (*made)->Step();
    return (*made)->TakeSummary(false);
  }
  static std::map<std::string, std::string> NodesOf(const Summary& summary) {
    std::map<std::string, std::string> nodes;
    for (const auto& placement : summary.placements) {
      nodes[placement.pod.substr(0, 3)] = placement.node;
    }
    return nodes;
  }

  std::mutex mutex_;
  std::vector<std::pair<std::string, json>> asked_;
  std::function<ServerResponse(const std::string&, const json&)> answer_ =
      [](const std::string&, const json&) { return ServerResponse{.body = "null"}; };
  FakeApiServer server_{[this](const ServerRequest& request) { return Answer(request); }};
};

TEST_F(ExtenderRun, NodesAreTakenAway) {
  answer_ = [](const std::string&, const json& body) {
    EXPECT_EQ(body["NodeNames"], json({"a", "b"}));
    return ServerResponse{.body = R"({"NodeNames":["b"]})"};
  };
  EXPECT_THAT(NodesOf(Run("filterVerb: filter, nodeCacheCapable: true")),
              UnorderedElementsAre(Pair("p", "b"), Pair("web", "b")));
}

TEST_F(ExtenderRun, ScoresTipTheChoiceAndNobodyIsToldToBind) {
  answer_ = [](const std::string& target, const json&) {
    EXPECT_EQ(target, "/prioritize");
    return ServerResponse{.body = R"([{"Host":"b","Score":10}])"};
  };
  EXPECT_THAT(
      NodesOf(Run("prioritizeVerb: prioritize, weight: 5, nodeCacheCapable: true, bindVerb: bind")),
      UnorderedElementsAre(Pair("p", "b"), Pair("web", "b")));
}

TEST_F(ExtenderRun, SeesObjectsWithEveryField) {
  answer_ = [](const std::string&, const json& body) {
    return ServerResponse{.body = json({{"Nodes", body["Nodes"]}}).dump()};
  };
  Run("filterVerb: filter");
  ASSERT_EQ(asked_.size(), 2u);
  const json& first = asked_[0].second;
  EXPECT_EQ(first["Pod"]["metadata"]["annotations"]["colour"], "red");
  EXPECT_EQ(first["Pod"]["metadata"]["namespace"], "default");
  EXPECT_EQ(first["Pod"]["spec"]["containers"][0]["env"][0]["name"], "x");
  EXPECT_EQ(first["Nodes"]["items"][0]["spec"]["unknownToBerth"], 1);
  const json& second = asked_[1].second;
  EXPECT_THAT(second["Pod"]["metadata"]["name"].get<std::string>(), HasSubstr("web-"));
  EXPECT_EQ(second["Pod"]["metadata"]["labels"]["app"], "web");
  EXPECT_EQ(second["Pod"]["spec"]["containers"][0]["resources"]["requests"]["cpu"], "1");
}

TEST_F(ExtenderRun, GoesOnWithoutOneThatCannotBeReached) {
  server_.Stop();
  const Summary failed = Run("filterVerb: filter");
  EXPECT_THAT(failed.placements, IsEmpty());
  ASSERT_EQ(failed.failures.size(), 2u);
  EXPECT_THAT(failed.failures[0].message, HasSubstr("Connection refused"));
  EXPECT_THAT(failed.failures[1].message, HasSubstr("Connection refused"));
  EXPECT_EQ(Run("filterVerb: filter, ignorable: true").placements.size(), 2u);
}

TEST_F(ExtenderRun, ReasonsComeToTheReport) {
  answer_ = [](const std::string&, const json&) {
    return ServerResponse{.body = R"({"FailedNodes":{"a":"no licence"}})"};
  };
  std::vector<std::string> lines;
  SimulationOptions options;
  options.detail = true;
  options.write_decision = [&](std::string_view line) { lines.emplace_back(line); };
  const Summary summary = Run("filterVerb: filter, nodeCacheCapable: true", std::move(options));
  ASSERT_EQ(summary.failures.size(), 2u);
  EXPECT_EQ(summary.failures[0].message, "0/2 nodes are available: 1 no licence.");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(json::parse(lines[0])["message"], "0/2 nodes are available: 1 no licence.");
  EXPECT_EQ(asked_.size(), 2u) << "once for each pod, whatever the detail";
}

TEST_F(ExtenderRun, TheSameSeedGivesTheSameRun) {
  answer_ = [](const std::string&, const json& body) {
    return ServerResponse{.body = json({{"NodeNames", body["NodeNames"]}}).dump()};
  };
  const auto run = [&](std::uint64_t seed) {
    SimulationOptions options;
    options.algorithm.seed = seed;
    return NodesOf(Run("filterVerb: filter, nodeCacheCapable: true", std::move(options)));
  };
  bool differs = false;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto once = run(seed);
    EXPECT_EQ(run(seed), once);
    differs |= once != run(0);
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace berth::simulate
