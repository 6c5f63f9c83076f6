// Calls of berth.plugin.v1.Plugin. Internal to the folder.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/remote/remote_plugin.h"

namespace berth::plugin::v1 {
class DescribeRequest;
class DescribeResponse;
class EvaluateRequest;
class EvaluateResponse;
class SyncRequest;
}  // namespace berth::plugin::v1

namespace berth::remote {

namespace wire = berth::plugin::v1;

struct CallFailure {
  std::string message = {};
  bool lost_session = false;  // FAILED_PRECONDITION: describe and sync anew
  bool is_nonsense = false;   // it did answer, but not what it was asked
};

template <typename T>
using CallResult = std::expected<T, CallFailure>;

// Each call waits for its end, or for the timeout. One thread at a time.
class PluginClient {
 public:
  // Fails on options and files that cannot be used; the server need not be there.
  static base::Result<std::unique_ptr<PluginClient>> Make(const RemotePluginOptions& options);
  ~PluginClient();

  // Whether there is a connection to a healthy server; if not, one is tried for.
  bool IsConnected();

  CallResult<void> Describe(const wire::DescribeRequest& request, wire::DescribeResponse& response);
  CallResult<void> Sync(const std::vector<wire::SyncRequest>& requests);
  CallResult<void> Evaluate(const wire::EvaluateRequest& request, wire::EvaluateResponse& response);

 private:
  struct Parts;
  explicit PluginClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::remote
