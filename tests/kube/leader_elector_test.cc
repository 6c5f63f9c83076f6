// Who leads, and when: taking the lease, renewing it, losing it and giving it back.
#include "scheduler/kube/leader_elector.h"

#include <gmock/gmock.h>

#include <deque>

#include "tests/kube/leader_lease_server.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seed.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Phase = LeaderElector::Phase;

LeaseSettings Settings(const std::string& identity) { return {.identity = identity}; }

class LeaderElectorTest : public ::testing::Test {
 protected:
  // Everything that is due now, as long as answers lead to new requests. Without a server no answer
  // comes.
  void Run() {
    while (auto request = elector_.Tick()) {
      methods_.push_back(request->method);
      elector_.OnResponse(server_up_ ? server_.Handle(*request) : NoAnswer());
    }
  }

  void Pass(std::chrono::nanoseconds time) {
    const auto end = clock_.Now() + time;
    while (clock_.Now() < end) {
      const auto next = std::clamp(elector_.NextTick(), clock_.Now() + 1ms, end);
      clock_.Advance(next - clock_.Now());
      Run();
    }
  }

  void Lead() {
    Run();
    ASSERT_EQ(elector_.phase(), Phase::kLeading);
    methods_.clear();
  }

  LeaseServer server_;
  bool server_up_ = true;
  support::FakeClock clock_;
  LeaderElector elector_{Settings("me"), clock_, support::TestSeed()};
  std::vector<Method> methods_;
};

TEST_F(LeaderElectorTest, CreatesTheLeaseIfThereIsNone) {
  EXPECT_FALSE(elector_.MayLead());
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  EXPECT_TRUE(elector_.MayLead());
  EXPECT_EQ(elector_.holder(), "me");
  EXPECT_EQ((*server_.lease)["metadata"]["name"], "kube-scheduler");
  EXPECT_EQ(server_.spec(), json::parse(R"({
    "holderIdentity": "me", "leaseDurationSeconds": 15, "leaseTransitions": 0,
    "acquireTime": "2023-11-14T22:13:20.000000Z", "renewTime": "2023-11-14T22:13:20.000000Z"})"));
}

TEST_F(LeaderElectorTest, TakesALeaseThatNobodyHolds) {
  server_.HoldBy("");
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  EXPECT_EQ(server_.spec()["leaseTransitions"], 4);
}

TEST_F(LeaderElectorTest, TakesALeaseWithoutASpec) {
  server_.Store({{"metadata", {{"name", "kube-scheduler"}}}});
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

TEST_F(LeaderElectorTest, GoesOnWithALeaseOfItsOwn) {
  server_.HoldBy("me");
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  EXPECT_EQ(server_.spec()["leaseTransitions"], 3);
  EXPECT_EQ(server_.spec()["acquireTime"], "2001-01-01T00:00:00.000000Z");
}

TEST_F(LeaderElectorTest, WaitsUntilTheLeaseHasNotChangedForItsDuration) {
  server_.HoldBy("other");
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  EXPECT_EQ(elector_.holder(), "other");
  Pass(14999ms);
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  Pass(4401ms);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  EXPECT_EQ(server_.spec()["leaseTransitions"], 4);
  EXPECT_NE(server_.spec()["acquireTime"], "2001-01-01T00:00:00.000000Z");
}

TEST_F(LeaderElectorTest, WaitsAsLongAsTheLeaseSaysAndNotAsItsOwnSettingsDo) {
  server_.HoldBy("other");
  (*server_.lease)["spec"]["leaseDurationSeconds"] = 60;
  Run();
  Pass(59s);
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  Pass(6s);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

// The times in the lease are of a clock that is years behind, or ahead.
TEST_F(LeaderElectorTest, DoesNotTakeALeaseThatIsRenewedHoweverOldItLooks) {
  for (int i = 0; i < 60; ++i) {
    server_.HoldBy("other",
                   i % 2 == 0 ? "2001-01-01T00:00:00.000000Z" : "2100-01-01T00:00:00.000000Z");
    Pass(5s);
    ASSERT_EQ(elector_.phase(), Phase::kStandby) << i;
  }
}

TEST_F(LeaderElectorTest, OnlyARenewalCountsAndNoOtherChange) {
  server_.HoldBy("other");
  Run();
  for (int i = 0; i < 10; ++i) {
    (*server_.lease)["metadata"]["labels"]["n"] = std::to_string(i);
    server_.Store(*server_.lease);
    Pass(2s);
  }
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

TEST_F(LeaderElectorTest, DoesNotMindJumpsOfTheWallClock) {
  server_.HoldBy("other");
  Run();
  clock_.JumpWall(1h);
  Pass(14s);
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  Pass(6s);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  clock_.JumpWall(-3h);
  EXPECT_TRUE(elector_.MayLead());
  Pass(1min);
  EXPECT_TRUE(elector_.MayLead());
}

TEST_F(LeaderElectorTest, AsksEveryTwoToFourPointFourSeconds) {
  server_.HoldBy("other");
  Run();
  std::chrono::nanoseconds least = 1h;
  std::chrono::nanoseconds most = 0s;
  for (int i = 0; i < 200; ++i) {
    const auto wait = elector_.NextTick() - clock_.Now();
    least = std::min<std::chrono::nanoseconds>(least, wait);
    most = std::max<std::chrono::nanoseconds>(most, wait);
    server_.HoldBy("other", std::to_string(i));
    clock_.Advance(wait - 1ns);
    Run();
    EXPECT_EQ(server_.requests, i + 1);
    clock_.Advance(1ns);
    Run();
  }
  EXPECT_GE(least, 2s);
  EXPECT_LE(most, 4400ms);
  EXPECT_GT(most, least + 1s) << "they differ";
}

TEST_F(LeaderElectorTest, RenewsWithOneWriteEveryTwoSeconds) {
  Lead();
  const json before = server_.spec();
  Pass(20s);
  EXPECT_EQ(methods_, std::vector<Method>(10, Method::kPut));
  EXPECT_NE(server_.spec()["renewTime"], before["renewTime"]);
  EXPECT_EQ(server_.spec()["acquireTime"], before["acquireTime"]);
  EXPECT_EQ(server_.spec()["leaseTransitions"], 0);
  EXPECT_EQ(elector_.slow_paths(), 0u);
}

TEST_F(LeaderElectorTest, KeepsWhatItDoesNotKnow) {
  server_.HoldBy("");
  (*server_.lease)["spec"]["strategy"] = "OldestEmulationVersion";
  (*server_.lease)["metadata"]["annotations"]["a"] = "b";
  (*server_.lease)["future"] = {1, 2, 3};
  Lead();
  Pass(4s);
  EXPECT_EQ(server_.spec()["strategy"], "OldestEmulationVersion");
  EXPECT_EQ((*server_.lease)["metadata"]["annotations"]["a"], "b");
  EXPECT_EQ((*server_.lease)["future"], json({1, 2, 3}));
}

TEST_F(LeaderElectorTest, ReadsTheLeaseAgainAfterAConflict) {
  Lead();
  server_.Store(*server_.lease);  // somebody has touched it
  Pass(2s);
  EXPECT_EQ(methods_, (std::vector<Method>{Method::kPut, Method::kGet, Method::kPut}));
  EXPECT_EQ(elector_.slow_paths(), 1u);
  EXPECT_TRUE(elector_.MayLead());
}

TEST_F(LeaderElectorTest, MakesTheLeaseAnewIfSomebodyTakesItAway) {
  Lead();
  server_.lease.reset();
  Pass(2s);
  EXPECT_EQ(server_.holder(), "me");
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

TEST_F(LeaderElectorTest, StopsAtOnceWhenAnotherHoldsTheLease) {
  Lead();
  server_.HoldBy("other");
  Pass(2s);
  EXPECT_EQ(elector_.phase(), Phase::kLost);
  EXPECT_FALSE(elector_.MayLead());
  EXPECT_EQ(elector_.holder(), "other");
  EXPECT_EQ(elector_.NextTick(), base::Clock::Steady::max());
  Pass(1h);
  EXPECT_EQ(server_.holder(), "other") << "it does not come back";
}

TEST_F(LeaderElectorTest, OutlivesAnOutageThatIsShorterThanTheDeadline) {
  Lead();
  server_up_ = false;
  Pass(9s);
  EXPECT_TRUE(elector_.MayLead());
  server_up_ = true;
  Pass(2s);
  EXPECT_TRUE(elector_.MayLead());
  Pass(30s);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

// As in kube-scheduler a round of renewing has the whole deadline, and begins after a retry_period.
TEST_F(LeaderElectorTest, IsLostWhenItCannotRenewWithinTheDeadline) {
  Lead();
  server_up_ = false;
  Pass(10s - 1ms);
  EXPECT_TRUE(elector_.MayLead());
  Pass(1ms);
  EXPECT_FALSE(elector_.MayLead()) << "it is time to be careful";
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  Pass(2s - 1ms);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
  Pass(1ms);
  EXPECT_EQ(elector_.phase(), Phase::kLost);
  server_up_ = true;
  Pass(1min);
  EXPECT_EQ(elector_.phase(), Phase::kLost);
  EXPECT_FALSE(elector_.MayLead());
}

TEST_F(LeaderElectorTest, MayNotLeadAfterTheDeadlineEvenIfNobodyTicks) {
  Lead();
  clock_.Advance(10s - 1ns);
  EXPECT_TRUE(elector_.MayLead());
  clock_.Advance(1ns);
  EXPECT_FALSE(elector_.MayLead());
  clock_.Advance(1h);
  EXPECT_FALSE(elector_.MayLead());
  EXPECT_EQ(elector_.phase(), Phase::kLeading) << "nobody has looked yet";
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kLost);
}

TEST_F(LeaderElectorTest, CountsTheDeadlineFromWhenTheWriteWasSent) {
  Lead();
  clock_.Advance(2s);
  const auto request = elector_.Tick();
  clock_.Advance(4s);
  elector_.OnResponse(server_.Handle(*request));
  clock_.Advance(6s - 1ns);
  EXPECT_TRUE(elector_.MayLead());
  clock_.Advance(1ns);
  EXPECT_FALSE(elector_.MayLead());
}

TEST_F(LeaderElectorTest, DoesNotBeginWithAnAnswerThatTookTooLong) {
  elector_.OnResponse(server_.Handle(*elector_.Tick()));
  const auto request = elector_.Tick();
  ASSERT_EQ(request->method, Method::kPost);
  clock_.Advance(11s);
  elector_.OnResponse(server_.Handle(*request));
  EXPECT_FALSE(elector_.MayLead());
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  Run();
  EXPECT_TRUE(elector_.MayLead()) << "the lease is its own, and was just renewed";
}

TEST_F(LeaderElectorTest, IgnoresAnAnswerAfterItWasLost) {
  Lead();
  clock_.Advance(2s);
  const auto request = elector_.Tick();
  clock_.Advance(20s);
  EXPECT_EQ(elector_.Tick(), std::nullopt);
  elector_.OnResponse(server_.Handle(*request));
  EXPECT_FALSE(elector_.MayLead());
  EXPECT_EQ(elector_.phase(), Phase::kLost);
}

TEST_F(LeaderElectorTest, SendsOneRequestAtATimeWithHalfTheDeadline) {
  const auto request = elector_.Tick();
  EXPECT_EQ(request->timeout, 5s);
  EXPECT_EQ(elector_.Tick(), std::nullopt);
  EXPECT_EQ(elector_.NextTick(), base::Clock::Steady::max());
}

TEST_F(LeaderElectorTest, WaitsWhileTheServerIsDownOrTalksNonsense) {
  server_up_ = false;
  Pass(1min);
  EXPECT_EQ(elector_.phase(), Phase::kStandby);
  server_up_ = true;
  for (const char* text :
       {"", "[]", "{\"spec\": 3}", "{\"spec\": {\"holderIdentity\": 3}}",
        "{\"spec\": {\"leaseDurationSeconds\": \"x\"}}", "{\"spec\": {\"leaseTransitions\": 1e30}}",
        "{\"spec\": {\"leaseTransitions\": -1}}", "\xff{"}) {
    clock_.Advance(10s);
    const auto request = elector_.Tick();
    ASSERT_TRUE(request.has_value()) << text;
    elector_.OnResponse({.status = 200, .body = text});
    EXPECT_EQ(elector_.phase(), Phase::kStandby) << text;
  }
  Pass(5s);
  EXPECT_EQ(elector_.phase(), Phase::kLeading);
}

TEST_F(LeaderElectorTest, GivesTheLeaseBack) {
  Lead();
  Pass(4s);
  elector_.Stop();
  EXPECT_FALSE(elector_.MayLead());
  EXPECT_EQ(elector_.phase(), Phase::kReleasing);
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStopped);
  EXPECT_EQ(server_.spec(), json::parse(R"({
    "holderIdentity": "", "leaseDurationSeconds": 1, "leaseTransitions": 0,
    "acquireTime": "2023-11-14T22:13:24.000000Z", "renewTime": "2023-11-14T22:13:24.000000Z"})"));
  LeaderElector next(Settings("next"), clock_, 1);
  while (auto request = next.Tick()) next.OnResponse(server_.Handle(*request));
  EXPECT_TRUE(next.MayLead());
}

TEST_F(LeaderElectorTest, GivesTheLeaseBackAfterWhatIsUnderWay) {
  Lead();
  clock_.Advance(2s);
  const auto request = elector_.Tick();
  elector_.Stop();
  EXPECT_EQ(elector_.Tick(), std::nullopt);
  EXPECT_FALSE(elector_.MayLead());
  elector_.OnResponse(server_.Handle(*request));
  EXPECT_FALSE(elector_.MayLead());
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStopped);
  EXPECT_EQ(server_.holder(), "");
}

TEST_F(LeaderElectorTest, GivesTheLeaseBackAlsoWhereItHasChangedUnseen) {
  Lead();
  server_.Store(*server_.lease);
  elector_.Stop();
  Run();
  EXPECT_EQ(methods_, (std::vector<Method>{Method::kPut, Method::kGet, Method::kPut}));
  EXPECT_EQ(server_.holder(), "");
}

TEST_F(LeaderElectorTest, DoesNotGiveBackWhatAnotherHolds) {
  Lead();
  server_.HoldBy("other");
  elector_.Stop();
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStopped);
  EXPECT_EQ(server_.holder(), "other");
}

TEST_F(LeaderElectorTest, StopsWithoutAServer) {
  Lead();
  server_up_ = false;
  elector_.Stop();
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStopped);
}

TEST_F(LeaderElectorTest, StopsInStandbyWithoutAWord) {
  server_.HoldBy("other");
  Run();
  methods_.clear();
  elector_.Stop();
  Run();
  EXPECT_EQ(elector_.phase(), Phase::kStopped);
  EXPECT_TRUE(methods_.empty());
}

TEST_F(LeaderElectorTest, GivesBackWhatItTakesWhileItIsStopped) {
  elector_.OnResponse(server_.Handle(*elector_.Tick()));
  const auto create = elector_.Tick();
  elector_.Stop();
  elector_.OnResponse(server_.Handle(*create));
  EXPECT_FALSE(elector_.MayLead());
  Run();
  EXPECT_EQ(server_.holder(), "");
}

TEST(LeaderIdentity, IsTheHostWithAUuid) {
  base::Random random(1);
  const std::string identity = LeaderIdentity("host", random);
  EXPECT_EQ(identity.substr(0, 5), "host_");
  EXPECT_EQ(identity.size(), 5u + 36);
  EXPECT_NE(identity, LeaderIdentity("host", random));
}

TEST(LeaderEvents, AreAboutTheLease) {
  const Event event = BecameLeaderEvent(Settings("me"), "berth");
  EXPECT_EQ(event.note, "me became leader");
  EXPECT_EQ(event.reason, "LeaderElection");
  EXPECT_EQ(event.regarding.kind, "Lease");
  EXPECT_EQ(event.regarding.name, "kube-scheduler");
  EXPECT_TRUE(event.core_only);
  EXPECT_EQ(StoppedLeadingEvent(Settings("me"), "berth").note, "me stopped leading");
}

// Several processes, whose clocks go at different speeds and whose messages are late, or lost on
// the way there or back.
class Contest {
 public:
  explicit Contest(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) AddProcess();
  }

  void Run(std::chrono::milliseconds time) {
    for (; now_ < time; now_ += kStep) {
      for (Process& process : processes_) Advance(process);
      int leaders = 0;
      for (const Process& process : processes_) leaders += process.elector->MayLead() ? 1 : 0;
      ASSERT_LE(leaders, 1) << "at " << now_.count() << " ms";
      if (leaders == 1) led_ += kStep;
    }
  }

  std::chrono::milliseconds led() const { return led_; }

 private:
  static constexpr std::chrono::milliseconds kStep{50};

  struct Message {
    Request request;
    std::chrono::milliseconds arrives, answered;
    bool arrives_at_all, is_answered;
    bool handled = false;
    Response response = {};
  };
  struct Process {
    std::unique_ptr<support::FakeClock> clock = std::make_unique<support::FakeClock>();
    std::unique_ptr<LeaderElector> elector;
    std::chrono::nanoseconds step;
    std::optional<Message> message;
    std::vector<Message> late;  // given up by the client, but still on their way
  };

  void AddProcess() {
    Process& process = processes_.emplace_back();
    process.clock->JumpWall(std::chrono::seconds(random_.Below(100'000)));
    process.step = kStep * (95 + random_.Below(11)) / 100;
    process.elector = std::make_unique<LeaderElector>(
        Settings("process-" + std::to_string(processes_.size())), *process.clock, random_.Next());
  }

  void Advance(Process& process) {
    process.clock->Advance(process.step);
    if (random_.Chance(1, 3000)) process.clock->JumpWall(std::chrono::hours(random_.Below(5)) - 2h);
    for (Message& message : process.late) Deliver(message);
    std::erase_if(process.late, [](const Message& message) { return message.handled; });
    Answer(process);
    // Now and then a process does not get to run for a while.
    if (random_.Chance(1, 20)) return;
    if (auto request = process.elector->Tick()) process.message = Send(*request);
    const bool ended =
        process.elector->phase() == Phase::kLost || process.elector->phase() == Phase::kStopped;
    if (ended) return Replace(process);
    if (random_.Chance(1, 2000)) process.elector->Stop();
  }

  // The process ends, and one with a new identity begins.
  void Replace(Process& process) {
    if (process.message) process.late.push_back(*std::exchange(process.message, std::nullopt));
    process.elector = std::make_unique<LeaderElector>(Settings("next-" + std::to_string(++begun_)),
                                                      *process.clock, random_.Next());
  }

  Message Send(const Request& request) {
    const bool good_times = now_ / 60s % 3 != 2;
    const std::uint64_t most = good_times ? 200 : 8000;
    const std::chrono::milliseconds there(random_.Below(most));
    const std::chrono::milliseconds back(random_.Below(most));
    const std::uint64_t lost = good_times ? 2 : 30;  // of a hundred
    return {request, now_ + there, now_ + there + back, !random_.Chance(lost, 100),
            !random_.Chance(lost, 100)};
  }

  void Deliver(Message& message) {
    if (message.handled || now_ < message.arrives) return;
    message.handled = true;
    if (message.arrives_at_all) message.response = server_.Handle(message.request);
  }

  void Answer(Process& process) {
    if (!process.message) return;
    Message& message = *process.message;
    Deliver(message);
    const bool arrived = message.handled && message.arrives_at_all && message.is_answered;
    if (arrived && now_ >= message.answered) {
      const Response response = message.response;
      process.message.reset();
      return process.elector->OnResponse(response);
    }
    if (random_.Chance(1, 100)) {  // the client gives up
      process.late.push_back(message);
      process.message.reset();
      process.elector->OnResponse(NoAnswer());
    }
  }

  base::Random random_;
  LeaseServer server_;
  std::deque<Process> processes_;
  std::chrono::milliseconds now_{0};
  std::chrono::milliseconds led_{0};
  int begun_ = 0;
};

class LeaderContest : public support::RandomTest {};

TEST_F(LeaderContest, NeverHasTwoLeaders) {
  std::chrono::milliseconds led{0};
  for (std::uint64_t round = 0; round < 8; ++round) {
    SCOPED_TRACE(support::SeedNote() + " round " + std::to_string(round));
    Contest contest(support::TestSeed() + round);
    contest.Run(15min);
    if (HasFailure()) return;
    led += contest.led();
  }
  EXPECT_GT(led, 8 * 15min / 3) << "somebody leads for most of the time";
}

}  // namespace
}  // namespace berth::kube
