#include "scheduler/remote/remote_plugin.h"

#include <berth/plugin/v1/plugin.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "bench/remote/room_plugin.h"
#include "bench/remote/room_server.h"
#include "tests/remote/plugin_asker.h"
#include "tests/support/certificates.h"
#include "tests/support/fake_clock.h"

namespace berth::remote {
namespace {

using bench::kRoomLabel;
using bench::kRoomName;
using bench::RoomServer;
using bench::RoomServerOptions;
using framework::Code;
using support::NodeBuilder;
using support::PodBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;  // NOLINT: durations as they are read

// Far more than an answer takes on a machine with much else to do.
constexpr std::chrono::milliseconds kPatient{20'000};
constexpr std::chrono::milliseconds kLongestBackoff{5'000};

class RemotePlugin : public ::testing::Test {
 protected:
  RemotePlugin() {
    cluster_.AddNode(NodeBuilder("big").Label(kRoomLabel, "ssd").Build());
    cluster_.AddNode(NodeBuilder("small").Allocatable({{"cpu", "1"}, {"pods", "10"}}).Build());
    cluster_.AddNode(NodeBuilder("slow").Label(kRoomLabel, "hdd").Build());
  }

  RemotePluginOptions Options() const {
    return {.name = kRoomName,
            .address = server_->address(),
            .timeout = kPatient,
            .tls = {.insecure = true}};
  }
  void Make(const RemotePluginOptions& options) {
    auto made = MakeRemotePlugin(options, clock_);
    ASSERT_TRUE(made) << made.error().message();
    plugin_ = *std::move(made);
    asker_ = std::make_unique<PluginAsker>(*plugin_, cluster_);
  }
  void Make() { Make(Options()); }

  Asked Ask() { return asker_->Ask(*pod_); }
  // Until the plugin is asked again, and answers; the clock of the plugin goes on by itself.
  Asked AskUntilItAnswers() {
    const auto end = std::chrono::steady_clock::now() + kPatient;
    while (true) {
      clock_.Advance(kLongestBackoff);
      Asked asked = Ask();
      if (asked.prefilter.ok() || std::chrono::steady_clock::now() > end) return asked;
      std::this_thread::sleep_for(2ms);
    }
  }
  void ExpectRefused(const std::string& what) {
    const Asked asked = Ask();
    EXPECT_EQ(asked.prefilter.code, Code::kError);
    EXPECT_THAT(asked.prefilter.Message(), HasSubstr("gRPC plugin \"Room\" at "));
    EXPECT_THAT(asked.prefilter.Message(), HasSubstr(what));
  }
  void ExpectRightAnswer(const Asked& asked) {
    EXPECT_TRUE(asked.prefilter.ok()) << asked.prefilter.Message();
    EXPECT_THAT(asked.passing, ElementsAre("big"));
    EXPECT_THAT(asked.scores, ElementsAre(Pair("big", 100)));
    EXPECT_THAT(asked.rejected,
                UnorderedElementsAre(
                    Pair("small", "UnschedulableAndUnresolvable: node(s) had another disk"),
                    Pair("slow", "UnschedulableAndUnresolvable: node(s) had another disk")));
  }

  support::FakeClock clock_;
  std::unique_ptr<RoomServer> server_ = RoomServer::Start({});
  cluster::Cluster cluster_;
  std::unique_ptr<framework::Plugin> plugin_;
  std::unique_ptr<PluginAsker> asker_;
  std::shared_ptr<const api::Pod> pod_ =
      PodBuilder("pod").Label(kRoomLabel, "ssd").Requests({{"cpu", "2"}}).Build();
};

TEST_F(RemotePlugin, FiltersAndScoresWithOneCall) {
  Make();
  ExpectRightAnswer(Ask());
  const auto counts = server_->counts();
  EXPECT_EQ(counts.describes, 1u);
  EXPECT_EQ(counts.syncs, 1u);
  EXPECT_EQ(counts.synced_rows, 3u);
  EXPECT_EQ(counts.evaluates, 1u);
}

TEST_F(RemotePlugin, SendsOnlyWhatHasChanged) {
  Make();
  Ask();
  cluster_.AddPod(PodBuilder("other").Requests({{"cpu", "3"}}).Build(), 0);
  cluster_.RemoveNode(2);
  const Asked asked = Ask();
  EXPECT_THAT(asked.passing, ElementsAre());
  EXPECT_THAT(asked.rejected,
              Contains(Pair("big", "Unschedulable: node(s) had no room for the cpu")));
  EXPECT_EQ(server_->counts().syncs, 1u);
  EXPECT_EQ(server_->counts().changed_rows, 1u);
  // The row of the node that went is another node's now.
  cluster_.AddNode(NodeBuilder("new").Label(kRoomLabel, "ssd").Build());
  EXPECT_THAT(Ask().passing, ElementsAre("new"));
  EXPECT_EQ(server_->counts().syncs, 1u);
}

TEST_F(RemotePlugin, SyncsAnewWhereMuchHasChanged) {
  Make();
  Ask();
  for (int i = 0; i < 300; ++i) cluster_.AddNode(NodeBuilder("n" + std::to_string(i)).Build());
  EXPECT_THAT(Ask().passing, ElementsAre("big"));
  EXPECT_EQ(server_->counts().syncs, 2u);
  EXPECT_EQ(server_->counts().synced_rows, 3u + 303u);
}

TEST_F(RemotePlugin, AnotherClusterIsSyncedAnew) {
  Make();
  ExpectRightAnswer(Ask());
  cluster::Cluster other;
  other.AddNode(NodeBuilder("elsewhere").Label(kRoomLabel, "ssd").Build());
  EXPECT_THAT(PluginAsker(*plugin_, other).Ask(*pod_).passing, ElementsAre("elsewhere"));
  ExpectRightAnswer(Ask());
}

TEST_F(RemotePlugin, AServerThatLostTheSessionIsToldAnewAtOnce) {
  Make();
  Ask();
  server_->ForgetSessions();
  ExpectRightAnswer(Ask());
  EXPECT_EQ(server_->counts().describes, 2u);
  EXPECT_EQ(server_->counts().syncs, 2u);
}

TEST_F(RemotePlugin, AServerThatIsRestartedIsAskedAgain) {
  Make();
  Ask();
  const std::string address = server_->address();
  server_->Stop();
  ExpectRefused("not available");
  server_ = RoomServer::Start({.address = address});
  ExpectRightAnswer(AskUntilItAnswers());
  EXPECT_EQ(server_->counts().syncs, 1u);
}

TEST_F(RemotePlugin, AServerThatIsMissingIsWaitedFor) {
  const RemotePluginOptions options = Options();
  server_->Stop();
  Make(options);
  ExpectRefused("not available");
  EXPECT_EQ(plugin_->EventsToRegister().size(), 1u) << "any event, since nothing is known";
  server_ = RoomServer::Start({.address = options.address});
  ExpectRightAnswer(AskUntilItAnswers());
}

TEST_F(RemotePlugin, AnIgnorableOneTakesNoPartWhileItIsMissing) {
  RemotePluginOptions options = Options();
  options.ignorable = true;
  Make(options);
  server_->Stop();
  const Asked asked = Ask();
  EXPECT_EQ(asked.prefilter.code, Code::kSkip);
  EXPECT_THAT(asked.passing, ElementsAre("big", "slow", "small"));
  EXPECT_THAT(asked.scores, ElementsAre()) << "PreScore skips";
}

TEST_F(RemotePlugin, FailsWhereTheServerTakesTooLongAndLeavesItAloneForAWhile) {
  RemotePluginOptions options = Options();
  options.timeout = 50ms;
  Make(options);
  server_->SetHanging(true);
  ExpectRefused("Evaluate: no answer in time");
  const auto asked = server_->counts().evaluates;
  server_->SetHanging(false);
  ExpectRefused("Evaluate: no answer in time");  // the same words, without a call
  EXPECT_EQ(server_->counts().evaluates, asked);
  ExpectRightAnswer(AskUntilItAnswers());
}

TEST_F(RemotePlugin, IsNotAskedWhileItIsNotHealthy) {
  Make();
  Ask();
  server_->SetHealthy(false);
  const auto end = std::chrono::steady_clock::now() + kPatient;
  Asked asked = Ask();
  while (asked.prefilter.ok() && std::chrono::steady_clock::now() < end) asked = Ask();
  EXPECT_EQ(asked.prefilter.code, Code::kError);
  const auto evaluates = server_->counts().evaluates;
  clock_.Advance(kLongestBackoff);
  ExpectRefused("not available");
  EXPECT_EQ(server_->counts().evaluates, evaluates);
  server_->SetHealthy(true);
  ExpectRightAnswer(AskUntilItAnswers());
}

TEST_F(RemotePlugin, AServerWithoutTheHealthServiceCountsAsHealthy) {
  server_ = RoomServer::Start({.serves_health = false});
  Make();
  ExpectRightAnswer(Ask());
}

TEST_F(RemotePlugin, SpeaksOverUnixSockets) {
  const std::string path = "/tmp/berth-remote-test-" + std::to_string(getpid()) + ".sock";
  server_ = RoomServer::Start({.address = "unix:" + path});
  RemotePluginOptions options = Options();
  options.tls.insecure = false;
  Make(options);
  ExpectRightAnswer(Ask());
  server_.reset();
  unlink(path.c_str());
}

TEST_F(RemotePlugin, TellsItsEvents) {
  Make();
  const auto events = plugin_->EventsToRegister();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event,
            (framework::ClusterEvent{framework::EventResource::kNode, framework::kAdd}));
  EXPECT_EQ(events[1].event,
            (framework::ClusterEvent{framework::EventResource::kPod, framework::kDelete}));
  EXPECT_FALSE(events[0].has_hint);
}

TEST_F(RemotePlugin, TakesReusableAnswersAgainUntilSomethingChanges) {
  server_->SpoilDescription([](auto& description) { description.set_reusable(true); });
  Make();
  Ask();
  ExpectRightAnswer(Ask());
  EXPECT_EQ(server_->counts().evaluates, 1u);
  cluster_.AddPod(PodBuilder("other").Build(), 1);
  ExpectRightAnswer(Ask());
  EXPECT_EQ(server_->counts().evaluates, 2u);
}

// ---- Scores that the server leaves to be normalised ----

TEST_F(RemotePlugin, NormalisesByTheHighestOfTheFeasibleNodes) {
  server_->SpoilDescription([](auto& description) {
    description.set_normalization(plugin::v1::NORMALIZATION_BY_MAX_REVERSE);
  });
  server_->SpoilAnswers([](auto& answer) {
    for (int i = 0; i < answer.scores_size(); ++i) answer.set_scores(i, 1000 * (i + 1));
  });
  pod_ = PodBuilder("any").Build();
  Make();
  EXPECT_THAT(Ask().scores, ElementsAre(Pair("big", 67), Pair("slow", 0), Pair("small", 34)));
}

// ---- Nonsense ----

using Spoil = std::function<void(plugin::v1::EvaluateResponse&)>;
struct Nonsense {
  const char* name;
  Spoil spoil;
  const char* words;
};

class RemotePluginNonsense : public RemotePlugin, public ::testing::WithParamInterface<Nonsense> {};

TEST_P(RemotePluginNonsense, IsRefusedAndTheNextAnswerIsHeard) {
  Make();
  server_->SpoilAnswers(GetParam().spoil);
  ExpectRefused(GetParam().words);
  server_->SpoilAnswers(nullptr);
  ExpectRightAnswer(AskUntilItAnswers());
}

INSTANTIATE_TEST_SUITE_P(
    Answers, RemotePluginNonsense,
    ::testing::Values(
        Nonsense{"NoMask", [](auto& a) { a.clear_kept(); }, "kept: 0 bytes and not 1"},
        Nonsense{"LongMask", [](auto& a) { a.mutable_kept()->append("\0\0", 2); },
                 "kept: 3 bytes and not 1"},
        Nonsense{"UnknownNode", [](auto& a) { a.set_kept("\x10"); },
                 "kept: has a node that was not asked about"},
        Nonsense{"NoScores", [](auto& a) { a.clear_scores(); }, "scores: 0 and not 1"},
        Nonsense{"ManyScores", [](auto& a) { a.add_scores(1); }, "scores: 2 and not 1"},
        Nonsense{"HighScore", [](auto& a) { a.set_scores(0, 101); },
                 "scores: 101 is not in 0..100"},
        Nonsense{"LowScore", [](auto& a) { a.set_scores(0, -1); }, "scores: -1 is not in 0..100"},
        Nonsense{"NoReasons", [](auto& a) { a.clear_rejections(); },
                 "rejections: a node is neither kept nor in a group"},
        Nonsense{"EmptyReason", [](auto& a) { a.mutable_rejections(0)->clear_reason(); },
                 "rejections[0].reason: has to have 1 to 256 bytes"},
        Nonsense{"LongReason",
                 [](auto& a) { a.mutable_rejections(0)->set_reason(std::string(257, 'x')); },
                 "rejections[0].reason: has to have 1 to 256 bytes"},
        Nonsense{"TwiceRejected", [](auto& a) { *a.add_rejections() = a.rejections(0); },
                 "rejections[1].nodes: has a node that was not asked about, that is kept, or in "
                 "another group"},
        Nonsense{"KeptAndRejected", [](auto& a) { a.mutable_rejections(0)->set_nodes("\x07"); },
                 "rejections[0].nodes: has a node"},
        Nonsense{"ShortGroup", [](auto& a) { a.mutable_rejections(0)->clear_nodes(); },
                 "rejections[0].nodes: 0 bytes and not 1"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(RemotePlugin, DoesNotQuoteControlCharacters) {
  server_->SpoilAnswers([](auto& answer) { answer.mutable_rejections(0)->set_reason("a\x1b[2J"); });
  Make();
  EXPECT_THAT(Ask().rejected, Contains(Pair("slow", "UnschedulableAndUnresolvable: a?[2J")));
}

TEST_F(RemotePlugin, HearsManyReasonsButKeepsOnlySoMany) {
  Make();
  std::size_t next = 0;
  server_->SpoilAnswers([&](auto& answer) {
    answer.mutable_rejections(0)->set_reason("reason " + std::to_string(next++));
  });
  for (int i = 0; i < 4096; ++i) Ask();
  EXPECT_THAT(Ask().rejected,
              Contains(Pair("slow",
                            "UnschedulableAndUnresolvable: node(s) were rejected for one of too "
                            "many reasons")));
}

using SpoilDescription = std::function<void(plugin::v1::DescribeResponse&)>;
struct BadDescription {
  const char* name;
  SpoilDescription spoil;
  const char* words;
};

class RemotePluginDescription : public RemotePlugin,
                                public ::testing::WithParamInterface<BadDescription> {};

TEST_P(RemotePluginDescription, IsRefusedWhenThePluginIsMade) {
  server_->SpoilDescription(GetParam().spoil);
  const auto made = MakeRemotePlugin(Options(), clock_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("gRPC plugin \"Room\" at "));
  EXPECT_THAT(made.error().message(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Descriptions, RemotePluginDescription,
    ::testing::Values(
        BadDescription{"OtherName", [](auto& d) { d.set_name("Other"); },
                       "the server is the plugin \"Other\""},
        BadDescription{"NoPoint",
                       [](auto& d) {
                         d.set_filters(false);
                         d.set_scores(false);
                       },
                       "neither filters nor scores"},
        BadDescription{
            "Normalization",
            [](auto& d) { d.set_normalization(static_cast<plugin::v1::Normalization>(77)); },
            "normalization: unknown value 77"},
        BadDescription{"Event", [](auto& d) { d.add_events(static_cast<plugin::v1::Event>(99)); },
                       "events: unknown value 99"},
        BadDescription{"ManyLabels",
                       [](auto& d) {
                         for (int i = 0; i < 65; ++i) {
                           d.mutable_wants()->add_labels("l" + std::to_string(i));
                         }
                       },
                       "wants.labels: more than 64"},
        BadDescription{"EmptyResource", [](auto& d) { d.mutable_wants()->add_resources(""); },
                       "wants.resources: a name has between 1 and 317 bytes"},
        BadDescription{"Twice", [](auto& d) { d.mutable_wants()->add_resources("cpu"); },
                       "wants.resources: the same name twice"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(RemotePlugin, AServerThatBecomesAnotherPluginIsNotAsked) {
  Make();
  Ask();
  server_->ForgetSessions();
  server_->SpoilDescription([](auto& description) { description.set_name("Other"); });
  ExpectRefused("the server is the plugin \"Other\"");
}

// ---- Options ----

TEST_F(RemotePlugin, RefusesOptionsThatCannotBeUsed) {
  const auto error_of = [&](auto change) {
    RemotePluginOptions options = Options();
    change(options);
    const auto made = MakeRemotePlugin(options, clock_);
    return made ? std::string("made") : made.error().message();
  };
  EXPECT_EQ(error_of([](auto& o) { o.address.clear(); }),
            "gRPC plugin \"Room\": address: must not be empty");
  EXPECT_THAT(error_of([](auto& o) { o.timeout = 0ms; }), HasSubstr("timeout: must be between"));
  EXPECT_THAT(error_of([](auto& o) { o.tls.cert_file = "a"; }),
              HasSubstr("certFile and keyFile go together"));
  EXPECT_THAT(error_of([](auto& o) {
                o.tls.insecure = false;
                o.tls.ca_file = "/there/is/no/such/file";
              }),
              HasSubstr("/there/is/no/such/file: cannot be read"));
}

// ---- TLS ----

class RemotePluginTls : public RemotePlugin {
 protected:
  RemotePluginTls() {
    const auto server = support::MakeCertificate(authority_);
    server_ = RoomServer::Start({.tls = {server.pem, server.key_pem, authority_.pem}});
  }
  ~RemotePluginTls() override {
    for (const std::string& path : files_) unlink(path.c_str());
  }
  std::string File(const std::string& name, const std::string& text) {
    const std::string path =
        testing::TempDir() + "berth-remote-" + std::to_string(getpid()) + "-" + name;
    std::ofstream(path) << text;
    files_.push_back(path);
    return path;
  }
  RemotePluginOptions TlsOptions(const support::Certificate& trusted,
                                 const support::Certificate& own) {
    RemotePluginOptions options = Options();
    options.tls = {.ca_file = File("ca", trusted.pem),
                   .cert_file = File("cert", own.pem),
                   .key_file = File("key", own.key_pem),
                   .server_name = "localhost"};
    return options;
  }

  support::Certificate authority_ = support::MakeAuthority("ours");
  support::Certificate stranger_ = support::MakeAuthority("another");
  std::vector<std::string> files_;
};

TEST_F(RemotePluginTls, BothSidesTrustTheOther) {
  Make(TlsOptions(authority_, support::MakeCertificate(authority_)));
  ExpectRightAnswer(Ask());
}

TEST_F(RemotePluginTls, AServerOfAnotherAuthorityIsNotAsked) {
  Make(TlsOptions(stranger_, support::MakeCertificate(authority_)));
  ExpectRefused("not available");
  EXPECT_EQ(server_->counts().describes, 0u);
}

TEST_F(RemotePluginTls, AServerMayRefuseTheClient) {
  Make(TlsOptions(authority_, support::MakeCertificate(stranger_)));
  ExpectRefused("not available");
  EXPECT_EQ(server_->counts().describes, 0u);
}

}  // namespace
}  // namespace berth::remote
