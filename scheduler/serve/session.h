// What happens on one connection: requests in, answers out, within limits of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/serve/connection.h"
#include "scheduler/serve/http.h"
#include "scheduler/serve/request_parser.h"

namespace berth::serve {

struct TimeLimits {
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds request{30'000};  // from its first byte to its last: 408
  std::chrono::milliseconds idle{90'000};     // between requests
  std::chrono::milliseconds answer{60'000};   // of the handler: 504
  std::chrono::milliseconds write{60'000};
  std::chrono::milliseconds linger{2'000};  // for the client to hang up after the last answer
};

// Runs work on the thread of a loop, as long as there is one. From any thread.
class Mailbox {
 public:
  virtual ~Mailbox() = default;
  virtual void Post(std::function<void()> work) = 0;
};

// What sessions share with the server they belong to.
struct SessionSettings {
  MessageLimits messages;
  TimeLimits times;
  Handler handler;
  std::shared_ptr<Mailbox> mailbox;
};

// Everything on the thread of the loop:
// 1. Handshake, with TLS.
// 2. Read until there is a whole request; what is wrong with it is answered and ends the
// connection.
// 3. Call the handler and wait for the answer. Nothing is read meanwhile: requests of one
// connection
//    are answered in their order.
// 4. Write the answer; then 2 again, or wait for the client to hang up.
class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Client {
    std::unique_ptr<Connection> connection;
    std::string address;
    bool is_too_many = false;  // gets a 503
  };

  // `on_end` is called once, when the connection has been closed.
  Session(boost::asio::io_context& loop, const SessionSettings& settings, Client client,
          std::function<void(Session&)> on_end);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();
  // Finishes what is under way and then closes; at once if there is nothing.
  void StopWhenDone();
  void Close();

 private:
  // What is read at once: little while nothing has come, since most connections are idle; more as
  // long as a large body fills it.
  static constexpr std::size_t kFirstRead = 1 << 10;
  static constexpr std::size_t kUsualRead = 16 << 10;
  static constexpr std::size_t kLargestRead = 256 << 10;

  enum class Phase : std::uint8_t {
    kHandshake,
    kIdle,
    kReading,
    kAnswering,
    kWriting,
    kLingering,
    kClosed,
  };
  class Channel;
  struct Timer;

  void Enter(Phase phase, std::chrono::milliseconds limit);
  void OnDeadline();
  std::size_t NextReadSize();
  void Read();
  void OnRead(bool ok, std::size_t size);
  void Advance(std::string_view bytes);
  void Continue();
  void Dispatch();
  void Answer(std::uint64_t number, HttpResponse response);
  void Refuse(HttpResponse response);
  void Write(HttpResponse response);
  void OnWritten(bool ok);

  const SessionSettings& settings_;
  const std::unique_ptr<Connection> connection_;
  const std::string address_;
  const bool is_too_many_;
  std::function<void(Session&)> on_end_;
  std::unique_ptr<Timer> timer_;
  RequestParser parser_;
  Phase phase_ = Phase::kHandshake;
  std::vector<char> in_ = std::vector<char>(kFirstRead);
  std::string out_;  // the answer up to its body
  std::string body_out_;
  std::uint64_t number_ = 0;  // of the request that is being answered
  bool filled_ = false;       // the last read left no room
  bool close_after_ = false;
  bool old_client_ = false;
  bool head_ = false;
  bool timed_out_ = false;
};

}  // namespace berth::serve
