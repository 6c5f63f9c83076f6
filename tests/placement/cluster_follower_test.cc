#include "scheduler/placement/cluster_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/placement/clusters.h"
#include "tests/support/fake_api_server.h"

namespace berth::placement {
namespace {

using namespace std::chrono_literals;
using support::ResponseStream;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::HasSubstr;

constexpr const char* kNodes = "/api/v1/nodes";
constexpr const char* kPods = "/api/v1/pods";

std::string NodeJson(const std::string& name) {
  return R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
         R"(","resourceVersion":"2"},"status":{"allocatable":{"cpu":"2","memory":"8Gi",)"
         R"("pods":"10"}}})";
}
std::string PodJson(const std::string& name, const std::string& node) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
         R"(","namespace":"default","uid":")" + name +
         R"(","resourceVersion":"3","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{)"
         R"("schedulerName":"default-scheduler","priorityClassName":"of-the-cluster",)"
         R"("priority":7,"nodeName":")" +
         node + R"(","containers":[{"name":"c","resources":{"requests":{"cpu":"2"}}}]}})";
}

// An API server whose lists are what they were at first, and whose watches tell what comes then.
class SmallApiServer {
 public:
  // Streams end before anything that they use.
  ~SmallApiServer() { server_.Stop(); }

  void Put(const std::string& path, const std::string& items) {
    const std::lock_guard lock(mutex_);
    lists_[path] = items;
  }
  void Event(const std::string& path, const std::string& type, const std::string& object) {
    const std::lock_guard lock(mutex_);
    events_[path].push_back(R"({"type":")" + type + R"(","object":)" + object + "}\n");
  }
  // Of lists, until it is false again.
  void Refuse(bool refuse) { refuses_ = refuse; }
  std::vector<std::string> methods() {
    const std::lock_guard lock(mutex_);
    return {methods_.begin(), methods_.end()};
  }
  kube::ClientConfig config() const { return {.server = server_.url(), .qps = 0}; }

 private:
  ServerResponse Answer(const ServerRequest& request) {
    const std::string path = request.Path();
    if (request.Parameter("watch") == "true") {
      return {.stream = [this, path](ResponseStream& stream) { Watch(stream, path); }};
    }
    const std::lock_guard lock(mutex_);
    methods_.insert(request.method);
    if (refuses_) return support::StatusResponse(403, "Forbidden", "not for you");
    return {.body = R"({"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},)"
                    R"("items":[)" +
                    lists_[path] + "]}"};
  }
  void Watch(ResponseStream& stream, const std::string& path) {
    for (std::size_t next = 0; stream.IsOpen();) {
      const std::string line = LineAt(path, next);
      if (line.empty()) {
        std::this_thread::sleep_for(1ms);
        continue;
      }
      ++next;
      stream.Write(line);
    }
  }
  std::string LineAt(const std::string& path, std::size_t index) {
    const std::lock_guard lock(mutex_);
    const auto& lines = events_[path];
    return index < lines.size() ? lines[index] : "";
  }

  std::mutex mutex_;
  std::map<std::string, std::string> lists_;
  std::map<std::string, std::vector<std::string>> events_;
  std::set<std::string> methods_;
  std::atomic<bool> refuses_ = false;
  support::FakeApiServer server_{[this](const ServerRequest& request) { return Answer(request); }};
};

class ClusterFollowerTest : public ::testing::Test {
 protected:
  void Start() {
    auto started = ClusterFollower::Start(api_.config(), config_, plugins::MakeRegistry(), clock_);
    ASSERT_TRUE(started) << started.error().message();
    follower_ = *std::move(started);
  }
  // Asks until the answer pleases; null where that does not come about.
  template <typename Test>
  SharedObjects Await(Test test) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto objects = follower_->Now();
      if (objects && test(**objects)) return *objects;
      std::this_thread::sleep_for(1ms);
    }
    return nullptr;
  }
  SharedObjects AwaitAll() {
    return Await([](const api::ClusterObjects&) { return true; });
  }

  const base::SystemClock clock_;
  const config::Configuration config_ = config::LoadFileOrDefault("", {}).value();
  SmallApiServer api_;
  std::unique_ptr<ClusterFollower> follower_;
};

TEST_F(ClusterFollowerTest, SaysSoUntilAllHasBeenListed) {
  api_.Refuse(true);
  Start();
  const auto none = follower_->Now();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, FailureKind::kUnavailable);
  EXPECT_THAT(none.error().message, HasSubstr("the cluster has not been listed yet"));
  EXPECT_THAT(none.error().message, HasSubstr("Namespace, Node"));
  api_.Refuse(false);
  EXPECT_NE(AwaitAll(), nullptr);
}

TEST_F(ClusterFollowerTest, ShowsTheClusterAsItChanges) {
  api_.Put(kNodes, NodeJson("a"));
  api_.Put(kPods, PodJson("runs", "a"));
  Start();
  const SharedObjects first = AwaitAll();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->nodes.size(), 1u);
  ASSERT_EQ(first->pods.size(), 1u);
  EXPECT_EQ(first->pods[0].node_name, "a");
  EXPECT_EQ(follower_->Now().value(), first) << "the same while nothing has changed";

  api_.Event(kNodes, "ADDED", NodeJson("b"));
  const SharedObjects second =
      Await([](const api::ClusterObjects& objects) { return objects.nodes.size() == 2; });
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(first->nodes.size(), 1u) << "what was handed out stays as it was";
  api_.Event(kPods, "DELETED", PodJson("runs", "a"));
  EXPECT_NE(Await([](const api::ClusterObjects& objects) { return objects.pods.empty(); }),
            nullptr);
  EXPECT_THAT(api_.methods(), testing::ElementsAre("GET"));
}

TEST_F(ClusterFollowerTest, GivesAnEngineWhatItNeeds) {
  api_.Put(kNodes, NodeJson("a") + "," + NodeJson("b"));
  api_.Put(kPods, PodJson("runs", "a") + "," + PodJson("waits", "") + "," + PodJson("lost", "c"));
  Start();
  const SharedObjects objects = AwaitAll();
  ASSERT_NE(objects, nullptr);
  const Engine engine = MakeEngine();
  std::vector<std::string> places;
  const auto keep = [&](const Decided& decided) {
    places.push_back(decided.pod + " " + decided.node + decided.message);
    return true;
  };
  ASSERT_TRUE(engine.Place(*objects, {}, keep));
  EXPECT_THAT(places, testing::ElementsAre("default/waits b"));
  places.clear();
  const std::string sent = PodText("sent", "1");
  const auto placed = engine.Place(*objects, {.pods = sent}, keep);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_THAT(places, testing::ElementsAre("default/sent b"));
  const std::string clash = PodText("runs", "1");
  EXPECT_THAT(engine.Place(*objects, {.pods = clash}, keep).error().message,
              HasSubstr("a pod of this name is also in the cluster"));
  const auto explained = engine.Explain(*objects, {.pod = "default/waits"});
  ASSERT_TRUE(explained) << explained.error().message;
  EXPECT_THAT(*explained, HasSubstr("Insufficient cpu"));
}

TEST_F(ClusterFollowerTest, AnswersManyThreadsWhileTheClusterChanges) {
  api_.Put(kNodes, NodeJson("a"));
  Start();
  ASSERT_NE(AwaitAll(), nullptr);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([this] {
      std::size_t seen = 0;
      for (int i = 0; i < 50; ++i) {
        const auto objects = follower_->Now();
        ASSERT_TRUE(objects);
        EXPECT_GE((*objects)->nodes.size(), seen) << "time does not run backwards";
        seen = (*objects)->nodes.size();
      }
    });
  }
  for (int i = 0; i < 20; ++i) api_.Event(kNodes, "ADDED", NodeJson("n" + std::to_string(i)));
  for (auto& thread : threads) thread.join();
  EXPECT_NE(Await([](const api::ClusterObjects& objects) { return objects.nodes.size() == 21; }),
            nullptr);
}

TEST_F(ClusterFollowerTest, RefusesCredentialsThatCannotBeUsed) {
  kube::ClientConfig config = api_.config();
  config.authority.file = "/no/such/ca.pem";
  const auto started = ClusterFollower::Start(config, config_, plugins::MakeRegistry(), clock_);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("/no/such/ca.pem"));
}

}  // namespace
}  // namespace berth::placement
