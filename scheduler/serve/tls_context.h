// The server's side of TLS: certificate, key, versions and ciphers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/serve/openssl_handles.h"
#include "scheduler/serve/watched_files.h"

namespace berth::serve {

struct TlsOptions {
  // PEM; both or none. With none, a certificate for localhost and this host is made, which lives as
  // long as the process.
  std::string cert_file = {};
  std::string key_file = {};
  std::string min_version = {};                 // "VersionTLS12", the default, or "VersionTLS13"
  std::vector<std::string> cipher_suites = {};  // Go's names; none: OpenSSL's choice
  // PEM: a client that shows a certificate which none of these stands behind is turned away in the
  // handshake. Who shows none gets through it.
  std::string client_ca_file = {};
};

// OpenSSL's name of a cipher for TLS 1.2; nothing if we do not know it, "" for one of TLS 1.3,
// which are always on.
std::optional<std::string> OpensslCipher(std::string_view go_name);

// Clients are asked for a certificate and need not have one. Without a client CA, whatever they
// show is taken as it is: verifying it is up to authentication. Not thread-safe.
class TlsContext {
 public:
  static base::Result<std::unique_ptr<TlsContext>> Create(TlsOptions options);

  // For the next connection. Files that have changed are read again; if that fails, what was read
  // before goes on.
  ssl_ctx_st* Current();

 private:
  TlsContext(TlsOptions options, WatchedFiles files,
             std::unique_ptr<ssl_ctx_st, OpensslFree> context);

  const TlsOptions options_;
  WatchedFiles files_;
  std::unique_ptr<ssl_ctx_st, OpensslFree> context_;
};

}  // namespace berth::serve
