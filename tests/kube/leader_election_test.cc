// The election as a process runs it: calls back, and asked from other threads.
#include "scheduler/kube/leader_election.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "tests/kube/leader_lease_server.h"
#include "tests/support/fake_clock.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

auto Soon() { return std::chrono::steady_clock::now() + 60s; }

class LeaderElectionTest : public ::testing::Test {
 protected:
  LeaderElection::Callbacks Callbacks() {
    return {.on_started_leading = [this] { calls_.push_back("started"); },
            .on_stopped_leading =
                [this](bool lost) {
                  calls_.push_back(std::string(lost ? "lost" : "stopped") + " while held by '" +
                                   server_.holder() + "'");
                },
            .on_new_leader = [this](const std::string& who) { calls_.push_back("new " + who); }};
  }

  void SetUp() override {
    client_.respond = [this](const Request& request) {
      return server_up_ ? server_.Handle(request) : NoAnswer();
    };
  }

  // Answers come at once, so that a few steps do all that is due.
  void Steps() {
    for (int i = 0; i < 6; ++i) election_.Step();
  }
  void Pass(std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) {
      clock_.Advance(1s);
      Steps();
    }
  }

  LeaseServer server_;
  bool server_up_ = true;
  FakeClient client_;
  support::FakeClock clock_;
  std::vector<std::string> calls_;
  LeaderElection election_{
      {.identity = "me"}, client_, clock_, 1, Callbacks(), LeaderElection::WithoutThread()};
};

TEST_F(LeaderElectionTest, TellsOfNewLeadersAndOfItsOwnLead) {
  server_.HoldBy("other");
  Steps();
  EXPECT_THAT(calls_, ElementsAre("new other"));
  EXPECT_FALSE(election_.MayLead());
  Pass(20s);
  EXPECT_THAT(calls_, ElementsAre("new other", "new me", "started"));
  EXPECT_TRUE(election_.MayLead());
  Pass(60s);
  EXPECT_EQ(calls_.size(), 3u);
}

TEST_F(LeaderElectionTest, TellsOnceThatItIsLost) {
  Steps();
  server_up_ = false;
  Pass(30s);
  EXPECT_THAT(calls_, ElementsAre("new me", "started", "lost while held by 'me'"));
  EXPECT_TRUE(election_.Stop(std::chrono::steady_clock::now())) << "it is over already";
}

TEST_F(LeaderElectionTest, TellsThatItStopsBeforeItGivesTheLeaseBack) {
  Steps();
  EXPECT_FALSE(election_.Stop(std::chrono::steady_clock::now()));
  EXPECT_FALSE(election_.MayLead()) << "at once";
  Steps();
  EXPECT_THAT(calls_, ElementsAre("new me", "started", "stopped while held by 'me'"));
  EXPECT_EQ(server_.holder(), "");
  EXPECT_TRUE(election_.Stop(std::chrono::steady_clock::now()));
}

TEST_F(LeaderElectionTest, CountsSlowPaths) {
  Steps();
  server_.Store(*server_.lease);
  Pass(2s);
  EXPECT_EQ(election_.slow_paths(), 1u);
}

TEST(LeaderElectionThread, LeadsUntilItIsStopped) {
  LeaseServer server;
  FakeClient client;
  client.respond = [&](const Request& request) { return server.Handle(request); };
  const base::SystemClock clock;
  std::atomic<bool> stopped = false;
  std::promise<void> started;
  LeaderElection election({.identity = "me"}, client, clock, 1,
                          {.on_started_leading = [&] { started.set_value(); },
                           .on_stopped_leading = [&](bool) { stopped = true; }});
  ASSERT_EQ(started.get_future().wait_until(Soon()), std::future_status::ready);
  EXPECT_TRUE(election.MayLead());
  EXPECT_TRUE(election.Stop(Soon()));
  EXPECT_FALSE(election.MayLead());
  EXPECT_TRUE(stopped);
  EXPECT_EQ(server.holder(), "");
}

TEST(LeaderElectionThread, EndsWhileARequestIsUnderWay) {
  FakeClient client;
  const base::SystemClock clock;
  auto election = std::make_unique<LeaderElection>(LeaseSettings{.identity = "me"}, client, clock,
                                                   1, LeaderElection::Callbacks());
  while (client.waiting() == 0) std::this_thread::yield();
  EXPECT_FALSE(election->Stop(std::chrono::steady_clock::now() + 2ms));
  election.reset();
  client.Take().done(NoAnswer());
}

}  // namespace
}  // namespace berth::kube
