// An HTTP server inside a test, whose answers a function gives: it stands in for kube-apiserver,
// and can do to a connection what networks do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"

namespace berth::support {

struct ServerRequest {
  std::string method = {};                                       // "GET"
  std::string target = {};                                       // path and query
  std::map<std::string, std::string, std::less<>> headers = {};  // names in lower case
  std::string body = {};
  std::string client_name = {};  // of the client's certificate; "" without one

  std::string Header(std::string_view name) const;  // "" without it
  // The value of a parameter of the query, as it stands there; "" without it.
  std::string Parameter(std::string_view name) const;
  std::string Path() const;  // without the query
};

// An answer that is written piece by piece, on the thread of its connection.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // False once the client, or the server, is gone.
  virtual bool Write(std::string_view bytes) = 0;
  // Breaks the connection off, in the middle of whatever has been written.
  virtual void Cut() = 0;
  // Whether it is worth going on: to be asked now and then by who waits for something to write.
  virtual bool IsOpen() = 0;
};

struct ServerResponse {
  int status = 200;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Writes the body instead of `body`; when it returns the answer has ended well, if it was not
  // cut.
  std::function<void(ResponseStream&)> stream = {};
  bool drop = false;  // no answer: the connection is broken off
};

// A Status object as kube-apiserver answers with.
ServerResponse StatusResponse(int status, const std::string& reason, const std::string& message);

// Called on the threads of connections, several at a time.
using Handler = std::function<ServerResponse(const ServerRequest&)>;

struct FakeApiServerOptions {
  bool tls = false;
  // Of TLS: made on the spot if empty, and signed by authority().
  CertificateOptions certificate = {};
  bool ask_for_client_certificate = false;  // signed by authority() too
};

// Listens on 127.0.0.1 from its construction to Stop or its end, one thread a connection.
class FakeApiServer {
 public:
  explicit FakeApiServer(Handler handler, FakeApiServerOptions options = {});
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  std::string url() const;  // "https://127.0.0.1:port"
  unsigned short port() const;
  const Certificate& authority() const;

  int connections() const;  // so far
  int requests() const;     // so far

  // Breaks all connections off; new ones are refused until Start, which takes the same port.
  void Stop();
  void Start();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace berth::support
