// One request and its answer over libcurl, and what all of them to a server have in common.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/client_config.h"
#include "scheduler/kube/credential.h"
#include "scheduler/kube/server_url.h"

namespace berth::kube {

// Where requests go. Read once; outlives the exchanges.
struct Endpoint {
  std::string url;          // what the path of a request is put behind
  std::string shown_url;    // the same as the user has written it
  std::string authority;    // "host:port" for the user
  std::string host_header;  // "Host: ..."; empty: what curl makes of the URL
  std::string connect_to;   // in curl's words; empty: where the URL points
  std::string authority_pem;
  bool verify = true;
  std::string proxy;
  std::string user_agent;
  std::size_t max_response_bytes = 0;
};

// Fails where the certificate authority cannot be read.
base::Result<Endpoint> MakeEndpoint(const ClientConfig& config);

std::string_view NameOf(Method method);

// `Get "https://10.0.0.1:6443/api/v1/nodes"`, as Go's client begins its errors.
std::string Describe(const Endpoint& endpoint, const Request& request);

// A curl handle that is used for one request after another, so that what does not change is set
// once. For one thread.
class Exchange {
 public:
  // Bytes of a 2xx answer as they come; false breaks it off.
  using OnData = std::function<bool(std::string_view bytes)>;
  // The status is known; the body follows.
  using OnStatus = std::function<void(int status)>;

  explicit Exchange(const Endpoint& endpoint);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The request has to stay where it is until Finish. The answer is kept, up to the endpoint's
  // limit.
  void Prepare(const Request& request, std::shared_ptr<const Credential> credential);
  // The same, with the answer handed on as it comes and no limit to the time it takes.
  void PrepareStream(const Request& request, std::shared_ptr<const Credential> credential,
                     OnData on_data, OnStatus on_status);

  // What came of it; `code` is the CURLcode it ended with.
  Response Finish(int code);

  // Whoever runs it needs the CURL*.
  void* handle() const { return handle_; }

 private:
  void SetOnce();
  void SetTls();
  void SetRequest(const Request& request);
  void SetBody(const Request& request);
  void SetHeaders(const Request& request);
  void SetCredential(std::shared_ptr<const Credential> credential);

  int Status() const;
  bool Take(std::string_view bytes);
  void TakeHeader(std::string_view line);
  std::string DescribeFailure(int code) const;

  static std::size_t Write(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t Header(char* data, std::size_t size, std::size_t count, void* self);

  const Endpoint& endpoint_;
  void* handle_;
  void* connect_to_ = nullptr;  // curl_slist
  void* headers_ = nullptr;     // curl_slist
  std::unique_ptr<char[]> error_;

  const Request* request_ = nullptr;
  std::shared_ptr<const Credential> credential_;
  OnData on_data_;  // of a stream
  OnStatus on_status_;
  std::string body_;
  bool too_large_ = false;
};

}  // namespace berth::kube
