#include "scheduler/serve/http_server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "scheduler/base/log.h"

namespace berth::serve {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// How many clients beyond the limit get an answer at the same time.
constexpr std::size_t kMostRefused = 64;
// Before the next attempt to accept, where one has failed: files may have run out.
constexpr std::chrono::milliseconds kAcceptPause{100};

class LoopMailbox final : public Mailbox {
 public:
  explicit LoopMailbox(asio::io_context& loop) : loop_(&loop) {}

  void Post(std::function<void()> work) override {
    const std::scoped_lock lock(mutex_);
    if (loop_ != nullptr) asio::post(*loop_, std::move(work));
  }

  // No loop any more: whatever comes is dropped.
  void Disconnect() {
    const std::scoped_lock lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* loop_;
};

std::string AddressText(const Tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

base::Result<void> Listen(const HttpServerOptions& options, Tcp::acceptor& acceptor) {
  ErrorCode error;
  const auto address = asio::ip::make_address(options.bind_address, error);
  const std::string where = options.bind_address + ":" + std::to_string(options.port);
  if (error) return base::Fail("\"" + options.bind_address + "\" is not an IP address");
  const Tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return base::Fail("cannot listen on " + where + ": " + error.message());
  return {};
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, Handler handler)
      : max_connections_(options.max_connections),
        mailbox_(std::make_shared<LoopMailbox>(loop_)),
        settings_{options.messages, options.times, std::move(handler), mailbox_},
        acceptor_(loop_),
        accept_pause_(loop_),
        stop_deadline_(loop_) {}

  ~Impl() {
    Stop(std::chrono::milliseconds(0));
    mailbox_->Disconnect();
  }

  base::Result<void> Start(const HttpServerOptions& options) {
    if (options.tls) {
      BERTH_ASSIGN(tls_, TlsContext::Create(*options.tls));
    }
    BERTH_TRY(Listen(options, acceptor_));
    ErrorCode ignored;
    port_ = acceptor_.local_endpoint(ignored).port();
    Accept();
    thread_ = std::thread([this] { loop_.run(); });
    return {};
  }

  std::uint16_t port() const { return port_; }

  void Stop(std::chrono::milliseconds deadline) {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this, deadline] { BeginStop(deadline); });
    thread_.join();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](const ErrorCode& error, Tcp::socket socket) {
      if (stopping_) return;
      if (error) {
        base::log::Warning("Cannot accept a connection", {{"err", error.message()}});
        return AcceptLater();
      }
      Take(std::move(socket));
      Accept();
    });
  }

  void AcceptLater() {
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](const ErrorCode& error) {
      if (!error && !stopping_) Accept();
    });
  }

  void Take(Tcp::socket socket) {
    // A client that is refused needs a moment, too.
    if (sessions_.size() >= max_connections_ + kMostRefused) return;
    ErrorCode error;
    const Tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) return;
    const AcceptedSocket accepted{.descriptor = socket.release(error),
                                  .is_ipv6 = peer.protocol() == Tcp::v6()};
    if (error) return;
    ssl_ctx_st* tls = tls_ == nullptr ? nullptr : tls_->Current();
    const auto session = std::make_shared<Session>(
        loop_, settings_,
        Session::Client{.connection = MakeConnection(loop_, accepted, tls),
                        .address = AddressText(peer),
                        .is_too_many = sessions_.size() >= max_connections_},
        [this](Session& ended) { Remove(ended); });
    sessions_.emplace(session.get(), session);
    session->Start();
  }

  void Remove(Session& session) {
    sessions_.erase(&session);
    if (stopping_ && sessions_.empty()) loop_.stop();
  }

  void BeginStop(std::chrono::milliseconds deadline) {
    stopping_ = true;
    ErrorCode ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    // Those that are closed at once leave the table.
    const auto sessions = sessions_;
    for (const auto& [key, session] : sessions) session->StopWhenDone();
    if (sessions_.empty()) return loop_.stop();
    stop_deadline_.expires_after(deadline);
    stop_deadline_.async_wait([this](const ErrorCode&) { loop_.stop(); });
  }

  const std::size_t max_connections_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  const std::shared_ptr<LoopMailbox> mailbox_;
  const SessionSettings settings_;
  std::unique_ptr<TlsContext> tls_;
  Tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  asio::steady_timer stop_deadline_;
  // Of the loop's thread; so is `stopping_`.
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  bool stopping_ = false;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                            Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  BERTH_TRY(impl->Start(options));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::Stop(std::chrono::milliseconds deadline) { impl_->Stop(deadline); }

}  // namespace berth::serve
