#include "scheduler/placement/server.h"

#include <berth/placement/v1/placement.grpc.pb.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/input.h"
#include "tests/placement/clusters.h"
#include "tests/support/certificates.h"

namespace berth::placement {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;
namespace wire = berth::placement::v1;

constexpr auto kPatient = std::chrono::seconds(20);

// A call with a deadline that is there in case nothing works.
struct Call {
  Call() { context.set_deadline(std::chrono::system_clock::now() + kPatient); }
  grpc::ClientContext context;
};

class PlacementServer : public ::testing::Test {
 protected:
  ~PlacementServer() override {
    for (const std::string& path : files_) unlink(path.c_str());
  }

  void Start(const ServerOptions& options = {}, LiveObjects live = nullptr) {
    auto server = Server::Start(options, MakeEngine(), std::move(live));
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
    Connect(grpc::InsecureChannelCredentials());
  }
  void Connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // By its address: not every machine has a name for itself.
    arguments.SetSslTargetNameOverride("localhost");
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server_->port()),
                                         credentials, arguments);
    stub_ = wire::Placement::NewStub(channel_);
  }
  std::string File(const std::string& name, const std::string& text) {
    const std::string path =
        testing::TempDir() + "berth-placement-" + std::to_string(getpid()) + "-" + name;
    std::ofstream(path) << text;
    files_.push_back(path);
    return path;
  }

  // In pieces of so many bytes.
  grpc::Status Submit(const std::string& text, std::size_t piece = 64,
                      const std::string& file = "cluster.yaml") {
    Call call;
    const auto writer = stub_->SubmitSnapshot(&call.context, &snapshot_);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      wire::SubmitSnapshotRequest request;
      request.set_file(file);
      request.set_data(text.substr(at, piece));
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }
  grpc::Status Place(const wire::PlaceRequest& request) {
    Call call;
    decisions_.clear();
    const auto reader = stub_->Place(&call.context, request);
    for (wire::Decision decision; reader->Read(&decision);) decisions_.push_back(decision);
    return reader->Finish();
  }
  wire::PlaceRequest Request() const {
    wire::PlaceRequest request;
    request.set_snapshot(snapshot_.id());
    return request;
  }
  grpc::Status Explain(const std::string& pod) { return ExplainIn(snapshot_.id(), pod); }
  grpc::Status ExplainIn(const std::string& snapshot, const std::string& pod) {
    Call call;
    wire::ExplainRequest request;
    request.set_snapshot(snapshot);
    request.set_pod(pod);
    return stub_->Explain(&call.context, request, &explained_);
  }
  grpc::Status Delete(const std::string& id) {
    Call call;
    wire::DeleteSnapshotRequest request;
    request.set_id(id);
    wire::DeleteSnapshotResponse response;
    return stub_->DeleteSnapshot(&call.context, request, &response);
  }
  wire::ListSnapshotsResponse List() {
    Call call;
    wire::ListSnapshotsResponse response;
    EXPECT_TRUE(stub_->ListSnapshots(&call.context, {}, &response).ok());
    return response;
  }
  std::size_t Listed() { return static_cast<std::size_t>(List().snapshots_size()); }

  std::vector<std::string> files_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<wire::Placement::Stub> stub_;
  wire::Snapshot snapshot_;
  std::vector<wire::Decision> decisions_;
  wire::ExplainResponse explained_;
};

const std::string& TwoNodes() {
  static const std::string text = NodeText("a", "2") + NodeText("b", "1") +
                                  PodText("runs", "1", "a") + PodText("waits", "1") +
                                  PodText("huge", "64");
  return text;
}

TEST_F(PlacementServer, TakesASnapshotInPieces) {
  Start();
  const auto status = Submit(TwoNodes(), 7);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(snapshot_.nodes(), 2u);
  EXPECT_EQ(snapshot_.running_pods(), 1u);
  EXPECT_EQ(snapshot_.pending_pods(), 2u);
  EXPECT_EQ(Listed(), 1u);
  EXPECT_TRUE(Delete(snapshot_.id()).ok());
  EXPECT_EQ(Listed(), 0u);
  EXPECT_EQ(Delete(snapshot_.id()).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(PlacementServer, StreamsDecisionsAndKeepsThemOnlyWhenAsked) {
  Start();
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  auto request = Request();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Place(request).ok());
    ASSERT_EQ(decisions_.size(), 2u);
    EXPECT_EQ(decisions_[0].pod(), "default/waits");
    EXPECT_NE(decisions_[0].node(), "");
    EXPECT_EQ(decisions_[1].pod(), "default/huge");
    EXPECT_EQ(decisions_[1].node(), "");
    EXPECT_EQ(decisions_[1].message(), "0/2 nodes are available: 2 Insufficient cpu.");
    EXPECT_THAT(decisions_[1].json(), HasSubstr("\"pod\":\"default/huge\""));
  }
  request.set_keep(true);
  ASSERT_TRUE(Place(request).ok());
  ASSERT_TRUE(Place(request).ok());
  ASSERT_EQ(decisions_.size(), 1u);
  EXPECT_EQ(decisions_[0].pod(), "default/huge");
}

TEST_F(PlacementServer, PlacesPodsThatAreSentAlong) {
  Start();
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  auto request = Request();
  request.set_pods(PodText("new", "1"));
  ASSERT_TRUE(Place(request).ok());
  ASSERT_EQ(decisions_.size(), 1u);
  EXPECT_EQ(decisions_[0].pod(), "default/new");
  EXPECT_EQ(decisions_[0].feasible_nodes(), 2u);
}

TEST_F(PlacementServer, Explains) {
  Start();
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  ASSERT_TRUE(Explain("default/huge").ok());
  EXPECT_THAT(explained_.json(), HasSubstr("Insufficient cpu"));
}

TEST_F(PlacementServer, SaysWhatIsWrongWithARequest) {
  Start();
  auto status = Submit(NodeText("a", "2") + PodText("p", "1.2.3"));
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              HasSubstr("cluster.yaml: Pod p: spec.containers[0].resources"));
  EXPECT_EQ(Submit("").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Submit("{\"kind\": ", 64, "cut.json").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Listed(), 0u);

  ASSERT_TRUE(Submit(TwoNodes()).ok());
  EXPECT_EQ(Explain("nonsense").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Explain("default/other").error_code(), StatusCode::NOT_FOUND);
  auto request = Request();
  request.set_pods("kind: [");
  EXPECT_EQ(Place(request).error_code(), StatusCode::INVALID_ARGUMENT);
  request.set_snapshot("other\n");
  status = Place(request);
  EXPECT_EQ(status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no snapshot \"other?\"");
}

TEST_F(PlacementServer, HasLimits) {
  Start({.limits = {.snapshots = 1, .snapshot_bytes = 2000, .message_bytes = 1500}});
  const std::string small = NodeText("a", "2");
  ASSERT_TRUE(Submit(small).ok());
  EXPECT_EQ(Submit(small).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Submit(std::string(3000, '#'), 100).error_message(), "a snapshot may have 2000 bytes");
  EXPECT_EQ(Submit(std::string(1800, '#'), 1800).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Listed(), 1u);
}

TEST_F(PlacementServer, WorksOnSoManyCallsAtOnce) {
  Start({.limits = {.calls = 1}});
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  // A stream that is open takes the one place.
  Call call;
  wire::Snapshot ignored;
  const auto writer = stub_->SubmitSnapshot(&call.context, &ignored);
  wire::SubmitSnapshotRequest piece;
  piece.set_data("#");
  ASSERT_TRUE(writer->Write(piece));
  grpc::Status status;
  do {
    status = Explain("default/huge");
  } while (status.ok());
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "1 calls run, which is as many as may at once");
  EXPECT_EQ(Listed(), 1u) << "what takes no work goes on";
  call.context.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), StatusCode::CANCELLED);
  // It has its place back once the server has seen that.
  do {
    status = Explain("default/huge");
  } while (status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(status.ok());
}

TEST_F(PlacementServer, ACancelledOrLateStreamEndsAndChangesNothing) {
  Start();
  std::string text = NodeText("a", "2");
  for (int i = 0; i < 2000; ++i) text += PodText("p" + std::to_string(i), "0");
  ASSERT_TRUE(Submit(text, 1 << 16).ok());
  auto request = Request();
  request.set_keep(true);
  {
    Call call;
    const auto reader = stub_->Place(&call.context, request);
    wire::Decision decision;
    ASSERT_TRUE(reader->Read(&decision));
    call.context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  }
  {
    Call call;
    call.context.set_deadline(std::chrono::system_clock::now());
    const auto reader = stub_->Place(&call.context, request);
    EXPECT_EQ(reader->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
  }
  ASSERT_TRUE(Place(Request()).ok());
  EXPECT_EQ(decisions_.size(), 2000u) << "all of them wait still";
}

TEST_F(PlacementServer, StopsOnceCallsAreDone) {
  Start();
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  server_->Stop();
  EXPECT_EQ(Place(Request()).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(PlacementServer, RefusesAPortThatIsTaken) {
  Start();
  const auto other = Server::Start({.port = server_->port()}, MakeEngine());
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr("cannot be served"));
}

TEST_F(PlacementServer, ServesPlainTextOnLoopbackOnly) {
  const auto server = Server::Start({.address = "0.0.0.0"}, MakeEngine());
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message(), "0.0.0.0: without a certificate only loopback is served");
  EXPECT_FALSE(Server::Start({.tls = {.cert_file = "a"}}, MakeEngine()));
  EXPECT_FALSE(Server::Start({.tls = {.client_ca_file = "a"}}, MakeEngine()));
  const auto missing =
      Server::Start({.tls = {.cert_file = "/no/cert", .key_file = "/no/key"}}, MakeEngine());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(), "/no/cert: cannot be read");
}

// ---- A cluster that is followed ----

// Of the nodes and pods that are said, until others are.
class Followed {
 public:
  void Be(const std::string& text) {
    const simulate::InputText file{"cluster.yaml", text};
    const auto executor = base::MakeExecutor(1);
    auto objects = simulate::ReadTexts({&file, 1}, {}, *executor);
    ASSERT_TRUE(objects) << objects.error().message();
    const std::lock_guard lock(mutex_);
    objects_ = std::make_shared<const api::ClusterObjects>(*std::move(objects));
  }
  Outcome<SharedObjects> Now() {
    const std::lock_guard lock(mutex_);
    if (objects_ == nullptr) return Refuse(FailureKind::kUnavailable, "not listed yet");
    return objects_;
  }

 private:
  std::mutex mutex_;
  SharedObjects objects_;
};

class PlacementLive : public PlacementServer {
 protected:
  void StartLive() {
    Start({}, [this] { return followed_.Now(); });
    snapshot_.set_id("live");
  }
  ~PlacementLive() override { server_.reset(); }

  Followed followed_;
};

TEST_F(PlacementLive, IsUnavailableUntilTheClusterIsKnown) {
  StartLive();
  const auto status = Place(Request());
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "not listed yet");
  EXPECT_EQ(Explain("default/huge").error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Listed(), 0u);
}

TEST_F(PlacementLive, DecidesInTheClusterAsItIs) {
  StartLive();
  followed_.Be(TwoNodes());
  const auto list = List();
  ASSERT_EQ(list.snapshots_size(), 1);
  EXPECT_EQ(list.snapshots(0).id(), "live");
  EXPECT_EQ(list.snapshots(0).nodes(), 2u);
  EXPECT_EQ(list.snapshots(0).pending_pods(), 2u);
  auto request = Request();
  request.set_pods(PodText("new", "2"));
  ASSERT_TRUE(Place(request).ok());
  ASSERT_EQ(decisions_.size(), 1u);
  EXPECT_EQ(decisions_[0].node(), "");
  ASSERT_TRUE(Explain("default/huge").ok());
  EXPECT_THAT(explained_.json(), HasSubstr("Insufficient cpu"));

  followed_.Be(TwoNodes() + NodeText("c", "2"));
  ASSERT_TRUE(Place(request).ok());
  ASSERT_EQ(decisions_.size(), 1u);
  EXPECT_EQ(decisions_[0].node(), "c");
}

TEST_F(PlacementLive, IsNeitherChangedNorDeleted) {
  StartLive();
  followed_.Be(TwoNodes());
  auto request = Request();
  request.set_keep(true);
  const auto kept = Place(request);
  EXPECT_EQ(kept.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(kept.error_message(), HasSubstr("\"live\""));
  EXPECT_TRUE(decisions_.empty());
  EXPECT_EQ(Delete("live").error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Listed(), 1u);
}

TEST_F(PlacementLive, StandsBesideSnapshots) {
  StartLive();
  followed_.Be(NodeText("a", "2"));
  ASSERT_TRUE(Submit(TwoNodes()).ok());
  EXPECT_EQ(Listed(), 2u);
  EXPECT_TRUE(Explain("default/huge").ok());
  EXPECT_EQ(ExplainIn("live", "default/huge").error_code(), StatusCode::NOT_FOUND);
}

TEST_F(PlacementServer, HasNoLiveSnapshotUnlessAClusterIsFollowed) {
  Start();
  EXPECT_EQ(ExplainIn("live", "default/p").error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(Delete("live").error_code(), StatusCode::NOT_FOUND);
}

// ---- TLS ----

class PlacementTls : public PlacementServer {
 protected:
  void StartWithTls() {
    const auto own = support::MakeCertificate(authority_);
    Start({.tls = {File("cert", own.pem), File("key", own.key_pem), File("ca", authority_.pem)}});
  }
  // How a call of such a client ends.
  StatusCode CodeFor(const support::Certificate& trusted,
                     const std::optional<support::Certificate>& own) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = trusted.pem;
    if (own) options.pem_cert_chain = own->pem;
    if (own) options.pem_private_key = own->key_pem;
    Connect(grpc::SslCredentials(options));
    return Delete("none").error_code();
  }

  support::Certificate authority_ = support::MakeAuthority("ours");
  support::Certificate stranger_ = support::MakeAuthority("another");
};

TEST_F(PlacementTls, ServesWhoTheAuthorityVouchesFor) {
  StartWithTls();
  const auto client = support::MakeCertificate(authority_);
  EXPECT_EQ(CodeFor(authority_, client), StatusCode::NOT_FOUND) << "it was answered";
  EXPECT_EQ(CodeFor(authority_, std::nullopt), StatusCode::UNAVAILABLE);
  EXPECT_EQ(CodeFor(authority_, support::MakeCertificate(stranger_)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(CodeFor(stranger_, client), StatusCode::UNAVAILABLE);
}

TEST_F(PlacementTls, HasNoAnswerInPlainText) {
  StartWithTls();
  Connect(grpc::InsecureChannelCredentials());
  EXPECT_EQ(Delete("none").error_code(), StatusCode::UNAVAILABLE);
}

// ---- Standard services, spoken in bytes: their messages are no part of gRPC's packages ----

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// Sends one message and returns the first that comes back; empty if none does.
std::string Exchange(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& message) {
  Call call;
  grpc::CompletionQueue queue;
  const auto await = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::GenericStub stub(channel);
  const auto stream = stub.PrepareCall(&call.context, method, &queue);
  stream->StartCall(nullptr);
  if (!await()) return "";
  const grpc::Slice slice(message);
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  if (!await()) return "";
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  if (!await()) return "";
  call.context.TryCancel();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  await();
  return BytesOf(answer);
}

TEST_F(PlacementServer, TellsItsServicesByReflection) {
  Start();
  // ServerReflectionRequest.list_services = ""
  const std::string services =
      Exchange(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
               std::string("\x3a\x00", 2));
  EXPECT_THAT(services, HasSubstr("berth.placement.v1.Placement"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(PlacementServer, IsHealthy) {
  Start();
  // HealthCheckResponse.status = SERVING
  EXPECT_EQ(Exchange(channel_, "/grpc.health.v1.Health/Check", ""), "\x08\x01");
}

}  // namespace
}  // namespace berth::placement
