// The reflector, one answer at a time, without a network.
#include "scheduler/kube/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "scheduler/base/random.h"
#include "tests/kube/manual_clock.h"
#include "tests/kube/mirror.h"
#include "tests/kube/object_store.h"
#include "tests/support/seed.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Keeps requests until the test answers them.
class ManualClient final : public Client {
 public:
  struct Pending {
    Request request;
    std::function<void(Response)> done;
    StreamCalls calls;
    std::shared_ptr<bool> cancelled = std::make_shared<bool>(false);
  };

  void Send(Request request, std::function<void(Response)> done) override {
    pending_.push_back({.request = std::move(request), .done = std::move(done), .calls = {}});
  }
  std::shared_ptr<Stream> Open(Request request, StreamCalls calls) override {
    pending_.push_back({.request = std::move(request), .done = {}, .calls = std::move(calls)});
    return std::make_shared<ManualStream>(pending_.back().cancelled);
  }

  bool HasPending() const { return !pending_.empty(); }
  Pending Take() {
    EXPECT_FALSE(pending_.empty());
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    return next;
  }

 private:
  class ManualStream final : public Stream {
   public:
    explicit ManualStream(std::shared_ptr<bool> cancelled) : cancelled_(std::move(cancelled)) {}
    void Cancel() override { *cancelled_ = true; }

   private:
    std::shared_ptr<bool> cancelled_;
  };

  std::deque<Pending> pending_;
};

using Pending = ManualClient::Pending;

constexpr auto kEmptyList = R"({"metadata":{"resourceVersion":"10"},"items":[]})";

std::string Event(const std::string& type, const std::string& name, int version) {
  return R"({"type":")" + type + R"(","object":{"metadata":{"name":")" + name +
         R"(","resourceVersion":")" + std::to_string(version) + "\"}}}\n";
}

class ReflectorTest : public ::testing::Test {
 protected:
  void Start() {
    reflector_ = std::make_unique<Reflector>(client_, clock_, 1, resource_, mirror_);
    reflector_->Start();
  }
  // A watch from version 10 on.
  Pending StartWatch() {
    Start();
    client_.Take().done({.status = 200, .body = kEmptyList});
    return client_.Take();
  }
  void ExpectVersion(const Pending& watch, const std::string& version) {
    EXPECT_THAT(watch.request.path, HasSubstr("resourceVersion=" + version + "&"));
  }

  ManualClient client_;
  ManualClock clock_;
  Mirror mirror_;
  WatchedResource resource_{.name = "nodes", .path = "/api/v1/nodes"};
  std::unique_ptr<Reflector> reflector_;
};

TEST_F(ReflectorTest, WatchesFromAVersionThatIsKnown) {
  resource_.known_version = "10";
  Start();
  const Pending watch = client_.Take();
  EXPECT_THAT(watch.request.path, StartsWith("/api/v1/nodes?watch=true"));
  ExpectVersion(watch, "10");
  watch.calls.on_end({.status = 410});
  EXPECT_EQ(client_.Take().request.path, "/api/v1/nodes?limit=500");
}

TEST_F(ReflectorTest, ListsInPagesAndThenWatches) {
  Start();
  Pending first = client_.Take();
  EXPECT_EQ(first.request.path, "/api/v1/nodes?limit=500");
  EXPECT_EQ(first.request.delay, 0ms);
  first.done({.status = 200, .body = R"({"metadata":{"resourceVersion":"7","continue":"a/b=="},
                          "items":[{"metadata":{"name":"x","resourceVersion":"3"}}]})"});
  EXPECT_THAT(mirror_.objects(), IsEmpty());
  Pending second = client_.Take();
  EXPECT_EQ(second.request.path, "/api/v1/nodes?limit=500&continue=a%2Fb%3D%3D");
  second.done({.status = 200, .body = R"({"metadata":{"resourceVersion":"7"},
                           "items":[{"metadata":{"name":"y","resourceVersion":"5"}}]})"});
  EXPECT_EQ(mirror_.objects(), (Mirror::Objects{{"x", "3"}, {"y", "5"}}));

  const Pending watch = client_.Take();
  EXPECT_THAT(watch.request.path, StartsWith("/api/v1/nodes?watch=true&allowWatchBookmarks=true&"
                                             "resourceVersion=7&timeoutSeconds="));
  const auto seconds =
      std::stoi(watch.request.path.substr(watch.request.path.find("timeoutSeconds=") + 15));
  EXPECT_GE(seconds, 300);
  EXPECT_LE(seconds, 600);
  EXPECT_GT(watch.request.timeout, std::chrono::seconds(seconds));
  watch.calls.on_data(Event("ADDED", "z", 8) + Event("MODIFIED", "x", 9));
  watch.calls.on_data(Event("DELETED", "y", 11));
  EXPECT_EQ(mirror_.objects(), (Mirror::Objects{{"x", "9"}, {"z", "8"}}));
  EXPECT_THAT(mirror_.problems(), IsEmpty());
}

TEST_F(ReflectorTest, AsksForWhatIsSelected) {
  resource_.field_selector = "spec.nodeName!=";
  resource_.label_selector = "a in (b, c)";
  Start();
  const std::string selectors =
      "&labelSelector=a%20in%20%28b%2C%20c%29&fieldSelector=spec.nodeName%21%3D";
  Pending list = client_.Take();
  EXPECT_EQ(list.request.path, "/api/v1/nodes?limit=500" + selectors);
  list.done({.status = 200, .body = kEmptyList});
  EXPECT_THAT(client_.Take().request.path, HasSubstr(selectors));
}

TEST_F(ReflectorTest, TakesUpAClosedWatchFromTheLastEvent) {
  const Pending watch = StartWatch();
  watch.calls.on_data(Event("ADDED", "a", 12));
  watch.calls.on_end({.status = 200});
  const Pending next = client_.Take();
  ExpectVersion(next, "12");
  EXPECT_EQ(next.request.delay, 0ms);
  EXPECT_THAT(mirror_.failures(), IsEmpty());
}

TEST_F(ReflectorTest, TakesUpAWatchFromABookmark) {
  const Pending watch = StartWatch();
  watch.calls.on_data(Event("ADDED", "a", 12) + Event("BOOKMARK", "", 99));
  watch.calls.on_end({.status = 0, .error = "cut"});
  ExpectVersion(client_.Take(), "99");
  EXPECT_EQ(mirror_.events(), 1);
}

TEST_F(ReflectorTest, ACutLineDoesNotCount) {
  const Pending watch = StartWatch();
  const std::string line = Event("ADDED", "b", 13);
  watch.calls.on_data(Event("ADDED", "a", 12) + line.substr(0, line.size() - 1));
  watch.calls.on_end({.status = 0, .error = "cut"});
  const Pending next = client_.Take();
  ExpectVersion(next, "12");
  // Nor does it become the beginning of another.
  next.calls.on_data(line);
  EXPECT_EQ(mirror_.objects(), (Mirror::Objects{{"a", "12"}, {"b", "13"}}));
}

TEST_F(ReflectorTest, AMalformedLineEndsTheWatch) {
  const Pending watch = StartWatch();
  watch.calls.on_data("{\"type\":\"ADDED\",\"object\":{]}\n" + Event("ADDED", "b", 13));
  EXPECT_TRUE(*watch.cancelled);
  EXPECT_EQ(mirror_.events(), 0);
  const Pending next = client_.Take();
  ExpectVersion(next, "10");
  EXPECT_GE(next.request.delay, 800ms);
  EXPECT_THAT(mirror_.failures(),
              ElementsAre("watch nodes: a watch event is malformed or was cut off"));
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceIsAFailure) {
  StartWatch().calls.on_end({.status = 200});
  const Pending next = client_.Take();
  ExpectVersion(next, "10");
  EXPECT_GE(next.request.delay, 800ms);
  EXPECT_THAT(mirror_.failures(),
              ElementsAre("watch nodes: the watch was closed at once, without an event"));
  clock_.Advance(next.request.delay + 5min);
  next.calls.on_end({.status = 200});
  EXPECT_EQ(client_.Take().request.delay, 0ms);
}

TEST_F(ReflectorTest, ListsAnewWhenTheVersionIsTooOld) {
  const std::string gone = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})";
  for (const bool as_event : {true, false}) {
    Mirror mirror;
    Reflector reflector(client_, clock_, 1, resource_, mirror);
    reflector.Start();
    client_.Take().done({.status = 200, .body = kEmptyList});
    const Pending watch = client_.Take();
    if (as_event) {
      watch.calls.on_data(R"({"type":"ERROR","object":)" + gone + "}\n");
    } else {
      watch.calls.on_end({.status = 410, .body = gone});
    }
    const Pending list = client_.Take();
    EXPECT_EQ(list.request.path, "/api/v1/nodes?limit=500");
    EXPECT_THAT(mirror.failures(), ElementsAre("watch nodes: too old"));
    list.done({.status = 200, .body = kEmptyList});
    EXPECT_EQ(mirror.lists(), 2);
    (void)client_.Take();
  }
}

TEST_F(ReflectorTest, ListsAnewWhenTheServerHasLostWhatWasSeen) {
  StartWatch().calls.on_end(
      {.status = 504, .body = R"({"code":504,"message":"Too large resource version: 10"})"});
  EXPECT_EQ(client_.Take().request.path, "/api/v1/nodes?limit=500");
}

TEST_F(ReflectorTest, OtherErrorsOfAWatchAreTriedAgainFromTheSameVersion) {
  const Pending watch = StartWatch();
  watch.calls.on_data(R"({"type":"ERROR","object":{"code":500,"message":"etcd is asleep"}})"
                      "\n");
  EXPECT_TRUE(*watch.cancelled);
  ExpectVersion(client_.Take(), "10");
  EXPECT_THAT(mirror_.failures(), ElementsAre("watch nodes: etcd is asleep"));
}

TEST_F(ReflectorTest, KeepsWatchingWhileTheServerIsAway) {
  Pending watch = StartWatch();
  for (int i = 0; i < 8; ++i) {
    const auto least = std::min(800ms * (1 << i), std::chrono::milliseconds(30s));
    watch.calls.on_end({.status = 0, .error = "cannot connect to h:1: Connection refused"});
    watch = client_.Take();
    ExpectVersion(watch, "10");
    EXPECT_GE(watch.request.delay, least);
    EXPECT_LT(watch.request.delay, 2 * least);
    clock_.Advance(watch.request.delay);
  }
  EXPECT_EQ(mirror_.lists(), 1);
  EXPECT_EQ(mirror_.failures().size(), 8u);
}

TEST_F(ReflectorTest, WaitsAsLongAsItIsTold) {
  StartWatch().calls.on_end({.status = 429, .retry_after = 77s});
  EXPECT_EQ(client_.Take().request.delay, 77s);
}

TEST_F(ReflectorTest, SaysWhatIsForbiddenAndTriesAgain) {
  Start();
  Pending list = client_.Take();
  list.done({.status = 403,
             .body = R"({"kind":"Status","code":403,"reason":"Forbidden","message":)"
                     R"("nodes is forbidden: User \"u\" cannot list resource \"nodes\""})"});
  EXPECT_THAT(mirror_.failures(), ElementsAre("list nodes: nodes is forbidden: User \"u\" cannot "
                                              "list resource \"nodes\""));
  list = client_.Take();
  EXPECT_GE(list.request.delay, 800ms);
  list.done({.status = 200, .body = kEmptyList});
  EXPECT_EQ(mirror_.lists(), 1);
}

TEST_F(ReflectorTest, APageThatFailsIsAskedForAgain) {
  Start();
  client_.Take().done(
      {.status = 200, .body = R"({"metadata":{"resourceVersion":"7","continue":"c"},"items":[]})"});
  client_.Take().done({.status = 0, .error = "broken off"});
  Pending again = client_.Take();
  EXPECT_EQ(again.request.path, "/api/v1/nodes?limit=500&continue=c");
  again.done({.status = 200, .body = R"({"items":[)"});
  again = client_.Take();
  EXPECT_EQ(again.request.path, "/api/v1/nodes?limit=500&continue=c");
  EXPECT_THAT(mirror_.failures(), ElementsAre("list nodes: broken off",
                                              "list nodes: the answer is not a List: no metadata"));
}

TEST_F(ReflectorTest, AListWhosePagesHaveExpiredBeginsAnew) {
  Start();
  client_.Take().done({.status = 200, .body = R"({"metadata":{"resourceVersion":"7","continue":"c"},
                                  "items":[{"metadata":{"name":"x","resourceVersion":"3"}}]})"});
  client_.Take().done({.status = 410, .body = R"({"reason":"Expired","message":"too old"})"});
  Pending anew = client_.Take();
  EXPECT_EQ(anew.request.path, "/api/v1/nodes?limit=500");
  anew.done({.status = 200, .body = kEmptyList});
  EXPECT_THAT(mirror_.objects(), IsEmpty());
  EXPECT_EQ(mirror_.lists(), 1);
}

TEST_F(ReflectorTest, IsSilentOnceItIsStopped) {
  const Pending watch = StartWatch();
  reflector_->Stop();
  EXPECT_TRUE(*watch.cancelled);
  watch.calls.on_data(Event("ADDED", "a", 12));
  watch.calls.on_end({.status = 200});
  EXPECT_EQ(mirror_.events(), 0);
  EXPECT_FALSE(client_.HasPending());
}

TEST_F(ReflectorTest, AnswersMayComeAfterItsEnd) {
  Start();
  const Pending list = client_.Take();
  reflector_.reset();
  list.done({.status = 200, .body = kEmptyList});
  EXPECT_EQ(mirror_.lists(), 0);
  EXPECT_FALSE(client_.HasPending());
}

// An API server whose answers break off wherever they can.
class MoodyServer {
 public:
  MoodyServer(ObjectStore& store, base::Random& random) : store_(store), random_(random) {}

  void Answer(const Pending& pending) {
    if (pending.done) {
      AnswerList(pending);
    } else {
      AnswerWatch(pending);
    }
  }
  void calm() { moody_ = false; }

 private:
  bool Happens(std::uint64_t one_in) { return moody_ && random_.Chance(1, one_in); }

  static std::string Parameter(const std::string& path, const std::string& name) {
    const auto start = path.find(name + "=");
    if (start == std::string::npos) return "";
    const auto value = start + name.size() + 1;
    return path.substr(value, path.find('&', value) - value);
  }

  void AnswerList(const Pending& pending) {
    if (Happens(5)) return pending.done({.status = 0, .error = "broken off"});
    if (Happens(10)) return pending.done({.status = 503, .retry_after = 1s});
    const auto page = store_.List(Parameter(pending.request.path, "continue"), 3);
    pending.done({.status = page.expired ? 410 : 200, .body = page.body});
  }

  void AnswerWatch(const Pending& pending) {
    if (Happens(10)) return pending.calls.on_end({.status = 0, .error = "refused"});
    std::string bytes = Lines(std::stol(Parameter(pending.request.path, "resourceVersion")));
    const bool cut = Happens(2);
    if (cut) bytes.resize(random_.Below(bytes.size() + 1));
    while (!bytes.empty() && !*pending.cancelled) {
      const std::size_t size = 1 + random_.Below(bytes.size());
      pending.calls.on_data(bytes.substr(0, size));
      bytes.erase(0, size);
    }
    if (*pending.cancelled) return;
    pending.calls.on_end(cut ? Response{.status = 0, .error = "cut"} : Response{.status = 200});
  }

  // Everything after a version, or some of it.
  std::string Lines(long version) {
    std::string bytes;
    while (!Happens(8)) {
      const auto line = store_.EventAfter(version);
      if (!line) break;
      bytes += *line;
      version = ObjectStore::VersionOfLine(*line);
      if (version == 0) return bytes;
    }
    // A bookmark is only for who has seen all before it.
    if (version == store_.version() && random_.Chance(1, 4)) bytes += store_.BookmarkLine();
    if (Happens(10)) bytes += "{\"type\":\"ADDED\",\"object\"\n";
    return bytes;
  }

  ObjectStore& store_;
  base::Random& random_;
  bool moody_ = true;
};

class ReflectorProperty : public support::RandomTest {};

TEST_F(ReflectorProperty, LosesNothingAndDoublesNothing) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int round = 0; round < 100; ++round) {
    ObjectStore store;
    ManualClient client;
    ManualClock clock;
    Mirror mirror;
    MoodyServer server(store, random);
    Reflector reflector(client, clock, random.Next(), {.name = "things", .path = "/things"},
                        mirror);
    reflector.Start();
    for (int step = 0; step < 200; ++step) {
      for (auto changes = random.Below(4); changes > 0; --changes) store.Change(random);
      if (random.Chance(1, 40)) store.Compact();
      server.Answer(client.Take());
    }
    server.calm();
    for (int step = 0; step < 30 && mirror.objects() != store.objects(); ++step) {
      server.Answer(client.Take());
    }
    ASSERT_EQ(mirror.objects(), store.objects()) << "round " << round;
    ASSERT_THAT(mirror.problems(), IsEmpty()) << "round " << round;
  }
}

}  // namespace
}  // namespace berth::kube
