// A client that does exactly what a test says, byte for byte. Blocking; gives up after some
// seconds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/serve/self_signed.h"

struct ssl_st;

namespace berth::serve {

struct Answer {
  int status = 0;  // 0: the connection ended before one came
  std::map<std::string, std::string> headers;
  std::string body;
};

struct ClientTls {
  const CertificateAndKey* certificate = nullptr;  // to show
  int max_version = 0;                             // of OpenSSL; 0: whatever it can do
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port, std::optional<ClientTls> tls = std::nullopt);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // Whether TCP, and TLS if asked for, stand.
  bool connected() const { return connected_; }
  // Of the server; the common name.
  std::string server_name() const;

  void Send(std::string_view bytes);
  // To a HEAD there is no body, whatever the header says.
  Answer Read(bool has_body = true);
  // Whether the server has hung up.
  bool IsClosed();

  Answer Get(const std::string& path, const std::string& headers = "");

 private:
  bool Fill();  // false at the end

  int descriptor_ = -1;
  bool connected_ = false;
  ssl_st* tls_ = nullptr;
  std::string in_;
};

}  // namespace berth::serve
