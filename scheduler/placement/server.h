// berth.placement.v1 over gRPC, with health and reflection: docs/placement.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/snapshots.h"

namespace berth::placement {

// PEM files, read once at the start.
struct ServerTls {
  std::string cert_file = {};  // empty: plain text, on loopback only
  std::string key_file = {};
  std::string client_ca_file = {};  // set: who has no certificate of it is refused
};

struct ServerLimits {
  std::size_t snapshots = 16;
  std::size_t snapshot_bytes = std::size_t{512} << 20;  // of the files of one
  std::size_t message_bytes = std::size_t{4} << 20;     // of a request, or a piece of a file
  std::size_t calls = 16;                               // at once, of those that take work
  std::size_t streams_a_connection = 64;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;             // 0: any that is free
  ServerTls tls = {};
  ServerLimits limits = {};
  // For calls that run when it is stopped; then they are cancelled.
  std::chrono::milliseconds stop_within{8'000};
};

// The objects of a cluster that is followed, as they are when it is called, on any thread.
using LiveObjects = std::function<Outcome<SharedObjects>()>;

class Server {
 public:
  // Serves at once, on threads of its own. Fails on options and files that cannot be used, and
  // where the port is taken. With `live`, there is a snapshot "live", which nobody can change.
  static base::Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Engine engine,
                                                     LiveObjects live = nullptr);
  ~Server();

  std::uint16_t port() const;

  // No new calls; waits for those that run. Once; the destructor does it too.
  void Stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace berth::placement
