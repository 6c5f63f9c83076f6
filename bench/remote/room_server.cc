#include "bench/remote/room_server.h"

#include <berth/plugin/v1/plugin.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "bench/remote/room_plugin.h"
#include "scheduler/base/check.h"

namespace berth::bench {

namespace wire = berth::plugin::v1;

namespace {

constexpr std::size_t kBitsPerByte = 8;
constexpr auto kLookAgain = std::chrono::milliseconds(2);

bool Test(const std::string& mask, std::size_t row) {
  return (static_cast<unsigned char>(mask[row / kBitsPerByte]) >> (row % kBitsPerByte) & 1) != 0;
}
void Set(std::string& mask, std::size_t row) {
  char& byte = mask[row / kBitsPerByte];
  byte = static_cast<char>(static_cast<unsigned char>(byte) | 1u << (row % kBitsPerByte));
}

struct Row {
  std::int64_t allocatable = 0;
  std::int64_t requested = 0;
  std::string disk = {};
};

struct Session {
  std::uint64_t generation = 0;
  std::vector<Row> rows = {};

  void Take(const wire::NodeRows& nodes) {
    for (const auto index : nodes.removed()) {
      if (index < rows.size()) rows[index] = {};
    }
    for (int i = 0; i < nodes.indexes_size(); ++i) {
      const std::size_t index = nodes.indexes(i);
      if (index >= rows.size()) rows.resize(index + 1);
      rows[index] = {nodes.resources(0).allocatable(i), nodes.resources(0).requested(i)};
      if (nodes.labels().empty()) continue;
      const auto& disks = nodes.labels(0);
      const int value = static_cast<int>(disks.values(i));
      if (value != 0) rows[index].disk = disks.dictionary(value - 1);
    }
  }
};

void Evaluate(const Session& session, const wire::EvaluateRequest& request,
              wire::EvaluateResponse& response) {
  const std::string& candidates = request.candidates();
  const auto label = request.pod().labels().find(kRoomLabel);
  const std::string wanted = label == request.pod().labels().end() ? "" : label->second;
  std::int64_t cpu = 0;
  for (const auto& amount : request.pod().requests()) {
    if (amount.resource() == "cpu") cpu = amount.amount();
  }
  std::string& kept = *response.mutable_kept();
  kept.assign(candidates.size(), '\0');
  std::string no_room = kept;
  std::string other_disk = kept;
  bool any_without_room = false;
  bool any_other_disk = false;
  response.mutable_scores()->Reserve(static_cast<int>(session.rows.size()));
  for (std::size_t i = 0; i < session.rows.size() && i / kBitsPerByte < candidates.size(); ++i) {
    if (!Test(candidates, i)) continue;
    const Row& row = session.rows[i];
    if (!wanted.empty() && row.disk != wanted) {
      Set(other_disk, i);
      any_other_disk = true;
    } else if (cpu > row.allocatable - row.requested) {
      Set(no_room, i);
      any_without_room = true;
    } else {
      Set(kept, i);
      response.add_scores(RoomScore(row.allocatable, row.requested));
    }
  }
  const auto reject = [&](const char* reason, bool unresolvable, std::string nodes) {
    wire::Rejection& rejection = *response.add_rejections();
    rejection.set_reason(reason);
    rejection.set_unresolvable(unresolvable);
    rejection.set_nodes(std::move(nodes));
  };
  if (any_without_room) reject(kNoRoom, false, std::move(no_room));
  if (any_other_disk) reject(kOtherDisk, true, std::move(other_disk));
}

grpc::Status Unknown() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "there is no such session"};
}

class Service final : public wire::Plugin::Service {
 public:
  grpc::Status Describe(grpc::ServerContext*, const wire::DescribeRequest* request,
                        wire::DescribeResponse* response) override {
    const std::lock_guard lock(mutex_);
    ++counts_.describes;
    sessions_[request->session()] = {};
    response->set_name(kRoomName);
    response->set_filters(true);
    response->set_scores(true);
    response->mutable_wants()->add_resources("cpu");
    response->mutable_wants()->add_labels(kRoomLabel);
    response->add_events(wire::EVENT_NODE_ADDED);
    response->add_events(wire::EVENT_POD_REMOVED);
    if (spoil_description_) spoil_description_(*response);
    return grpc::Status::OK;
  }

  grpc::Status Sync(grpc::ServerContext*, grpc::ServerReader<wire::SyncRequest>* reader,
                    wire::SyncResponse* response) override {
    Session synced;
    std::string id;
    std::size_t rows = 0;
    for (wire::SyncRequest request; reader->Read(&request);) {
      id = request.session();
      synced.generation = request.generation();
      synced.Take(request.nodes());
      rows += static_cast<std::size_t>(request.nodes().indexes_size());
    }
    const std::lock_guard lock(mutex_);
    ++counts_.syncs;
    counts_.synced_rows += rows;
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) return Unknown();
    response->set_generation(synced.generation);
    session->second = std::move(synced);
    return grpc::Status::OK;
  }

  grpc::Status Evaluate(grpc::ServerContext* context, const wire::EvaluateRequest* request,
                        wire::EvaluateResponse* response) override {
    std::unique_lock lock(mutex_);
    ++counts_.evaluates;
    while (hanging_) {
      if (context->IsCancelled()) return grpc::Status::CANCELLED;
      changed_.wait_for(lock, kLookAgain);
    }
    const auto session = sessions_.find(request->session());
    if (session == sessions_.end()) return Unknown();
    if (session->second.generation != request->base_generation()) return Unknown();
    session->second.Take(request->nodes());
    session->second.generation = request->generation();
    counts_.changed_rows += static_cast<std::size_t>(request->nodes().indexes_size());
    bench::Evaluate(session->second, *request, *response);
    if (spoil_answer_) spoil_answer_(*response);
    return grpc::Status::OK;
  }

  template <typename Change>
  void With(Change change) {
    const std::lock_guard lock(mutex_);
    change(*this);
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Session> sessions_;
  RoomServerCounts counts_;
  bool hanging_ = false;
  std::function<void(wire::EvaluateResponse&)> spoil_answer_;
  std::function<void(wire::DescribeResponse&)> spoil_description_;
};

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const RoomServerTls& tls) {
  if (tls.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls.client_authority.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                   : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls.client_authority;
  options.pem_key_cert_pairs = {{tls.key, tls.certificate}};
  return grpc::SslServerCredentials(options);
}

class GrpcRoomServer final : public RoomServer {
 public:
  explicit GrpcRoomServer(const RoomServerOptions& options) : address_(options.address) {
    grpc::EnableDefaultHealthCheckService(options.serves_health);
    grpc::ServerBuilder builder;
    int port = 0;
    // A second server on the port of one that runs is a mistake.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(address_, CredentialsOf(options.tls), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    BERTH_CHECK(server_ != nullptr);
    if (!address_.starts_with("unix:")) {
      address_ = address_.substr(0, address_.rfind(':') + 1) + std::to_string(port);
    }
  }
  ~GrpcRoomServer() override { Stop(); }

  std::string address() const override { return address_; }
  void Stop() override {
    if (server_ == nullptr) return;
    SetHanging(false);
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  void SetHealthy(bool healthy) override {
    server_->GetHealthCheckService()->SetServingStatus(healthy);
  }
  void SetHanging(bool hanging) override {
    service_.With([&](Service& service) { service.hanging_ = hanging; });
  }
  void SpoilAnswers(std::function<void(wire::EvaluateResponse&)> spoil) override {
    service_.With([&](Service& service) { service.spoil_answer_ = std::move(spoil); });
  }
  void SpoilDescription(std::function<void(wire::DescribeResponse&)> spoil) override {
    service_.With([&](Service& service) { service.spoil_description_ = std::move(spoil); });
  }
  void ForgetSessions() override {
    service_.With([](Service& service) { service.sessions_.clear(); });
  }
  RoomServerCounts counts() const override {
    const std::lock_guard lock(service_.mutex_);
    return service_.counts_;
  }

 private:
  Service service_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<RoomServer> RoomServer::Start(const RoomServerOptions& options) {
  return std::make_unique<GrpcRoomServer>(options);
}

}  // namespace berth::bench
