#include "scheduler/placement/server.h"

#include <berth/placement/v1/placement.grpc.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/executor.h"
#include "scheduler/base/text.h"
#include "scheduler/simulate/input.h"

namespace berth::placement {

using base::Fail;
using base::Result;
namespace wire = berth::placement::v1;

namespace {

constexpr std::size_t kMaxFiles = 10'000;
constexpr std::size_t kMaxFileNameBytes = 1024;
constexpr std::size_t kMaxTlsFileBytes = std::size_t{1} << 20;
// Beside those that work: for health, reflection, and to say that there are too many.
constexpr int kSpareThreads = 8;
constexpr const char* kUnnamedFile = "snapshot";
constexpr std::string_view kLiveId = "live";

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return Fail(path + ": cannot be read");
  if (text.size() > kMaxTlsFileBytes) return Fail(path + ": is larger than 1 MiB");
  return text;
}

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

Result<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(const ServerOptions& options) {
  const ServerTls& tls = options.tls;
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return Fail("a certificate and its key go together");
  }
  if (tls.cert_file.empty() && !tls.client_ca_file.empty()) {
    return Fail("clients cannot be known without a certificate of the server");
  }
  if (tls.cert_file.empty()) {
    if (!IsLoopback(options.address)) {
      return Fail(options.address + ": without a certificate only loopback is served");
    }
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions credentials(
      tls.client_ca_file.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                 : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  BERTH_ASSIGN(pair.cert_chain, ReadFile(tls.cert_file));
  BERTH_ASSIGN(pair.private_key, ReadFile(tls.key_file));
  credentials.pem_key_cert_pairs.push_back(std::move(pair));
  BERTH_ASSIGN(credentials.pem_root_certs, ReadFile(tls.client_ca_file));
  return grpc::SslServerCredentials(credentials);
}

bool IsOver(const grpc::ServerContext& context) {
  return context.IsCancelled() || context.deadline() < std::chrono::system_clock::now();
}

grpc::Status StatusOf(const Failure& failure, const grpc::ServerContext& context) {
  using enum grpc::StatusCode;
  switch (failure.kind) {
    case FailureKind::kInvalid:
      return {INVALID_ARGUMENT, base::Printable(failure.message)};
    case FailureKind::kNotFound:
      return {NOT_FOUND, base::Printable(failure.message)};
    case FailureKind::kExhausted:
      return {RESOURCE_EXHAUSTED, failure.message};
    case FailureKind::kConflict:
      return {ABORTED, failure.message};
    case FailureKind::kRefused:
      return {FAILED_PRECONDITION, failure.message};
    case FailureKind::kUnavailable:
      return {UNAVAILABLE, failure.message};
    case FailureKind::kCancelled:
      break;
  }
  if (context.deadline() < std::chrono::system_clock::now()) {
    return {DEADLINE_EXCEEDED, "the deadline passed before all was done"};
  }
  return {CANCELLED, failure.message};
}

void Fill(const SnapshotInfo& info, wire::Snapshot& out) {
  out.set_id(info.id);
  out.set_nodes(info.nodes);
  out.set_running_pods(info.running_pods);
  out.set_pending_pods(info.pending_pods);
}

// The files of a snapshot, put together from their pieces.
class Files {
 public:
  explicit Files(std::size_t limit) : limit_(limit) {}

  Outcome<void> Add(wire::SubmitSnapshotRequest& piece) {
    if (piece.data().size() > limit_ - bytes_) {
      return Refuse(FailureKind::kExhausted,
                    "a snapshot may have " + std::to_string(limit_) + " bytes");
    }
    bytes_ += piece.data().size();
    const std::string& name = piece.file().empty() ? kUnnamedFileText : piece.file();
    if (name.size() > kMaxFileNameBytes) {
      return Refuse(FailureKind::kInvalid, "file: a name of more than 1024 bytes");
    }
    if (texts_.empty() || texts_.back().name != name) {
      if (texts_.size() >= kMaxFiles) {
        return Refuse(FailureKind::kExhausted, "a snapshot may have 10000 files");
      }
      texts_.push_back({name, {}});
    }
    texts_.back().text += piece.data();
    return {};
  }

  Outcome<SharedObjects> Read() const {
    if (texts_.empty()) return Refuse(FailureKind::kInvalid, "there is no file");
    const auto executor = base::MakeExecutor(1);
    auto objects = simulate::ReadTexts(texts_, {}, *executor);
    if (!objects) return Refuse(FailureKind::kInvalid, objects.error().message());
    return std::make_shared<const api::ClusterObjects>(*std::move(objects));
  }

 private:
  inline static const std::string kUnnamedFileText = kUnnamedFile;
  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::vector<simulate::InputText> texts_;
};

// One of as many calls as may work at once, for as long as it lives.
class Slot {
 public:
  Slot(std::atomic<std::size_t>& taken, std::size_t limit) : taken_(taken) {
    if (taken_.fetch_add(1) < limit) return;
    taken_.fetch_sub(1);
    is_taken_ = false;
  }
  ~Slot() {
    if (is_taken_) taken_.fetch_sub(1);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  explicit operator bool() const { return is_taken_; }

 private:
  std::atomic<std::size_t>& taken_;
  bool is_taken_ = true;
};

class Service final : public wire::Placement::Service {
 public:
  Service(const ServerLimits& limits, Engine engine, LiveObjects live)
      : limits_(limits),
        engine_(std::move(engine)),
        live_(std::move(live)),
        snapshots_(limits.snapshots) {}

  grpc::Status SubmitSnapshot(grpc::ServerContext* context,
                              grpc::ServerReader<wire::SubmitSnapshotRequest>* reader,
                              wire::Snapshot* response) override {
    return Work(*context, [&]() -> Outcome<void> {
      Files files(limits_.snapshot_bytes);
      for (wire::SubmitSnapshotRequest piece; reader->Read(&piece);) BERTH_TRY(files.Add(piece));
      if (IsOver(*context)) return Refuse(FailureKind::kCancelled, "cancelled");
      BERTH_ASSIGN(SharedObjects objects, files.Read());
      BERTH_ASSIGN(const SnapshotInfo info, snapshots_.Add(std::move(objects)));
      Fill(info, *response);
      return {};
    });
  }

  grpc::Status ListSnapshots(grpc::ServerContext*, const wire::ListSnapshotsRequest*,
                             wire::ListSnapshotsResponse* response) override {
    if (live_ != nullptr) {
      if (const auto objects = live_()) {
        Fill(InfoOf(std::string(kLiveId), **objects), *response->add_snapshots());
      }
    }
    for (const SnapshotInfo& info : snapshots_.List()) Fill(info, *response->add_snapshots());
    return grpc::Status::OK;
  }

  grpc::Status DeleteSnapshot(grpc::ServerContext* context,
                              const wire::DeleteSnapshotRequest* request,
                              wire::DeleteSnapshotResponse*) override {
    const auto deleted = Delete(request->id());
    return deleted ? grpc::Status::OK : StatusOf(deleted.error(), *context);
  }

  grpc::Status Place(grpc::ServerContext* context, const wire::PlaceRequest* request,
                     grpc::ServerWriter<wire::Decision>* writer) override {
    return Work(*context, [&]() -> Outcome<void> {
      if (request->keep() && IsLive(request->snapshot())) {
        return Refuse(FailureKind::kRefused,
                      "snapshot \"live\" is the cluster as it is: nothing can be kept in it");
      }
      BERTH_ASSIGN(const SharedObjects objects, Find(request->snapshot()));
      const auto write = [&](const Decided& decided) {
        return !IsOver(*context) && Write(decided, *writer);
      };
      BERTH_ASSIGN(api::ClusterObjects after,
                   engine_.Place(*objects, {request->pods(), request->preempt()}, write));
      if (!request->keep()) return {};
      return snapshots_.Replace(request->snapshot(), objects,
                                std::make_shared<const api::ClusterObjects>(std::move(after)));
    });
  }

  grpc::Status Explain(grpc::ServerContext* context, const wire::ExplainRequest* request,
                       wire::ExplainResponse* response) override {
    return Work(*context, [&]() -> Outcome<void> {
      BERTH_ASSIGN(const SharedObjects objects, Find(request->snapshot()));
      BERTH_ASSIGN(std::string json,
                   engine_.Explain(*objects, {request->pod(), request->node(), request->top()}));
      response->set_json(std::move(json));
      return {};
    });
  }

 private:
  bool IsLive(const std::string& id) const { return live_ != nullptr && id == kLiveId; }
  Outcome<SharedObjects> Find(const std::string& id) const {
    return IsLive(id) ? live_() : snapshots_.Find(id);
  }
  Outcome<void> Delete(const std::string& id) {
    if (!IsLive(id)) return snapshots_.Delete(id);
    return Refuse(FailureKind::kRefused,
                  "snapshot \"live\" is the cluster that is followed: it cannot be deleted");
  }

  static bool Write(const Decided& decided, grpc::ServerWriter<wire::Decision>& writer) {
    wire::Decision decision;
    decision.set_pod(decided.pod);
    decision.set_node(decided.node);
    decision.set_message(decided.message);
    decision.set_feasible_nodes(decided.feasible);
    decision.set_json(decided.json);
    return writer.Write(decision);
  }

  template <typename Body>
  grpc::Status Work(const grpc::ServerContext& context, Body body) {
    const Slot slot(working_, limits_.calls);
    if (!slot) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              std::to_string(limits_.calls) + " calls run, which is as many as may at once"};
    }
    if (IsOver(context)) return StatusOf({FailureKind::kCancelled, "cancelled"}, context);
    const Outcome<void> done = body();
    return done ? grpc::Status::OK : StatusOf(done.error(), context);
  }

  const ServerLimits limits_;
  const Engine engine_;
  const LiveObjects live_;  // null: no cluster is followed
  Snapshots snapshots_;
  std::atomic<std::size_t> working_ = 0;
};

std::string TargetOf(const ServerOptions& options) {
  const bool is_v6 = options.address.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + options.address + "]" : options.address;
  return host + ":" + std::to_string(options.port);
}

// Once a process, before the first server.
void EnableServices() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

struct Server::Parts {
  Parts(const ServerOptions& options, Engine engine, LiveObjects live)
      : service(options.limits, std::move(engine), std::move(live)),
        stop_within(options.stop_within) {}

  Service service;
  std::chrono::milliseconds stop_within;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Stop(); }

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Engine engine,
                                              LiveObjects live) {
  EnableServices();
  BERTH_ASSIGN(const auto credentials, CredentialsOf(options));
  auto parts = std::make_unique<Parts>(options, std::move(engine), std::move(live));
  const ServerLimits& limits = options.limits;
  grpc::ResourceQuota quota("berth-placement");
  quota.SetMaxThreads(static_cast<int>(limits.calls) + kSpareThreads);
  grpc::ServerBuilder builder;
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits.message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(limits.streams_a_connection));
  // The port of another one that runs is taken, not shared with it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(TargetOf(options), credentials, &parts->port);
  builder.RegisterService(&parts->service);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || parts->port == 0) {
    return Fail(TargetOf(options) +
                ": cannot be served: the address is taken or not ours, or the "
                "certificate cannot be used");
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::uint16_t Server::port() const { return static_cast<std::uint16_t>(parts_->port); }

void Server::Stop() {
  if (parts_->server == nullptr) return;
  parts_->server->GetHealthCheckService()->Shutdown();
  parts_->server->Shutdown(std::chrono::system_clock::now() + parts_->stop_within);
  parts_->server.reset();
}

}  // namespace berth::placement
