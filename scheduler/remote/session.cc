#include "scheduler/remote/session.h"

#include <berth/plugin/v1/plugin.pb.h>

#include <algorithm>
#include <random>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/remote/node_rows.h"

namespace berth::remote {

using base::Fail;
using base::Result;
using cluster::NodeIndex;
using std::chrono::milliseconds;

namespace {

// A few hundred bytes a row: well below the 4 MiB that gRPC servers take by default.
constexpr std::size_t kRowsPerMessage = 256;
constexpr milliseconds kFirstBackoff{100};
constexpr milliseconds kLastBackoff{5'000};

// Unlike that of any other process, which is all it has to be.
std::string NewSessionId() {
  std::random_device source;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::uint32_t word = source(), digit = 0; digit < 8; ++digit, word >>= 4) {
      id += kDigits[word & 0xf];
    }
  }
  return id;
}

std::unexpected<CallFailure> Nonsense(std::string_view call, const base::Error& error) {
  return std::unexpected(CallFailure{
      .message = std::string(call) + ": not an answer: " + error.message(), .is_nonsense = true});
}

}  // namespace

struct Session::Messages {
  wire::EvaluateRequest request;
  wire::EvaluateResponse response;
};

Session::Session(const RemotePluginOptions& options, const base::Clock& clock,
                 std::unique_ptr<PluginClient> client)
    : options_(options),
      clock_(clock),
      client_(std::move(client)),
      messages_(std::make_unique<Messages>()),
      id_(NewSessionId()) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Make(const RemotePluginOptions& options,
                                               const base::Clock& clock) {
  auto client = PluginClient::Make(options);
  if (!client) {
    return std::unexpected(client.error().Within("gRPC plugin \"" + options.name + "\""));
  }
  return std::unique_ptr<Session>(new Session(options, clock, *std::move(client)));
}

Result<void> Session::Introduce() {
  const auto described = Describe();
  if (described) return {};
  const Result<void> failed = Failed(described.error().message);
  return described.error().is_nonsense ? failed : Result<void>();
}

CallResult<void> Session::Describe() {
  wire::DescribeRequest request;
  request.set_session(id_);
  request.set_name(options_.name);
  request.set_args(options_.args);
  wire::DescribeResponse response;
  BERTH_TRY(client_->Describe(request, response));
  auto description = CheckDescription(response, options_.name);
  if (!description) return Nonsense("Describe", description.error());
  description_ = *std::move(description);
  is_open_ = true;
  return {};
}

CallResult<void> Session::SyncAll(cluster::Cluster& cluster) {
  std::vector<NodeIndex> rows;
  cluster.nodes.alive().ForEach([&](NodeIndex row) { rows.push_back(row); });
  std::vector<wire::SyncRequest> requests;
  ++generation_;
  // One message at least, which says that there are no nodes.
  for (std::size_t begin = 0; begin == 0 || begin < rows.size(); begin += kRowsPerMessage) {
    const auto count = std::min(kRowsPerMessage, rows.size() - begin);
    wire::SyncRequest& request = requests.emplace_back();
    request.set_session(id_);
    request.set_generation(generation_);
    FillRows(cluster, *description_, std::span(rows).subspan(begin, count),
             *request.mutable_nodes());
  }
  BERTH_TRY(client_->Sync(requests));
  synced_with_ = &cluster;
  seen_ = cluster.log.end();
  return {};
}

bool Session::CollectChanged(const cluster::Cluster& cluster) {
  changed_.clear();
  if (synced_with_ != &cluster || !cluster.log.Covers(seen_)) return false;
  const cluster::ChangeSet kinds = description_->Changes();
  if (!cluster.log.AnySince(seen_, kinds)) return true;
  cluster.log.ForEachSince(seen_, [&](const cluster::ChangeLog::Change& change) {
    if ((change.kinds & kinds) != 0) changed_.push_back(change.node);
  });
  std::ranges::sort(changed_);
  const auto same = std::ranges::unique(changed_);
  changed_.erase(same.begin(), same.end());
  return changed_.size() <= kRowsPerMessage;
}

CallResult<void> Session::Prepare(cluster::Cluster& cluster) {
  if (!is_open_) BERTH_TRY(Describe());
  if (!CollectChanged(cluster)) {
    BERTH_TRY(SyncAll(cluster));
    changed_.clear();
  }
  wire::EvaluateRequest& request = messages_->request;
  request.set_session(id_);
  request.set_base_generation(generation_);
  request.clear_nodes();
  if (!changed_.empty()) {
    ++generation_;
    FillRows(cluster, *description_, changed_, *request.mutable_nodes());
  }
  request.set_generation(generation_);
  seen_ = cluster.log.end();
  return {};
}

CallResult<void> Session::Try(cluster::Cluster& cluster, const wire::Pod& pod, Answer& answer) {
  BERTH_TRY(Prepare(cluster));
  wire::EvaluateRequest& request = messages_->request;
  const framework::NodeMask& candidates = cluster.nodes.alive();
  *request.mutable_pod() = pod;
  PackMask(candidates, *request.mutable_candidates());
  messages_->response.Clear();
  BERTH_TRY(client_->Evaluate(request, messages_->response));
  const auto checked =
      CheckAnswer(messages_->response, *description_, candidates, reasons_, answer);
  if (!checked) return Nonsense("Evaluate", checked.error());
  return {};
}

Result<void> Session::Ask(cluster::Cluster& cluster, const wire::Pod& pod, Answer& answer) {
  // Nobody waits for a connection that may never come, over and over.
  const bool failed = !last_error_.empty();
  if (failed && (clock_.Now() < next_try_ || !client_->IsConnected())) return Fail(last_error_);
  auto asked = Try(cluster, pod, answer);
  if (!asked && asked.error().lost_session) {
    Forget();
    asked = Try(cluster, pod, answer);
  }
  if (!asked) return Failed(asked.error().message);
  Succeeded();
  return {};
}

// Whether the server has taken over what was sent with a call that failed is not known.
void Session::Forget() {
  is_open_ = false;
  synced_with_ = nullptr;
}

Result<void> Session::Failed(const std::string& message) {
  Forget();
  const bool was_well = last_error_.empty();
  last_error_ = "gRPC plugin \"" + options_.name + "\" at " + options_.address + ": " + message;
  backoff_ = was_well ? kFirstBackoff : std::min(backoff_ * 2, kLastBackoff);
  next_try_ = clock_.Now() + backoff_;
  if (was_well) {
    base::log::Error(last_error_, "Plugin cannot be asked", {{"ignorable", options_.ignorable}});
  }
  return Fail(last_error_);
}

void Session::Succeeded() {
  if (last_error_.empty()) return;
  last_error_.clear();
  base::log::Info(0, "Plugin answers again",
                  {{"plugin", options_.name}, {"address", options_.address}});
}

}  // namespace berth::remote
