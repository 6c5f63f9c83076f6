#include "scheduler/serve/session.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <span>
#include <utility>

#include "scheduler/serve/response_text.h"

namespace berth::serve {

struct Session::Timer {
  explicit Timer(boost::asio::io_context& loop) : timer(loop) {}
  boost::asio::steady_timer timer;
};

// The way back from a handler, which may outlive the session and the server.
class Session::Channel final : public ResponseChannel {
 public:
  Channel(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Session> session, std::uint64_t number)
      : mailbox_(std::move(mailbox)), session_(std::move(session)), number_(number) {}

  void Answer(HttpResponse response) override {
    mailbox_->Post(
        [session = session_, number = number_, response = std::move(response)]() mutable {
          if (const auto alive = session.lock()) alive->Answer(number, std::move(response));
        });
  }

  void Run(std::function<void()> work) override { mailbox_->Post(std::move(work)); }

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const std::weak_ptr<Session> session_;
  const std::uint64_t number_;
};

Session::Session(boost::asio::io_context& loop, const SessionSettings& settings, Client client,
                 std::function<void(Session&)> on_end)
    : settings_(settings),
      connection_(std::move(client.connection)),
      address_(std::move(client.address)),
      is_too_many_(client.is_too_many),
      on_end_(std::move(on_end)),
      timer_(std::make_unique<Timer>(loop)),
      parser_(settings.messages) {}

Session::~Session() = default;

void Session::Start() {
  Enter(Phase::kHandshake, settings_.times.handshake);
  connection_->Handshake([self = shared_from_this()](bool ok) {
    if (self->phase_ == Phase::kClosed) return;
    if (!ok) return self->Close();
    self->Enter(Phase::kIdle, self->settings_.times.idle);
    self->Read();
  });
}

void Session::StopWhenDone() {
  close_after_ = true;
  if (phase_ == Phase::kIdle || phase_ == Phase::kHandshake) Close();
}

void Session::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  timer_->timer.cancel();
  connection_->Close();
  on_end_(*this);
}

void Session::Enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  timer_->timer.expires_after(limit);
  timer_->timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr) return;
    // It may have been set anew when this call was already on its way.
    if (self->timer_->timer.expiry() > std::chrono::steady_clock::now()) return;
    self->OnDeadline();
  });
}

void Session::OnDeadline() {
  switch (phase_) {
    case Phase::kReading:
      timed_out_ = true;
      connection_->Cancel();  // OnRead() goes on
      break;
    case Phase::kAnswering:
      close_after_ = true;
      Answer(number_, ErrorResponse(504, "the answer took too long"));
      break;
    default:
      Close();
  }
}

std::size_t Session::NextReadSize() {
  if (phase_ != Phase::kReading) return kFirstRead;
  const std::size_t size = std::exchange(filled_, false) ? 2 * in_.size() : in_.size();
  return std::clamp(size, kUsualRead, kLargestRead);
}

void Session::Read() {
  const std::size_t room = NextReadSize();
  if (room != in_.size()) in_ = std::vector<char>(room);
  connection_->Read(std::span<char>(in_), [self = shared_from_this()](bool ok, std::size_t size) {
    self->OnRead(ok, size);
  });
}

void Session::OnRead(bool ok, std::size_t size) {
  if (phase_ == Phase::kClosed) return;
  if (timed_out_) return Refuse(ErrorResponse(408, "the request took too long to arrive"));
  if (!ok) return Close();
  filled_ = size == in_.size();
  Advance({in_.data(), size});
}

void Session::Advance(std::string_view bytes) {
  switch (parser_.Feed(bytes)) {
    case RequestParser::State::kComplete:
      return Dispatch();
    case RequestParser::State::kRefused:
      return Refuse(parser_.refusal());
    case RequestParser::State::kIncomplete:
      break;
  }
  if (phase_ != Phase::kReading && parser_.HasStarted()) {
    Enter(Phase::kReading, settings_.times.request);
  } else if (phase_ != Phase::kReading) {
    Enter(Phase::kIdle, settings_.times.idle);
  }
  if (parser_.TakeExpectation()) return Continue();
  Read();
}

void Session::Continue() {
  connection_->Write("HTTP/1.1 100 Continue\r\n\r\n", "", [self = shared_from_this()](bool ok) {
    if (self->phase_ == Phase::kClosed) return;
    if (self->timed_out_) return self->OnRead(false, 0);
    if (!ok) return self->Close();
    self->Read();
  });
}

void Session::Dispatch() {
  close_after_ = close_after_ || is_too_many_ || !parser_.KeepsAlive();
  old_client_ = parser_.IsOld();
  auto request = std::make_shared<HttpRequest>(parser_.Take());
  head_ = request->method == "HEAD";
  request->peer_address = address_;
  request->certificates = connection_->certificates();
  Enter(Phase::kAnswering, settings_.times.answer);
  const Responder respond(
      std::make_shared<Channel>(settings_.mailbox, weak_from_this(), ++number_));
  if (is_too_many_) return respond(ErrorResponse(503, "too many connections"));
  settings_.handler(std::move(request), respond);
}

void Session::Answer(std::uint64_t number, HttpResponse response) {
  // An answer that comes too late has been given by OnDeadline().
  if (phase_ == Phase::kAnswering && number == number_) Write(std::move(response));
}

void Session::Refuse(HttpResponse response) {
  close_after_ = true;
  head_ = false;
  Write(std::move(response));
}

void Session::Write(HttpResponse response) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  out_ = HeaderText(
      response, {.close = close_after_,
                 .old = old_client_,
                 .unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count()});
  Enter(Phase::kWriting, settings_.times.write);
  body_out_ = head_ ? std::string() : std::move(response.body);
  connection_->Write(out_, body_out_,
                     [self = shared_from_this()](bool ok) { self->OnWritten(ok); });
}

void Session::OnWritten(bool ok) {
  if (phase_ == Phase::kClosed) return;
  body_out_ = std::string();
  if (!ok) return Close();
  if (!close_after_) return Advance("");
  Enter(Phase::kLingering, settings_.times.linger);
  connection_->Finish([self = shared_from_this()] { self->Close(); });
}

}  // namespace berth::serve
