#include "scheduler/serve/connection.h"

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace berth::serve {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;
using ErrorCode = boost::system::error_code;

Socket TakeOver(asio::io_context& loop, AcceptedSocket accepted) {
  const auto protocol = accepted.is_ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  Socket socket(loop);
  ErrorCode ignored;
  socket.assign(protocol, accepted.descriptor, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return socket;
}

// What plain connections and those with TLS have in common.
template <typename Stream>
class StreamConnection : public Connection {
 public:
  explicit StreamConnection(Stream stream) : stream_(std::move(stream)) {}

  void Read(std::span<char> into, std::function<void(bool, std::size_t)> done) override {
    stream_.async_read_some(
        asio::buffer(into.data(), into.size()),
        [done = std::move(done)](const ErrorCode& error, std::size_t size) { done(!error, size); });
  }

  void Write(std::string_view head, std::string_view body, Done done) override {
    asio::async_write(
        stream_, std::array{asio::buffer(head), asio::buffer(body)},
        [done = std::move(done)](const ErrorCode& error, std::size_t) { done(!error); });
  }

  void Cancel() override {
    ErrorCode ignored;
    socket().cancel(ignored);
  }

  void Close() override {
    ErrorCode ignored;
    socket().close(ignored);
  }

 protected:
  Stream& stream() { return stream_; }
  Socket& socket() {
    if constexpr (std::is_same_v<Stream, Socket>) {
      return stream_;
    } else {
      return stream_.next_layer();
    }
  }

  void HalfClose(std::function<void()> done) {
    ErrorCode error;
    socket().shutdown(Socket::shutdown_send, error);
    if (error) {
      done();
    } else {
      Drain(std::move(done));
    }
  }

 private:
  void Drain(std::function<void()> done) {
    socket().async_read_some(
        Waste(), [this, done = std::move(done)](const ErrorCode& error, std::size_t) mutable {
          if (error) {
            done();
          } else {
            Drain(std::move(done));
          }
        });
  }

  // Shared by all connections of a loop: nobody reads what is in it.
  static asio::mutable_buffer Waste() {
    static thread_local std::array<char, 4096> waste;
    return asio::buffer(waste);
  }

  Stream stream_;
};

class PlainConnection final : public StreamConnection<Socket> {
 public:
  using StreamConnection::StreamConnection;

  void Handshake(Done done) override { done(true); }
  void Finish(std::function<void()> done) override { HalfClose(std::move(done)); }
  std::shared_ptr<const PeerCertificates> certificates() override { return nullptr; }
};

using TlsStream = asio::ssl::stream<Socket>;

void AppendDer(X509* certificate, PeerCertificates& out) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return;
  out.der.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
}

class TlsConnection final : public StreamConnection<TlsStream> {
 public:
  using StreamConnection::StreamConnection;

  void Handshake(Done done) override {
    stream().async_handshake(asio::ssl::stream_base::server,
                             [this, done = std::move(done)](const ErrorCode& error) {
                               if (!error) KeepCertificates();
                               done(!error);
                             });
  }

  void Finish(std::function<void()> done) override {
    stream().async_shutdown(
        [this, done = std::move(done)](const ErrorCode&) mutable { HalfClose(std::move(done)); });
  }

  std::shared_ptr<const PeerCertificates> certificates() override { return certificates_; }

 private:
  void KeepCertificates() {
    SSL* connection = stream().native_handle();
    X509* leaf = SSL_get0_peer_certificate(connection);
    if (leaf == nullptr) return;
    auto certificates = std::make_shared<PeerCertificates>();
    AppendDer(leaf, *certificates);
    STACK_OF(X509)* others = SSL_get_peer_cert_chain(connection);
    for (int i = 0; i < sk_X509_num(others); ++i) {
      AppendDer(sk_X509_value(others, i), *certificates);
    }
    certificates_ = std::move(certificates);
  }

  std::shared_ptr<const PeerCertificates> certificates_;
};

}  // namespace

std::unique_ptr<Connection> MakeConnection(asio::io_context& loop, AcceptedSocket accepted,
                                           ssl_ctx_st* tls) {
  Socket socket = TakeOver(loop, accepted);
  if (tls == nullptr) return std::make_unique<PlainConnection>(std::move(socket));
  SSL_CTX_up_ref(tls);
  asio::ssl::context context(tls);  // gives back that reference
  return std::make_unique<TlsConnection>(TlsStream(std::move(socket), context));
}

}  // namespace berth::serve
