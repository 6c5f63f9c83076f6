#include "scheduler/serve/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "scheduler/serve/target.h"

namespace berth::serve {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

HttpResponse RefusalFor(const boost::beast::error_code& error) {
  if (error == http::error::header_limit) {
    return ErrorResponse(431, "the header of the request is too large");
  }
  if (error == http::error::body_limit) {
    return ErrorResponse(413, "the body of the request is too large");
  }
  return ErrorResponse(400, "malformed request: " + error.message());
}

}  // namespace

struct RequestParser::Impl {
  explicit Impl(MessageLimits of) : limits(of) { Restart(); }

  void Restart() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser->body_limit(limits.body_bytes);
    expectation_taken = false;
  }

  State Refuse(HttpResponse response) {
    refusal = std::move(response);
    return State::kRefused;
  }

  // Moves what can be parsed from `pending` into the parser.
  State Advance() {
    boost::beast::error_code error;
    const auto used = parser->put(boost::asio::buffer(pending), error);
    pending.erase(0, used);
    if (error == http::error::need_more) return State::kIncomplete;
    if (error) return Refuse(RefusalFor(error));
    return parser->is_done() ? State::kComplete : State::kIncomplete;
  }

  const MessageLimits limits;
  std::optional<Parser> parser;
  std::string pending;  // not yet parsed
  HttpResponse refusal;
  bool expectation_taken = false;
};

RequestParser::RequestParser(MessageLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::Feed(std::string_view bytes) {
  impl_->pending += bytes;
  if (impl_->pending.empty()) return State::kIncomplete;
  const State state = impl_->Advance();
  if (state != State::kComplete) return state;
  HttpRequest probe;
  const auto target = impl_->parser->get().target();
  if (auto parsed = ParseTarget({target.data(), target.size()}, probe); !parsed) {
    return impl_->Refuse(ErrorResponse(400, parsed.error().message()));
  }
  return State::kComplete;
}

bool RequestParser::HasStarted() const {
  return !impl_->pending.empty() || impl_->parser->got_some();
}

bool RequestParser::TakeExpectation() {
  const Parser& parser = *impl_->parser;
  if (impl_->expectation_taken || !parser.is_header_done() || parser.is_done()) return false;
  impl_->expectation_taken = true;
  return boost::beast::iequals(parser.get()[http::field::expect], "100-continue");
}

const HttpResponse& RequestParser::refusal() const { return impl_->refusal; }

bool RequestParser::KeepsAlive() const {
  return impl_->parser->is_header_done() && impl_->parser->keep_alive();
}

bool RequestParser::IsOld() const { return impl_->parser->get().version() < 11; }

HttpRequest RequestParser::Take() {
  auto message = impl_->parser->release();
  HttpRequest request;
  request.method = std::string(message.method_string());
  // Feed() has seen that this works.
  (void)ParseTarget({message.target().data(), message.target().size()}, request);
  for (const auto& field : message.base()) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  request.body = std::move(message.body());
  impl_->Restart();
  return request;
}

}  // namespace berth::serve
