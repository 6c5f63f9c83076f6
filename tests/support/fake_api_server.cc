#include "tests/support/fake_api_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "scheduler/base/check.h"

namespace berth::support {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using Code = boost::system::error_code;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

ServerRequest Translate(const http::request<http::string_body>& from) {
  ServerRequest request;
  request.method = std::string(from.method_string());
  request.target = std::string(from.target());
  for (const auto& field : from) {
    const auto name = field.name_string();
    request.headers[Lower({name.data(), name.size()})] = std::string(field.value());
  }
  request.body = from.body();
  return request;
}

std::string ClientName(SSL* connection) {
  X509* certificate = SSL_get1_peer_certificate(connection);
  if (certificate == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            name.size());
  X509_free(certificate);
  return name.data();
}

template <typename Transport>
class Streaming final : public ResponseStream {
 public:
  Streaming(Transport& transport, tcp::socket& socket) : transport_(transport), socket_(socket) {}

  bool Write(std::string_view bytes) override {
    if (bytes.empty() || !open_) return open_;
    Code problem;
    asio::write(transport_, http::make_chunk(asio::buffer(bytes)), problem);
    if (problem) open_ = false;
    return open_;
  }
  void Cut() override { open_ = false; }
  bool IsOpen() override {
    // A client has nothing to say while it is being answered: what there is to read is its end.
    pollfd polled{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
    if (poll(&polled, 1, 0) > 0) open_ = false;
    return open_;
  }
  bool open() const { return open_; }

 private:
  Transport& transport_;
  tcp::socket& socket_;
  bool open_ = true;
};

}  // namespace

class FakeApiServer::Implementation {
 public:
  Implementation(Handler handler, FakeApiServerOptions options)
      : handler_(std::move(handler)),
        options_(std::move(options)),
        authority_(options_.tls ? MakeAuthority("fake authority") : Certificate()),
        tls_(ssl::context::tls_server) {
    if (options_.tls) SetUpTls();
    Start();
  }
  ~Implementation() { Stop(); }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  void Start() {
    stopping_ = false;
    acceptor_.emplace(context_);
    acceptor_->open(tcp::v4());
    acceptor_->set_option(asio::socket_base::reuse_address(true));
    acceptor_->bind({asio::ip::address_v4::loopback(), port_});
    acceptor_->listen();
    port_ = acceptor_->local_endpoint().port();
    accepting_ = std::thread([this] { Accept(); });
  }

  void Stop() {
    if (!accepting_.joinable()) return;
    stopping_ = true;
    // Wakes up who waits in accept, which close would not.
    shutdown(acceptor_->native_handle(), SHUT_RDWR);
    accepting_.join();
    acceptor_.reset();
    {
      const std::lock_guard lock(mutex_);
      for (Connection& connection : connections_) BreakOff(connection.socket);
    }
    for (Connection& connection : connections_) connection.thread.join();
    connections_.clear();
  }

  const FakeApiServerOptions& options() const { return options_; }
  const Certificate& authority() const { return authority_; }
  unsigned short port() const { return port_; }
  int connections() const { return connection_count_; }
  int requests() const { return request_count_; }

 private:
  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::thread thread;
  };

  static void BreakOff(tcp::socket& socket) { shutdown(socket.native_handle(), SHUT_RDWR); }

  void SetUpTls() {
    const Certificate certificate = MakeCertificate(authority_, options_.certificate);
    tls_.use_certificate_chain(asio::buffer(certificate.pem));
    tls_.use_private_key(asio::buffer(certificate.key_pem), ssl::context::pem);
    if (!options_.ask_for_client_certificate) return;
    tls_.add_certificate_authority(asio::buffer(authority_.pem));
    tls_.set_verify_mode(ssl::verify_peer);
  }

  void Accept() {
    while (true) {
      Code problem;
      tcp::socket socket = acceptor_->accept(problem);
      if (stopping_) return;
      if (problem) continue;
      ++connection_count_;
      Code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const std::lock_guard lock(mutex_);
      Connection& connection = connections_.emplace_back(std::move(socket));
      connection.thread = std::thread([this, &connection] { Serve(connection.socket); });
    }
  }

  void Serve(tcp::socket& socket) {
    if (options_.tls) {
      ssl::stream<tcp::socket&> transport(socket, tls_);
      Code problem;
      transport.handshake(ssl::stream_base::server, problem);
      if (!problem) AnswerAll(transport, socket, ClientName(transport.native_handle()));
    } else {
      AnswerAll(socket, socket, "");
    }
    // Not closed: Stop looks at it from another thread.
    BreakOff(socket);
  }

  template <typename Transport>
  void AnswerAll(Transport& transport, tcp::socket& socket, const std::string& client_name) {
    beast::flat_buffer buffer;
    while (!stopping_) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(std::size_t{64} << 20);
      Code problem;
      http::read(transport, buffer, parser, problem);
      if (problem) return;
      ++request_count_;
      ServerRequest request = Translate(parser.get());
      request.client_name = client_name;
      const ServerResponse response = handler_(request);
      if (response.drop) return;
      const bool well =
          response.stream ? Stream(transport, socket, response) : WriteWhole(transport, response);
      if (!well) return;
    }
  }

  template <typename Message>
  static void SetHead(const ServerResponse& response, Message& message) {
    message.version(11);
    message.result(static_cast<unsigned>(response.status));
    message.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : response.headers) message.set(name, value);
  }

  template <typename Transport>
  static bool WriteWhole(Transport& transport, const ServerResponse& response) {
    http::response<http::string_body> message;
    SetHead(response, message);
    message.body() = response.body;
    message.prepare_payload();
    Code problem;
    http::write(transport, message, problem);
    return !problem;
  }

  template <typename Transport>
  bool Stream(Transport& transport, tcp::socket& socket, const ServerResponse& response) {
    http::response<http::empty_body> message;
    SetHead(response, message);
    message.chunked(true);
    http::response_serializer<http::empty_body> serializer(message);
    Code problem;
    http::write_header(transport, serializer, problem);
    if (problem) return false;
    Streaming<Transport> stream(transport, socket);
    response.stream(stream);
    if (!stream.open() || stopping_) return false;
    asio::write(transport, http::make_chunk_last(), problem);
    return !problem;
  }

  const Handler handler_;
  const FakeApiServerOptions options_;
  const Certificate authority_;
  ssl::context tls_;
  asio::io_context context_;
  std::optional<tcp::acceptor> acceptor_;
  unsigned short port_ = 0;
  std::thread accepting_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connection_count_ = 0;
  std::atomic<int> request_count_ = 0;
  std::mutex mutex_;
  std::list<Connection> connections_;  // those that have ended too, until Stop
};

std::string ServerRequest::Header(std::string_view name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

std::string ServerRequest::Parameter(std::string_view name) const {
  const auto query = target.find('?');
  if (query == std::string::npos) return "";
  std::string_view rest = std::string_view(target).substr(query + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    const auto equals = one.find('=');
    if (one.substr(0, equals) == name) {
      return equals == std::string_view::npos ? "" : std::string(one.substr(equals + 1));
    }
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return "";
}

std::string ServerRequest::Path() const { return target.substr(0, target.find('?')); }

ServerResponse StatusResponse(int status, const std::string& reason, const std::string& message) {
  std::string quoted;
  for (const char c : message) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return {
      .status = status,
      .body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" +
              quoted + R"(","reason":")" + reason + R"(","code":)" + std::to_string(status) + "}"};
}

FakeApiServer::FakeApiServer(Handler handler, FakeApiServerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(handler), std::move(options))) {}

FakeApiServer::~FakeApiServer() = default;

std::string FakeApiServer::url() const {
  return (implementation_->options().tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(port());
}

unsigned short FakeApiServer::port() const { return implementation_->port(); }

const Certificate& FakeApiServer::authority() const { return implementation_->authority(); }

int FakeApiServer::connections() const { return implementation_->connections(); }

int FakeApiServer::requests() const { return implementation_->requests(); }

void FakeApiServer::Stop() { implementation_->Stop(); }

void FakeApiServer::Start() { implementation_->Start(); }

}  // namespace berth::support
