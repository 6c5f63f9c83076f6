// The reflector over real connections, which are cut wherever they can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "scheduler/base/random.h"
#include "scheduler/kube/curl_client.h"
#include "scheduler/kube/reflector.h"
#include "tests/kube/mirror.h"
#include "tests/kube/object_store.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/seed.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using support::FakeApiServer;
using support::ResponseStream;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const base::SystemClock kClock;

// Lets requests leave at once, however long they were to wait.
class HastyClient final : public Client {
 public:
  explicit HastyClient(Client& client) : client_(client) {}

  void Send(Request request, std::function<void(Response)> done) override {
    client_.Send(Hurry(std::move(request)), std::move(done));
  }
  std::shared_ptr<Stream> Open(Request request, StreamCalls calls) override {
    return client_.Open(Hurry(std::move(request)), std::move(calls));
  }

 private:
  static Request Hurry(Request request) {
    request.delay = std::min(request.delay, std::chrono::milliseconds(1));
    return request;
  }

  Client& client_;
};

// Serves a store to which a test makes changes.
class StoreServer {
 public:
  explicit StoreServer(std::uint64_t seed)
      : random_(seed),
        server_([this](const ServerRequest& request) { return Answer(request); }, {.tls = true}) {}
  // Streams end before anything that they use.
  ~StoreServer() { server_.Stop(); }
  StoreServer(const StoreServer&) = delete;
  StoreServer& operator=(const StoreServer&) = delete;

  void Change() {
    const std::lock_guard lock(mutex_);
    store_.Change(random_);
  }
  void Compact() {
    const std::lock_guard lock(mutex_);
    store_.Compact();
  }
  ObjectStore::Objects objects() {
    const std::lock_guard lock(mutex_);
    return store_.objects();
  }
  void cut_streams(bool cut) { cuts_ = cut; }
  int watches() const { return watches_; }
  FakeApiServer& server() { return server_; }

 private:
  ServerResponse Answer(const ServerRequest& request) {
    if (request.Parameter("watch") == "true") {
      ++watches_;
      const long version = std::stol(request.Parameter("resourceVersion"));
      return {.stream = [this, version](ResponseStream& stream) { Watch(stream, version); }};
    }
    const std::lock_guard lock(mutex_);
    const auto page = store_.List(request.Parameter("continue"), 7);
    return {.status = page.expired ? 410 : 200, .body = page.body};
  }

  void Watch(ResponseStream& stream, long version) {
    while (stream.IsOpen()) {
      const auto line = Next(version);
      if (!line) {
        std::this_thread::sleep_for(1ms);
        continue;
      }
      const std::size_t cut = WhereToCut(line->size());
      stream.Write(line->substr(0, cut));
      if (cut < line->size()) return stream.Cut();
      version = ObjectStore::VersionOfLine(*line);
      if (version == 0) return;
    }
  }

  std::optional<std::string> Next(long version) {
    const std::lock_guard lock(mutex_);
    return store_.EventAfter(version);
  }
  std::size_t WhereToCut(std::size_t size) {
    const std::lock_guard lock(mutex_);
    return cuts_ && random_.Chance(1, 4) ? random_.Below(size) : size;
  }

  std::mutex mutex_;  // of the next two
  ObjectStore store_;
  base::Random random_;
  std::atomic<bool> cuts_ = false;
  std::atomic<int> watches_ = 0;
  FakeApiServer server_;
};

class ReflectorNetworkTest : public support::RandomTest {
 protected:
  ReflectorNetworkTest() : server_(support::TestSeed()) {
    ClientConfig config{.server = server_.server().url(), .qps = 0};
    config.authority.text = server_.server().authority().pem;
    client_ = *MakeClient(config, kClock);
    hasty_ = std::make_unique<HastyClient>(*client_);
    reflector_ = std::make_unique<Reflector>(
        *hasty_, kClock, support::TestSeed(),
        WatchedResource{.name = "things", .path = "/apis/things"}, mirror_);
  }

  StoreServer server_;
  Mirror mirror_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<HastyClient> hasty_;
  std::unique_ptr<Reflector> reflector_;
};

TEST_F(ReflectorNetworkTest, FollowsChangesThroughCutStreams) {
  SCOPED_TRACE(support::SeedNote());
  for (int i = 0; i < 40; ++i) server_.Change();
  server_.cut_streams(true);
  reflector_->Start();
  ASSERT_TRUE(mirror_.WaitForLists(1));
  for (int i = 0; i < 400; ++i) {
    server_.Change();
    if (i % 20 == 0) std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(mirror_.WaitFor(server_.objects()));
  EXPECT_THAT(mirror_.problems(), IsEmpty());
  EXPECT_EQ(mirror_.lists(), 1);
  EXPECT_EQ(mirror_.events(), 400);
  EXPECT_GT(server_.watches(), 5);
}

TEST_F(ReflectorNetworkTest, GoesOnWhereItWasWhenTheServerComesBack) {
  SCOPED_TRACE(support::SeedNote());
  reflector_->Start();
  server_.Change();
  ASSERT_TRUE(mirror_.WaitFor(server_.objects()));
  server_.server().Stop();
  for (int i = 0; i < 10; ++i) server_.Change();
  ASSERT_TRUE(mirror_.WaitForFailures(3));
  server_.server().Start();
  EXPECT_TRUE(mirror_.WaitFor(server_.objects()));
  EXPECT_EQ(mirror_.lists(), 1);
  EXPECT_THAT(mirror_.problems(), IsEmpty());
  EXPECT_THAT(mirror_.failures().back(), HasSubstr("Connection refused"));
}

TEST_F(ReflectorNetworkTest, ListsAnewWhenItWasAwayForTooLong) {
  SCOPED_TRACE(support::SeedNote());
  reflector_->Start();
  server_.Change();
  ASSERT_TRUE(mirror_.WaitFor(server_.objects()));
  server_.server().Stop();
  for (int i = 0; i < 30; ++i) server_.Change();
  server_.Compact();
  server_.Change();
  server_.server().Start();
  EXPECT_TRUE(mirror_.WaitForLists(2));
  EXPECT_TRUE(mirror_.WaitFor(server_.objects()));
  EXPECT_THAT(mirror_.problems(), IsEmpty());
}

TEST_F(ReflectorNetworkTest, StopsWhileEventsComeIn) {
  server_.cut_streams(true);
  reflector_->Start();
  ASSERT_TRUE(mirror_.WaitForLists(1));
  std::thread changes([&] {
    for (int i = 0; i < 200; ++i) server_.Change();
  });
  reflector_->Stop();
  const int events = mirror_.events();
  changes.join();
  EXPECT_EQ(client_->Call({.path = "/apis/things"}).status, 200);
  EXPECT_EQ(mirror_.events(), events);
}

}  // namespace
}  // namespace berth::kube
