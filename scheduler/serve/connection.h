// One TCP connection of a client, with or without TLS, free of the library's types.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "scheduler/serve/http.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio
struct ssl_ctx_st;

namespace berth::serve {

// Everything on the thread of the io_context. One Read and one Write may be under way at a time,
// and what they read into or from must live until they are done.
class Connection {
 public:
  using Done = std::function<void(bool ok)>;

  virtual ~Connection() = default;

  virtual void Handshake(Done done) = 0;
  virtual void Read(std::span<char> into, std::function<void(bool ok, std::size_t size)> done) = 0;
  // Both, one behind the other.
  virtual void Write(std::string_view head, std::string_view body, Done done) = 0;
  // Says that no more will come, then throws away what the client still sends until it hangs up.
  // Without that, what was written last might never arrive.
  virtual void Finish(std::function<void()> done) = 0;
  // Ends what is under way with ok = false; a new Write is possible.
  virtual void Cancel() = 0;
  virtual void Close() = 0;
  // Null without TLS, or if the client has shown none.
  virtual std::shared_ptr<const PeerCertificates> certificates() = 0;
};

// An accepted socket. `tls` null: none.
struct AcceptedSocket {
  int descriptor = -1;  // taken over
  bool is_ipv6 = false;
};
std::unique_ptr<Connection> MakeConnection(boost::asio::io_context& loop, AcceptedSocket socket,
                                           ssl_ctx_st* tls);

}  // namespace berth::serve
