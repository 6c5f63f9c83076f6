#include "scheduler/serve/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "scheduler/serve/target.h"

namespace berth::serve {
namespace {

namespace http = boost::beast::http;

// A string with room behind its end.
struct PaddedBody {
  using value_type = std::string;

  class reader {  // NOLINT(readability-identifier-naming): Beast looks for this name
   public:
    template <bool is_request, typename Fields>
    reader(http::header<is_request, Fields>&, std::string& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error) {
      error = {};
      if (length) Reserve(static_cast<std::size_t>(*length), error);
    }

    template <typename Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      std::size_t size = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        if (buffer.size() > body_.capacity() - body_.size()) {
          Reserve(std::max(2 * body_.size(), body_.size() + buffer.size()), error);
          if (error) return size;
        }
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        size += buffer.size();
      }
      return size;
    }

    void finish(boost::beast::error_code& error) {
      error = {};
      Reserve(body_.size(), error);
    }

   private:
    void Reserve(std::size_t size, boost::beast::error_code& error) {
      try {
        body_.reserve(size + kBodyPadding);
      } catch (const std::exception&) {
        error = make_error_code(boost::system::errc::not_enough_memory);
      }
    }

    std::string& body_;
  };
};

using Parser = http::request_parser<PaddedBody>;

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

  // Moves what can be parsed into the parser; the rest waits in `pending`.
  State Advance(std::string_view bytes) {
    boost::beast::error_code error;
    std::size_t used = 0;
    if (pending.empty()) {
      used = parser->put(boost::asio::buffer(bytes), error);
      pending = bytes.substr(used);
    } else {
      pending += bytes;
      used = parser->put(boost::asio::buffer(pending), error);
      pending.erase(0, used);
    }
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
  if (impl_->pending.empty() && bytes.empty()) return State::kIncomplete;
  const State state = impl_->Advance(bytes);
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
