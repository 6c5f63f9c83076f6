#include "scheduler/remote/plugin_client.h"

#include <berth/plugin/v1/plugin.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "scheduler/base/text.h"

namespace berth::remote {

using base::Fail;
using base::Result;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kShortestTimeout{1};
constexpr milliseconds kLongestTimeout{60'000};
constexpr milliseconds kShortestLongCall{1'000};
constexpr int kLongCallFactor = 10;
constexpr int kFirstReconnectMs = 100;
constexpr int kConnectWithinMs = 5'000;
constexpr int kLastReconnectMs = 3'000;
constexpr std::size_t kMaxWords = 200;
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxArgsBytes = std::size_t{1} << 20;

// Watches the health service of the server; that needs a policy other than the default one.
constexpr const char* kServiceConfig =
    R"({"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""}})";

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return Fail(path + ": cannot be read");
  if (text.size() > kMaxFileBytes) return Fail(path + ": is larger than 1 MiB");
  return text;
}

bool IsUnixSocket(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with("unix-abstract:");
}

Result<void> CheckOptions(const RemotePluginOptions& options) {
  if (options.name.empty()) return Fail("name: must not be empty");
  if (options.address.empty()) return Fail("address: must not be empty");
  if (options.timeout < kShortestTimeout || options.timeout > kLongestTimeout) {
    return Fail("timeout: must be between 1ms and 60s");
  }
  if (options.tls.cert_file.empty() != options.tls.key_file.empty()) {
    return Fail("tls: certFile and keyFile go together");
  }
  if (options.args.size() > kMaxArgsBytes) return Fail("args: larger than 1 MiB");
  return {};
}

Result<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const RemotePluginOptions& options) {
  if (options.tls.insecure || IsUnixSocket(options.address)) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions tls;
  BERTH_ASSIGN(tls.pem_root_certs, ReadFile(options.tls.ca_file));
  BERTH_ASSIGN(tls.pem_cert_chain, ReadFile(options.tls.cert_file));
  BERTH_ASSIGN(tls.pem_private_key, ReadFile(options.tls.key_file));
  return grpc::SslCredentials(tls);
}

grpc::ChannelArguments ArgumentsOf(const RemotePluginOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectWithinMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  // A connection of its own, so that the end of one plugin is not felt by another one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!options.tls.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls.server_name);
  }
  return arguments;
}

std::string_view NameOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::UNAVAILABLE:
      return "not available";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "does not have the call";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "does not know the session";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "resource exhausted";
    default:
      return "failed";
  }
}

CallResult<void> ResultOf(std::string_view call, const grpc::Status& status) {
  if (status.ok()) return {};
  const bool lost = status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
  std::string message(call);
  message += ": ";
  message += NameOf(status.error_code());
  if (!status.error_message().empty()) {
    message += " (" + base::Printable(status.error_message().substr(0, kMaxWords)) + ")";
  }
  return std::unexpected(CallFailure{.message = std::move(message), .lost_session = lost});
}

}  // namespace

struct PluginClient::Parts {
  milliseconds timeout;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<wire::Plugin::Stub> stub;

  void SetDeadline(grpc::ClientContext& context, milliseconds within) const {
    context.set_deadline(std::chrono::system_clock::now() + within);
  }
  milliseconds LongTimeout() const {
    return std::max(kShortestLongCall, timeout * kLongCallFactor);
  }
};

PluginClient::PluginClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PluginClient::~PluginClient() = default;

Result<std::unique_ptr<PluginClient>> PluginClient::Make(const RemotePluginOptions& options) {
  BERTH_TRY(CheckOptions(options));
  BERTH_ASSIGN(const auto credentials, CredentialsOf(options));
  auto channel = grpc::CreateCustomChannel(options.address, credentials, ArgumentsOf(options));
  if (channel == nullptr) return Fail("address: cannot be used");
  auto parts = std::make_unique<Parts>(options.timeout, channel, wire::Plugin::NewStub(channel));
  return std::unique_ptr<PluginClient>(new PluginClient(std::move(parts)));
}

bool PluginClient::IsConnected() {
  return parts_->channel->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
}

CallResult<void> PluginClient::Describe(const wire::DescribeRequest& request,
                                        wire::DescribeResponse& response) {
  grpc::ClientContext context;
  parts_->SetDeadline(context, parts_->LongTimeout());
  return ResultOf("Describe", parts_->stub->Describe(&context, request, &response));
}

CallResult<void> PluginClient::Sync(const std::vector<wire::SyncRequest>& requests) {
  grpc::ClientContext context;
  parts_->SetDeadline(context, parts_->LongTimeout());
  wire::SyncResponse response;
  const auto writer = parts_->stub->Sync(&context, &response);
  // A server that ends the stream early says why in its status.
  const bool all = std::ranges::all_of(
      requests, [&](const wire::SyncRequest& request) { return writer->Write(request); });
  if (all) writer->WritesDone();
  BERTH_TRY(ResultOf("Sync", writer->Finish()));
  if (response.generation() == requests.back().generation()) return {};
  return std::unexpected(CallFailure{.message = "Sync: answers with another generation"});
}

CallResult<void> PluginClient::Evaluate(const wire::EvaluateRequest& request,
                                        wire::EvaluateResponse& response) {
  grpc::ClientContext context;
  parts_->SetDeadline(context, parts_->timeout);
  return ResultOf("Evaluate", parts_->stub->Evaluate(&context, request, &response));
}

}  // namespace berth::remote
