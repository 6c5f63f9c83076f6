#include "tests/serve/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

namespace berth::serve {

TestClient::TestClient(std::uint16_t port, std::optional<ClientTls> tls) {
  descriptor_ = socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  if (!connected_ || !tls) return;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (tls->max_version != 0) SSL_CTX_set_max_proto_version(context, tls->max_version);
  if (tls->certificate != nullptr) {
    SSL_CTX_use_certificate(context, tls->certificate->certificate.get());
    SSL_CTX_use_PrivateKey(context, tls->certificate->key.get());
  }
  tls_ = SSL_new(context);
  SSL_CTX_free(context);
  SSL_set_fd(tls_, descriptor_);
  connected_ = SSL_connect(tls_) == 1;
}

TestClient::~TestClient() {
  if (tls_ != nullptr) {
    if (connected_) SSL_shutdown(tls_);
    SSL_free(tls_);
  }
  close(descriptor_);
}

std::string TestClient::server_name() const {
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(tls_)), NID_commonName,
                            name.data(), static_cast<int>(name.size()));
  return name.data();
}

void TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool TestClient::Fill() {
  std::array<char, 4096> buffer;
  const auto size = tls_ != nullptr ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                                    : recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  in_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

Answer TestClient::Read(bool has_body) {
  constexpr std::string_view kEndOfHeader = "\r\n\r\n";
  std::size_t end = 0;
  while ((end = in_.find(kEndOfHeader)) == std::string::npos) {
    if (!Fill()) return {};
  }
  Answer answer;
  answer.status = std::stoi(in_.substr(in_.find(' ')));
  std::size_t line = in_.find("\r\n") + 2;
  while (line < end + 2) {
    const auto next = in_.find("\r\n", line);
    const auto colon = in_.find(": ", line);
    answer.headers[in_.substr(line, colon - line)] = in_.substr(colon + 2, next - colon - 2);
    line = next + 2;
  }
  in_.erase(0, end + kEndOfHeader.size());
  const auto length = answer.headers.find("Content-Length");
  const std::size_t size =
      !has_body || length == answer.headers.end() ? 0 : std::stoul(length->second);
  while (in_.size() < size) {
    if (!Fill()) return {};
  }
  answer.body = in_.substr(0, size);
  in_.erase(0, size);
  return answer;
}

bool TestClient::IsClosed() { return in_.empty() && !Fill(); }

Answer TestClient::Get(const std::string& path, const std::string& headers) {
  Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return Read();
}

}  // namespace berth::serve
