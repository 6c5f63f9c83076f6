#include "scheduler/serve/http_server.h"

#include <algorithm>
#include <atomic>
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
#include <vector>

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

// One thread with the connections that it serves.
class Worker {
 public:
  // `open` counts the connections of all workers.
  Worker(const HttpServerOptions& options, const Handler& handler, std::atomic<std::size_t>& open)
      : mailbox_(std::make_shared<LoopMailbox>(loop_)),
        settings_{options.messages, options.times, handler, mailbox_},
        stop_deadline_(loop_),
        open_(open) {}
  ~Worker() { mailbox_->Disconnect(); }

  asio::io_context& loop() { return loop_; }

  void Start() {
    thread_ = std::thread([this] { loop_.run(); });
  }
  bool is_running() const { return thread_.joinable(); }

  // From any thread. The connection is one of this loop, and counted.
  void Take(Session::Client client) {
    auto shared = std::make_shared<Session::Client>(std::move(client));
    asio::post(loop_, [this, shared] {
      if (stopping_) return Uncount();
      const auto session = std::make_shared<Session>(loop_, settings_, std::move(*shared),
                                                     [this](Session& ended) { Remove(ended); });
      sessions_.emplace(session.get(), session);
      session->Start();
    });
  }

  void AskToStop(std::chrono::milliseconds deadline) {
    asio::post(loop_, [this, deadline] { BeginStop(deadline); });
  }
  void Join() { thread_.join(); }

 private:
  void Uncount() { open_.fetch_sub(1, std::memory_order_relaxed); }

  void Remove(Session& session) {
    sessions_.erase(&session);
    Uncount();
    if (stopping_ && sessions_.empty()) loop_.stop();
  }

  void BeginStop(std::chrono::milliseconds deadline) {
    stopping_ = true;
    // Those that are closed at once leave the table.
    const auto sessions = sessions_;
    for (const auto& [key, session] : sessions) session->StopWhenDone();
    if (sessions_.empty()) return loop_.stop();
    stop_deadline_.expires_after(deadline);
    stop_deadline_.async_wait([this](const ErrorCode&) { loop_.stop(); });
  }

  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  const std::shared_ptr<LoopMailbox> mailbox_;
  const SessionSettings settings_;
  asio::steady_timer stop_deadline_;
  std::atomic<std::size_t>& open_;
  // Of the loop's thread; so is `stopping_`.
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

// The first worker accepts for all.
class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const Handler& handler)
      : max_connections_(options.max_connections),
        workers_(MakeWorkers(options, handler, open_)),
        acceptor_(workers_.front()->loop()),
        accept_pause_(workers_.front()->loop()) {}

  ~Impl() { Stop(std::chrono::milliseconds(0)); }

  base::Result<void> Start(const HttpServerOptions& options) {
    if (options.tls) {
      BERTH_ASSIGN(tls_, TlsContext::Create(*options.tls));
    }
    BERTH_TRY(Listen(options, acceptor_));
    ErrorCode ignored;
    port_ = acceptor_.local_endpoint(ignored).port();
    Accept();
    for (const auto& worker : workers_) worker->Start();
    return {};
  }

  std::uint16_t port() const { return port_; }

  void Stop(std::chrono::milliseconds deadline) {
    if (!workers_.front()->is_running()) return;
    asio::post(workers_.front()->loop(), [this] { StopAccepting(); });
    for (const auto& worker : workers_) worker->AskToStop(deadline);
    for (const auto& worker : workers_) worker->Join();
  }

 private:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  static Workers MakeWorkers(const HttpServerOptions& options, const Handler& handler,
                             std::atomic<std::size_t>& open) {
    Workers workers;
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      workers.push_back(std::make_unique<Worker>(options, handler, open));
    }
    return workers;
  }

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
    const std::size_t open = open_.load(std::memory_order_relaxed);
    // A client that is refused needs a moment, too.
    if (open >= max_connections_ + kMostRefused) return;
    ErrorCode error;
    const Tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) return;
    const AcceptedSocket accepted{.descriptor = socket.release(error),
                                  .is_ipv6 = peer.protocol() == Tcp::v6()};
    if (error) return;
    ssl_ctx_st* tls = tls_ == nullptr ? nullptr : tls_->Current();
    Worker& worker = *workers_[next_++ % workers_.size()];
    open_.fetch_add(1, std::memory_order_relaxed);
    worker.Take({.connection = MakeConnection(worker.loop(), accepted, tls),
                 .address = AddressText(peer),
                 .is_too_many = open >= max_connections_});
  }

  void StopAccepting() {
    stopping_ = true;
    ErrorCode ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
  }

  const std::size_t max_connections_;
  std::atomic<std::size_t> open_ = 0;
  Workers workers_;
  // Of the first worker's thread.
  std::unique_ptr<TlsContext> tls_;
  Tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  std::size_t next_ = 0;  // of workers_
  bool stopping_ = false;
  std::uint16_t port_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                            Handler handler) {
  auto impl = std::make_unique<Impl>(options, handler);
  BERTH_TRY(impl->Start(options));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::Stop(std::chrono::milliseconds deadline) { impl_->Stop(deadline); }

}  // namespace berth::serve
