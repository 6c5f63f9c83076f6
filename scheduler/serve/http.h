// Requests, answers, and who answers: what servers and handlers have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::serve {

using NamesAndValues = std::vector<std::pair<std::string, std::string>>;

// What a client has shown in the handshake of TLS: nobody has verified it yet (client_ca.h does).
struct PeerCertificates {
  std::vector<std::string> der;  // its own first, then those between it and a root
};

// Of a request that came in, so many bytes behind the end of the body may be read: readers of JSON
// want that.
inline constexpr std::size_t kBodyPadding = 64;

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";       // without escapes and without the query
  NamesAndValues query = {};    // in the order of the request
  NamesAndValues headers = {};  // the same
  std::string body = {};
  std::string peer_address = {};                              // "127.0.0.1:4711"
  std::shared_ptr<const PeerCertificates> certificates = {};  // null if none were shown

  // Of the first header with this name, in whatever case; "" if there is none.
  std::string_view Header(std::string_view name) const;
  std::vector<std::string_view> Headers(std::string_view name) const;
  bool HasParameter(std::string_view name) const;
  std::vector<std::string_view> Parameters(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  NamesAndValues headers = {};  // beyond those that every answer has
};

// A line of text that says what is wrong, as Go's http.Error writes it.
HttpResponse ErrorResponse(int status, std::string_view message);

// Where an answer goes. Thread-safe.
class ResponseChannel {
 public:
  virtual ~ResponseChannel() = default;
  virtual void Answer(HttpResponse response) = 0;
  // Runs the work soon on the thread of the server, or never if that has stopped.
  virtual void Run(std::function<void()> work) = 0;
};

// The one answer to one request, at any time and from any thread. Copies stand for the same answer:
// to give a second one is an error of the program. If the last copy goes without an answer, the
// client gets a 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<ResponseChannel> channel);

  void operator()(HttpResponse response) const;
  void RunOnServer(std::function<void()> work) const;

 private:
  struct Answer;
  std::shared_ptr<Answer> answer_;
};

// Called on a thread of the server; whoever needs long answers later. The request may be kept.
using RequestPtr = std::shared_ptr<const HttpRequest>;
using Handler = std::function<void(RequestPtr request, Responder respond)>;

// A handler that has the answer at once.
Handler Immediately(std::function<HttpResponse(const HttpRequest&)> answer);

}  // namespace berth::serve
