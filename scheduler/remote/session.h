// The conversation with one server: what it has been told, and when it is left alone. Internal to
// the folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/remote/answer.h"
#include "scheduler/remote/plugin_client.h"
#include "scheduler/remote/remote_plugin.h"

namespace berth::plugin::v1 {
class Pod;
}

namespace berth::remote {

// Follows the change log of a cluster; a question about another one, which must not have taken the
// address of the one before, begins anew. Not thread-safe.
class Session {
 public:
  static base::Result<std::unique_ptr<Session>> Make(const RemotePluginOptions& options,
                                                     const base::Clock& clock);
  ~Session();

  // Asks who the server is. Fails if it is another plugin, but not if it cannot be asked.
  base::Result<void> Introduce();

  // As the server has said; nothing before it has.
  const std::optional<Description>& description() const { return description_; }

  // One pod over all nodes. The error names plugin and server, and is the last one again while the
  // server is left alone.
  base::Result<void> Ask(cluster::Cluster& cluster, const wire::Pod& pod, Answer& answer);

 private:
  struct Messages;  // kept for their memory
  Session(const RemotePluginOptions& options, const base::Clock& clock,
          std::unique_ptr<PluginClient> client);

  CallResult<void> Describe();
  CallResult<void> SyncAll(cluster::Cluster& cluster);
  // Describes and syncs, as far as that is missing, and puts what has changed into the request.
  CallResult<void> Prepare(cluster::Cluster& cluster);
  CallResult<void> Try(cluster::Cluster& cluster, const wire::Pod& pod, Answer& answer);
  // False if that is too much for one request.
  bool CollectChanged(const cluster::Cluster& cluster);

  base::Result<void> Failed(const std::string& message);
  void Succeeded();
  void Forget();

  RemotePluginOptions options_;
  const base::Clock& clock_;
  std::unique_ptr<PluginClient> client_;
  std::unique_ptr<Messages> messages_;
  std::string id_;
  std::optional<Description> description_;
  Reasons reasons_;

  bool is_open_ = false;                           // the server has described itself
  const cluster::Cluster* synced_with_ = nullptr;  // null: the server holds no nodes
  std::uint64_t generation_ = 0;
  cluster::ChangeLog::Position seen_ = 0;
  std::vector<cluster::NodeIndex> changed_;  // scratch

  std::string last_error_;  // empty: all is well
  base::Clock::Steady next_try_ = {};
  std::chrono::milliseconds backoff_{0};
};

}  // namespace berth::remote
