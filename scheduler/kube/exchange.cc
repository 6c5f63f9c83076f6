#include "scheduler/kube/exchange.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "scheduler/base/check.h"
#include "scheduler/kube/curl_error.h"
#include "scheduler/kube/small_file.h"

namespace berth::kube {
namespace {

// What libcurl takes for numbers, of whatever size.
using CurlLong = long;  // NOLINT(google-runtime-int)

constexpr CurlLong kConnectTimeoutMs = 10'000;
constexpr CurlLong kBufferBytes = 100'000;
// A peer that is silent is asked whether it still lives, and lost after a minute.
constexpr CurlLong kKeepAliveIdleSeconds = 30;
constexpr CurlLong kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr std::size_t kMaxRetryAfterSeconds = 86'400;

template <typename T>
void Set(void* handle, CURLoption option, T value) {
  BERTH_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

// The text has to stay where it is as long as the option.
void SetBlob(void* handle, CURLoption option, const std::string& text) {
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
  if (text.empty()) {
    Set(handle, option, static_cast<curl_blob*>(nullptr));
  } else {
    Set(handle, option, &blob);
  }
}

template <typename T>
T Info(void* handle, CURLINFO info) {
  T value{};
  curl_easy_getinfo(handle, info, &value);
  return value;
}

int OnSocket(void*, curl_socket_t socket, curlsocktype) {
  (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kKeepAliveProbes, sizeof kKeepAliveProbes);
  return CURL_SOCKOPT_OK;
}

bool HasHeader(void* handle, const char* name) {
  curl_header* header = nullptr;
  return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
}

std::optional<std::chrono::seconds> RetryAfterOf(void* handle) {
  if (!HasHeader(handle, "Retry-After")) return std::nullopt;
  const auto seconds = Info<curl_off_t>(handle, CURLINFO_RETRY_AFTER);
  return std::chrono::seconds(
      std::clamp<curl_off_t>(seconds, 0, static_cast<curl_off_t>(kMaxRetryAfterSeconds)));
}

std::string_view VerbOf(Method method) {
  switch (method) {
    case Method::kGet:
      return "Get";
    case Method::kPost:
      return "Post";
    case Method::kPut:
      return "Put";
    case Method::kPatch:
      return "Patch";
    case Method::kDelete:
      return "Delete";
  }
  return "";
}

void Append(void*& list, const std::string& line) {
  list = curl_slist_append(static_cast<curl_slist*>(list), line.c_str());
}

void Free(void*& list) {
  curl_slist_free_all(static_cast<curl_slist*>(list));
  list = nullptr;
}

// curl puts the name of the URL into the handshake and compares the certificate with it; so the URL
// gets the name that the certificate is for, and the connection is led to where the server is.
void PretendName(const ServerAddress& address, const std::string& name, Endpoint& endpoint) {
  endpoint.url = "https://" + name + ":" + address.port + address.path;
  endpoint.connect_to = name + ":" + address.port + ":" + address.host + ":" + address.port;
  endpoint.host_header = "Host: " + address.Authority();
}

}  // namespace

std::string_view NameOf(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
  }
  return "";
}

std::string Describe(const Endpoint& endpoint, const Request& request) {
  return std::string(VerbOf(request.method)) + " \"" + endpoint.shown_url + request.path + "\"";
}

base::Result<Endpoint> MakeEndpoint(const ClientConfig& config) {
  const auto server = NormalServerUrl(config.server, true);
  if (!server) return std::unexpected(server.error().Within("server"));
  const ServerAddress address = ParseServerUrl(*server);
  Endpoint endpoint;
  endpoint.url = endpoint.shown_url = *server;
  endpoint.authority = address.host + ":" + address.port;
  if (address.tls && !config.tls_server_name.empty()) {
    PretendName(address, config.tls_server_name, endpoint);
  }
  endpoint.authority_pem = config.authority.text;
  if (!config.authority.file.empty()) {
    auto pem = ReadSmallFile(config.authority.file, std::size_t{16} << 20);
    const std::string where = "certificate authority " + config.authority.file;
    if (!pem) return std::unexpected(pem.error().Within(where));
    endpoint.authority_pem = *std::move(pem);
    if (endpoint.authority_pem.find("-----BEGIN ") == std::string::npos) {
      return base::Fail(where + ": not PEM");
    }
  }
  endpoint.verify = !config.insecure_skip_tls_verify;
  endpoint.proxy = config.proxy_url;
  endpoint.user_agent = config.user_agent;
  endpoint.max_response_bytes = config.max_response_bytes;
  return endpoint;
}

Exchange::Exchange(const Endpoint& endpoint)
    : endpoint_(endpoint),
      handle_(curl_easy_init()),
      error_(std::make_unique<char[]>(CURL_ERROR_SIZE)) {
  BERTH_CHECK(handle_ != nullptr);
  SetOnce();
}

Exchange::~Exchange() {
  curl_easy_cleanup(handle_);
  Free(connect_to_);
  Free(headers_);
}

void Exchange::SetOnce() {
  Set(handle_, CURLOPT_NOSIGNAL, 1L);
  Set(handle_, CURLOPT_QUICK_EXIT, 1L);
  Set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(handle_, CURLOPT_FOLLOWLOCATION, 0L);
  Set(handle_, CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1));
  Set(handle_, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  Set(handle_, CURLOPT_BUFFERSIZE, kBufferBytes);
  Set(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(handle_, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  Set(handle_, CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  Set(handle_, CURLOPT_SOCKOPTFUNCTION, &OnSocket);
  Set(handle_, CURLOPT_USERAGENT, endpoint_.user_agent.c_str());
  Set(handle_, CURLOPT_ERRORBUFFER, error_.get());
  Set(handle_, CURLOPT_WRITEFUNCTION, &Exchange::Write);
  Set(handle_, CURLOPT_WRITEDATA, this);
  Set(handle_, CURLOPT_HEADERFUNCTION, &Exchange::Header);
  Set(handle_, CURLOPT_HEADERDATA, this);
  if (!endpoint_.proxy.empty()) Set(handle_, CURLOPT_PROXY, endpoint_.proxy.c_str());
  if (!endpoint_.connect_to.empty()) {
    Append(connect_to_, endpoint_.connect_to);
    Set(handle_, CURLOPT_CONNECT_TO, connect_to_);
  }
  SetTls();
}

void Exchange::SetTls() {
  Set(handle_, CURLOPT_SSL_VERIFYPEER, endpoint_.verify ? 1L : 0L);
  Set(handle_, CURLOPT_SSL_VERIFYHOST, endpoint_.verify ? 2L : 0L);
  Set(handle_, CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2));
  if (endpoint_.authority_pem.empty()) return;
  SetBlob(handle_, CURLOPT_CAINFO_BLOB, endpoint_.authority_pem);
  // Without this, the authorities of the system would be trusted beside it.
  Set(handle_, CURLOPT_CAPATH, static_cast<char*>(nullptr));
}

void Exchange::Prepare(const Request& request, std::shared_ptr<const Credential> credential) {
  on_data_ = nullptr;
  on_status_ = nullptr;
  SetCredential(std::move(credential));
  SetRequest(request);
  Set(handle_, CURLOPT_TIMEOUT_MS, static_cast<CurlLong>(request.timeout.count()));
}

void Exchange::PrepareStream(const Request& request, std::shared_ptr<const Credential> credential,
                             OnData on_data, OnStatus on_status) {
  on_data_ = std::move(on_data);
  on_status_ = std::move(on_status);
  SetCredential(std::move(credential));
  SetRequest(request);
  Set(handle_, CURLOPT_TIMEOUT_MS, 0L);
}

void Exchange::SetRequest(const Request& request) {
  request_ = &request;
  body_.clear();
  too_large_ = false;
  error_[0] = '\0';
  Set(handle_, CURLOPT_URL, (endpoint_.url + request.path).c_str());
  SetBody(request);
  SetHeaders(request);
}

void Exchange::SetBody(const Request& request) {
  const bool is_get = request.method == Method::kGet;
  const bool has_body = !is_get && (request.method != Method::kDelete || !request.body.empty());
  if (has_body) {
    Set(handle_, CURLOPT_POST, 1L);
    Set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(handle_, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    Set(handle_, CURLOPT_HTTPGET, 1L);
  }
  const std::string name(NameOf(request.method));
  Set(handle_, CURLOPT_CUSTOMREQUEST, is_get ? nullptr : name.c_str());
}

void Exchange::SetHeaders(const Request& request) {
  Free(headers_);
  Append(headers_, "Accept: application/json");
  // A large body is sent without asking first.
  Append(headers_, "Expect:");
  Append(headers_, request.body.empty() ? "Content-Type:"
                                        : "Content-Type: " + std::string(request.content_type));
  if (!credential_->authorization.empty()) {
    Append(headers_, "Authorization: " + credential_->authorization);
  }
  if (!endpoint_.host_header.empty()) Append(headers_, endpoint_.host_header);
  Set(handle_, CURLOPT_HTTPHEADER, headers_);
}

void Exchange::SetCredential(std::shared_ptr<const Credential> credential) {
  if (credential_ == credential) return;
  SetBlob(handle_, CURLOPT_SSLCERT_BLOB, credential->certificate);
  SetBlob(handle_, CURLOPT_SSLKEY_BLOB, credential->key);
  credential_ = std::move(credential);
}

int Exchange::Status() const {
  return static_cast<int>(Info<CurlLong>(handle_, CURLINFO_RESPONSE_CODE));
}

bool Exchange::Take(std::string_view bytes) {
  const int status = Status();
  if (on_data_ && status >= 200 && status < 300) return on_data_(bytes);
  too_large_ = body_.size() + bytes.size() > endpoint_.max_response_bytes;
  if (!too_large_) body_ += bytes;
  return !too_large_;
}

// The empty line ends the headers; those of 100 and the like do not count.
void Exchange::TakeHeader(std::string_view line) {
  if (on_status_ && line == "\r\n" && Status() >= 200) on_status_(Status());
}

Response Exchange::Finish(int code) {
  Response response;
  if (code == CURLE_OK) {
    response.status = Status();
    if (!response.ok()) response.retry_after = RetryAfterOf(handle_);
    response.body = std::move(body_);
  } else {
    response.error = DescribeFailure(code);
  }
  body_ = std::string();
  request_ = nullptr;
  on_data_ = nullptr;
  on_status_ = nullptr;
  return response;
}

std::string Exchange::DescribeFailure(int code) const {
  const std::string what = Describe(endpoint_, *request_) + ": ";
  if (too_large_) {
    return what + "the answer is larger than " + std::to_string(endpoint_.max_response_bytes) +
           " bytes";
  }
  const CurlFailure failure{
      .code = code,
      .detail = error_.get(),
      .os_error = static_cast<int>(Info<CurlLong>(handle_, CURLINFO_OS_ERRNO)),
      .verify_result = Info<CurlLong>(handle_, CURLINFO_SSL_VERIFYRESULT),
      .connected = Info<curl_off_t>(handle_, CURLINFO_PRETRANSFER_TIME_T) > 0};
  return what + DescribeCurlFailure(failure, endpoint_.authority);
}

std::size_t Exchange::Write(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Exchange*>(self)->Take({data, bytes}) ? bytes : CURL_WRITEFUNC_ERROR;
}

std::size_t Exchange::Header(char* data, std::size_t size, std::size_t count, void* self) {
  static_cast<Exchange*>(self)->TakeHeader({data, size * count});
  return size * count;
}

}  // namespace berth::kube
