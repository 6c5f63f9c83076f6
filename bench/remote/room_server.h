// The rule of RoomPlugin as a server of berth.plugin.v1, in this process but over a real channel.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace berth::plugin::v1 {
class DescribeResponse;
class EvaluateResponse;
}  // namespace berth::plugin::v1

namespace berth::bench {

// Certificates as PEM; none: plain text.
struct RoomServerTls {
  std::string certificate = {};
  std::string key = {};
  std::string client_authority = {};  // set: clients without a certificate of it are refused
};

struct RoomServerOptions {
  std::string address = "127.0.0.1:0";  // or unix:/path
  RoomServerTls tls = {};
  bool serves_health = true;
};

// What it was asked so far.
struct RoomServerCounts {
  std::size_t describes = 0;
  std::size_t syncs = 0;
  std::size_t evaluates = 0;
  std::size_t synced_rows = 0;
  std::size_t changed_rows = 0;  // with questions
};

// Thread-safe.
class RoomServer {
 public:
  // Ends the process where it cannot be started.
  static std::unique_ptr<RoomServer> Start(const RoomServerOptions& options);
  virtual ~RoomServer() = default;

  // With the port that it was given.
  virtual std::string address() const = 0;
  // At once: calls that run are cancelled.
  virtual void Stop() = 0;
  virtual void SetHealthy(bool healthy) = 0;
  // Questions are not answered until the asker gives up or the server stops.
  virtual void SetHanging(bool hanging) = 0;
  // Answers are spoilt before they are sent; empty functions: they are not.
  virtual void SpoilAnswers(std::function<void(plugin::v1::EvaluateResponse&)> spoil) = 0;
  virtual void SpoilDescription(std::function<void(plugin::v1::DescribeResponse&)> spoil) = 0;
  // It no longer knows any session, as if it had been restarted.
  virtual void ForgetSessions() = 0;
  virtual RoomServerCounts counts() const = 0;
};

}  // namespace berth::bench
